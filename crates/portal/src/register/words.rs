//! The words of the journey: questions, hints, choices, faults.

use domain::draft::{DraftFault, DraftField, RegistrationTask, TaskState, TrainingTopic};
use domain::funnel::Education;
use domain::identity::Employment;
use domain::nik::Sex;
use domain::policy::Named as _;

use crate::texts::texts;

texts! {
    /// Questions and hints.
    StepTexts {
        nik: "Berapa NIK Anda?", "What is your NIK?";
        nik_hint: "Nomor Induk Kependudukan, 16 angka, ada di bagian atas Kartu Tanda Penduduk (KTP). Spasi dan tanda hubung boleh ikut.", "Nomor Induk Kependudukan (population number), 16 digits, at the top of your identity card (KTP). Spaces and dashes are fine.";
        card: "Berapa nomor Kartu Keluarga Anda?", "What is the number of your family card?";
        card_hint: "Nomor KK, 16 angka, ada di bagian atas Kartu Keluarga. Nomor ini bukan NIK.", "Nomor KK, 16 digits, at the top of the family card (Kartu Keluarga). It is not your NIK.";
        born: "Tanggal berapa Anda lahir?", "What is your date of birth?";
        born_hint: "Seperti tertulis di KTP, misalnya 5\u{a0}8\u{a0}1999.", "As on your identity card, for example 5\u{a0}8\u{a0}1999.";
        name: "Siapa nama lengkap Anda sesuai KTP?", "What is your full name as on the KTP?";
        name_hint: "Tulis persis seperti di KTP. Nama satu kata boleh.", "Write it exactly as on the card. A single word is fine.";
        sex: "Apa jenis kelamin yang tertulis di KTP Anda?", "Which sex is written on your KTP?";
        sex_hint: "Dipakai untuk statistik penerima, dan tidak memengaruhi peluang Anda.", "Used for statistics about recipients; it does not change your chance.";
        region: "Di kabupaten atau kota mana Kartu Keluarga Anda terdaftar?", "In which kabupaten or kota is your family card registered?";
        region_hint: "Tulis sebagian namanya, misalnya jambi.", "Write part of its name, for example jambi.";
        district: "Di kecamatan mana Kartu Keluarga Anda terdaftar?", "In which kecamatan (district) is your family card registered?";
        district_hint: "Tulis sebagian namanya, atau pilih dari daftar.", "Write part of its name, or choose from the list.";
        education: "Apa pendidikan terakhir yang Anda tamatkan?", "What is the last education you completed?";
        employment: "Bagaimana keadaan kerja Anda saat ini?", "What is your work situation now?";
        disability: "Apakah Anda penyandang disabilitas?", "Do you have a disability?";
        disability_hint: "Kami bertanya karena sebagian tempat dijamin bagi penyandang disabilitas. Jawaban Anda hanya dipakai untuk itu dan untuk statistik.", "We ask because a share of the places is protected for people with a disability. Your answer is used for that and for statistics only.";
        topic: "Pelatihan apa yang Anda inginkan?", "Which training would you like?";
        topic_hint: "Boleh dilewati. Anda tetap bebas memilih pelatihan nanti.", "You may leave this out. You are free to choose any training later.";
        student: "Apakah Anda sedang bersekolah atau kuliah?", "Are you at school or university now?";
        student_hint: "Program ini bukan untuk orang yang sedang menempuh pendidikan formal.", "The programme is not for people who are in formal education.";
        office: "Apakah Anda memegang salah satu jabatan ini?", "Do you hold one of these offices?";
        office_hint: "Pejabat negara, anggota DPRD (Dewan Perwakilan Rakyat Daerah), aparatur sipil negara, prajurit TNI (Tentara Nasional Indonesia), anggota Polri (Kepolisian Negara Republik Indonesia), kepala atau perangkat desa, direksi, komisaris, atau dewan pengawas badan usaha milik negara atau daerah.", "State official, member of a regional council, civil servant, soldier, police officer, village head or staff, director, commissioner or supervisor of a state or regional company.";
        aid: "Apakah Anda sedang menerima bantuan ini?", "Do you receive any of this aid now?";
        aid_hint: "Bantuan sosial dari Kementerian Sosial, subsidi upah, atau bantuan pelaku usaha mikro. Untuk sebagian gelombang, penerimanya tidak dapat ikut undian.", "Social aid of the Ministry of Social Affairs, the wage subsidy, or aid for micro businesses. For some waves, whoever receives it cannot be drawn.";
        yes: "Ya", "Yes";
        no: "Tidak", "No";
        man: "Laki-laki", "Male";
        woman: "Perempuan", "Female";
        day: "Hari", "Day";
        month: "Bulan", "Month";
        year: "Tahun", "Year";
        education_none: "Tidak tamat sekolah", "No school completed";
        primary: "Sekolah Dasar (SD) atau sederajat", "Primary school (SD) or equal";
        junior_high: "Sekolah Menengah Pertama (SMP) atau sederajat", "Junior high school (SMP) or equal";
        senior_high: "Sekolah Menengah Atas (SMA) atau sederajat", "Senior high school (SMA) or equal";
        vocational: "Sekolah Menengah Kejuruan (SMK)", "Vocational high school (SMK)";
        diploma: "Diploma (D1 sampai D4)", "Diploma (D1 to D4)";
        bachelor: "Sarjana (S1)", "Bachelor's degree (S1)";
        postgraduate: "Pascasarjana (S2 atau S3)", "Postgraduate degree (S2 or S3)";
        job_seeker: "Mencari kerja", "Looking for work";
        laid_off: "Kehilangan pekerjaan", "Lost my job";
        worker: "Bekerja, atau sedang dirumahkan", "Working, or on unpaid leave";
        small_business: "Menjalankan usaha mikro atau kecil", "Running a micro or small business";
        topic_digital: "Komputer dan internet", "Computers and the internet";
        topic_sales: "Penjualan dan pemasaran", "Sales and marketing";
        topic_office: "Administrasi dan pembukuan", "Office work and bookkeeping";
        topic_language: "Bahasa asing", "Foreign languages";
        topic_hospitality: "Makanan dan pariwisata", "Food and hospitality";
        topic_technical: "Teknik, bangunan, dan perbaikan", "Technical work, building and repairs";
        topic_farming: "Pertanian dan perikanan", "Farming and fishing";
        topic_care: "Perawatan dan kesehatan", "Care and health";
        topic_undecided: "Belum tahu", "Not decided yet";
        later: "Simpan dan lanjutkan nanti", "Save and continue later";
        nik_short: "NIK", "NIK";
        card_short: "Nomor Kartu Keluarga", "Family card number";
        born_short: "Tanggal lahir", "Date of birth";
        name_short: "Nama lengkap", "Full name";
        sex_short: "Jenis kelamin", "Sex";
        region_short: "Kabupaten atau kota", "Kabupaten or kota";
        district_short: "Kecamatan", "Kecamatan";
        education_short: "Pendidikan terakhir", "Last education";
        employment_short: "Keadaan kerja", "Work situation";
        disability_short: "Penyandang disabilitas", "Disability";
        topic_short: "Pelatihan yang diinginkan", "Training wanted";
        student_short: "Sedang bersekolah atau kuliah", "At school or university";
        office_short: "Pejabat negara atau daerah, aparatur sipil negara, tentara, polisi, perangkat desa, atau pimpinan perusahaan negara atau daerah", "State or regional official, civil servant, soldier, police officer, village staff, or head of a state or regional company";
        aid_short: "Menerima bantuan sosial, subsidi upah, atau bantuan usaha mikro", "Receives social aid, the wage subsidy, or aid for micro businesses";
        task_identity: "Data KTP dan Kartu Keluarga", "Identity card and family card";
        task_home: "Daerah Kartu Keluarga", "Area of the family card";
        task_situation: "Pendidikan dan pekerjaan", "Education and work";
        task_photo: "Foto KTP", "Photo of your identity card";
        task_face: "Pemeriksaan wajah", "Face check";
        task_phone: "Nomor ponsel", "Mobile number";
        task_declaration: "Pernyataan dan persetujuan", "Declaration and consent";
        not_begun: "Belum dimulai", "Not started";
        partial: "Sebagian terisi", "In progress";
        done: "Selesai", "Done";
        to_correct: "Perlu diperbaiki", "To be corrected";
        checking: "Sedang diperiksa", "Being checked";
        missing_choice: "Pilih salah satu jawaban", "Choose one answer";
        missing_nik: "Tulis NIK Anda", "Write your NIK";
        missing_card: "Tulis nomor Kartu Keluarga Anda", "Write the number of your family card";
        missing_born: "Tulis tanggal lahir Anda", "Write your date of birth";
        missing_name: "Tulis nama lengkap Anda", "Write your full name";
        sixteen: "Nomor ini harus 16 angka; yang Anda tulis", "The number must have 16 digits; yours has";
        sixteen_has: "angka", "digits";
        only_digits: "Tulis angka saja", "Write digits only";
        no_district: "Periksa enam angka pertama: nomor provinsi, kabupaten/kota, dan kecamatan tidak pernah 00", "Check the first six digits: the numbers of province, kabupaten/kota and kecamatan are never 00";
        same_number: "Nomor ini sama dengan NIK yang Anda tulis, padahal keduanya selalu berbeda. Nomor KK ada di bagian atas Kartu Keluarga, NIK ada di KTP", "This is the NIK you wrote, and the two always differ. The family card number is at the top of the family card, the NIK is on the KTP";
        no_such_day: "Tanggal itu tidak ada dalam kalender. Periksa hari dan bulannya", "That day does not exist. Check the day and the month";
        not_of_names: "Tulis nama dengan huruf, tanpa angka atau gambar, seperti di KTP", "Write the name in letters, without digits or pictures, as on the KTP";
        no_day: "Tulis hari, bulan, dan tahun dengan angka, misalnya 5\u{a0}8\u{a0}1999", "Write day, month and year in digits, for example 5\u{a0}8\u{a0}1999";
        no_birth_date: "Periksa tahunnya: tulis empat angka, dan bukan tanggal yang akan datang", "Check the year: write four digits, and no date to come";
        no_name: "Tulis nama paling banyak 100 huruf", "Write a name of at most 100 letters";
    }
}

/// The choices of a field: what is kept, and its words. Empty for a field that is written.
pub(super) fn choices(
    field: DraftField,
    texts: &'static StepTexts,
) -> Vec<(&'static str, &'static str)> {
    match field {
        DraftField::Sex => Sex::ALL
            .iter()
            .map(|sex| {
                let words = match sex {
                    Sex::Man => texts.man,
                    Sex::Woman => texts.woman,
                };
                (sex.name(), words)
            })
            .collect(),
        DraftField::Education => {
            Education::ALL.iter().map(|one| (one.name(), education(*one, texts))).collect()
        }
        DraftField::Employment => {
            Employment::ALL.iter().map(|one| (one.name(), employment(*one, texts))).collect()
        }
        DraftField::Topic => {
            TrainingTopic::ALL.iter().map(|one| (one.name(), topic(*one, texts))).collect()
        }
        DraftField::Disability | DraftField::Student | DraftField::Office | DraftField::Aid => {
            vec![("yes", texts.yes), ("no", texts.no)]
        }
        DraftField::Nik
        | DraftField::FamilyCard
        | DraftField::BornOn
        | DraftField::Name
        | DraftField::NikChecked
        | DraftField::Region
        | DraftField::District
        | DraftField::Terms
        | DraftField::Privacy
        | DraftField::Truth
        | DraftField::SmsContact => Vec::new(),
    }
}

const fn education(education: Education, texts: &'static StepTexts) -> &'static str {
    match education {
        Education::None => texts.education_none,
        Education::Primary => texts.primary,
        Education::JuniorHigh => texts.junior_high,
        Education::SeniorHigh => texts.senior_high,
        Education::Vocational => texts.vocational,
        Education::Diploma => texts.diploma,
        Education::Bachelor => texts.bachelor,
        Education::Postgraduate => texts.postgraduate,
    }
}

const fn employment(employment: Employment, texts: &'static StepTexts) -> &'static str {
    match employment {
        Employment::JobSeeker => texts.job_seeker,
        Employment::LaidOff => texts.laid_off,
        Employment::Worker => texts.worker,
        Employment::SmallBusiness => texts.small_business,
    }
}

const fn topic(topic: TrainingTopic, texts: &'static StepTexts) -> &'static str {
    match topic {
        TrainingTopic::Digital => texts.topic_digital,
        TrainingTopic::Sales => texts.topic_sales,
        TrainingTopic::Office => texts.topic_office,
        TrainingTopic::Language => texts.topic_language,
        TrainingTopic::Hospitality => texts.topic_hospitality,
        TrainingTopic::Technical => texts.topic_technical,
        TrainingTopic::Farming => texts.topic_farming,
        TrainingTopic::Care => texts.topic_care,
        TrainingTopic::Undecided => texts.topic_undecided,
    }
}

/// A task by its name.
pub(super) const fn task_words(task: RegistrationTask, texts: &'static StepTexts) -> &'static str {
    match task {
        RegistrationTask::Identity => texts.task_identity,
        RegistrationTask::Home => texts.task_home,
        RegistrationTask::Situation => texts.task_situation,
        RegistrationTask::Photo => texts.task_photo,
        RegistrationTask::Face => texts.task_face,
        RegistrationTask::Phone => texts.task_phone,
        RegistrationTask::Declaration => texts.task_declaration,
    }
}

/// Where a task stands, and the class of its tag.
pub(super) const fn state_words(
    state: TaskState,
    texts: &'static StepTexts,
) -> (&'static str, &'static str) {
    match state {
        TaskState::NotBegun => (texts.not_begun, ""),
        TaskState::Partial => (texts.partial, ""),
        TaskState::Done => (texts.done, "good"),
        TaskState::ToCorrect => (texts.to_correct, "bad"),
        TaskState::Checking => (texts.checking, "waits"),
    }
}

/// What is asked for where nothing was answered.
const fn missing(field: DraftField, texts: &'static StepTexts) -> &'static str {
    match field {
        DraftField::Nik => texts.missing_nik,
        DraftField::FamilyCard => texts.missing_card,
        DraftField::BornOn => texts.missing_born,
        DraftField::Name => texts.missing_name,
        DraftField::Sex
        | DraftField::NikChecked
        | DraftField::Region
        | DraftField::District
        | DraftField::Education
        | DraftField::Employment
        | DraftField::Disability
        | DraftField::Topic
        | DraftField::Student
        | DraftField::Office
        | DraftField::Aid
        | DraftField::Terms
        | DraftField::Privacy
        | DraftField::Truth
        | DraftField::SmsContact => texts.missing_choice,
    }
}

/// What is wrong with the answer to a field.
pub(crate) fn fault_words(
    field: DraftField,
    fault: DraftFault,
    texts: &'static StepTexts,
) -> String {
    match fault {
        DraftFault::Missing => missing(field, texts).to_owned(),
        DraftFault::Unknown => texts.missing_choice.to_owned(),
        DraftFault::Digits(found) => format!("{} {found} {}", texts.sixteen, texts.sixteen_has),
        DraftFault::NotADigit => texts.only_digits.to_owned(),
        DraftFault::NoDistrict => texts.no_district.to_owned(),
        DraftFault::SameAsNik => texts.same_number.to_owned(),
        DraftFault::NotADay => texts.no_day.to_owned(),
        DraftFault::NoSuchDay => texts.no_such_day.to_owned(),
        DraftFault::NotABirthDate => texts.no_birth_date.to_owned(),
        DraftFault::NotAName => texts.no_name.to_owned(),
        DraftFault::NotOfNames => texts.not_of_names.to_owned(),
    }
}
