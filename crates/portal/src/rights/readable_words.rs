//! The words of a copy of one's data: names of fields, and what stands in the file by a name.

use web::Language;

use super::readable::pick;

/// What a name means in a field whose names are its own; `None` where it is a common one, or not known.
pub(super) fn meaning(field: &str, name: &str) -> Option<[&'static str; 2]> {
    Some(match (field, name) {
        ("about", "account_opened") => ["Akun dibuka", "Account opened"],
        ("about", "account_known") => ["Alamat sudah punya akun", "The address has an account"],
        ("about", "sign_in_locked") => ["Akun dikunci sementara", "Account locked for a while"],
        ("about", "code_email") => ["Kode lewat e-mail", "Code by e-mail"],
        ("about", "code_sms") => ["Kode lewat SMS", "Code by text message"],
        ("about", "password_changed") => ["Kata sandi diganti", "Password changed"],
        ("about", "email_changed") => ["Alamat e-mail diganti", "E-mail address changed"],
        ("about", "phone_changed") => ["Nomor telepon diganti", "Phone number changed"],
        ("about", "registered") => ["Pendaftaran diterima", "Registration received"],
        ("about", "check_refuted") => ["Data tidak cocok", "Data do not agree"],
        ("about", "joined") => ["Tanda terima gabung", "Receipt of a join"],
        ("about", "released") => ["Data dilepas dari akun ini", "Data taken from this account"],
        ("about", "selected") => ["Anda terpilih", "You were selected"],
        ("about", "not_selected") => ["Anda belum terpilih", "You were not selected"],
        ("about", "revoked" | "revoked_for_cause") => {
            ["Tempat Anda dicabut", "You lost your place"]
        }
        ("about", "withdrawn") => ["Gabung dibatalkan", "Join taken back"],
        ("about", "purchase_reminder") => ["Pengingat batas pembelian", "Reminder of the deadline"],
        ("about", "appeal_granted") => ["Keberatan diterima", "Appeal granted"],
        ("about", "appeal_rejected") => ["Keberatan ditolak", "Appeal not granted"],
        ("about", "complaint_answered") => ["Pengaduan dijawab", "Complaint answered"],
        ("about", "erasure_asked") => ["Penghapusan diminta", "Erasure asked for"],
        ("about", "erasure_refused") => ["Penghapusan tidak dapat dilakukan", "Erasure refused"],
        ("topic", "data") => ["NIK, KK, nama, atau tanggal lahir", "NIK, KK, name or birth date"],
        ("topic", "photo") => ["Foto", "Photos"],
        ("topic", "test") => ["Tes kemampuan dasar", "Basic ability test"],
        ("topic", "wave") => ["Gelombang dan undian", "Waves and draws"],
        ("topic", "place") => ["Tempat yang dicabut", "A place that was lost"],
        ("topic", "incentive") => ["Insentif", "Incentive"],
        ("topic", "account") => ["Akun, kode, atau e-mail", "Account, codes or e-mail"],
        ("topic", "privacy") => ["Data pribadi", "Personal data"],
        ("topic" | "ground", "other") => ["Lainnya", "Something else"],
        ("topic", "digital") => ["Keterampilan digital", "Digital skills"],
        ("topic", "sales") => ["Penjualan", "Sales"],
        ("topic", "office") => ["Pekerjaan kantor", "Office work"],
        ("topic", "language") => ["Bahasa", "Languages"],
        ("topic", "hospitality") => ["Perhotelan dan makanan", "Hospitality and food"],
        ("topic", "technical") => ["Teknik", "Technical work"],
        ("topic", "farming") => ["Pertanian", "Farming"],
        ("topic", "care") => ["Perawatan", "Care"],
        ("topic", "undecided") => ["Belum tahu", "Undecided"],
        ("ground", "register_wrong") => ["Data penduduk keliru", "A register is wrong"],
        ("ground", "family_card_wrong") => ["Kartu keluarga keliru", "The family card is wrong"],
        ("ground", "register_silent") => {
            ["Pemeriksaan belum dijawab", "A register had not answered"]
        }
        ("answer", "granted") => ["Diterima", "Granted"],
        ("answer", "decision_stands") => ["Keputusan tetap", "The decision stands"],
        ("answer", "ticket_behind") => {
            ["Nomor undian di luar batas", "The ticket was beyond the limit"]
        }
        ("answer", "no_seat") => ["Tidak ada tempat tersisa", "No place was left"],
        ("face_check", "not_asked") => ["Belum dikirim", "Not sent yet"],
        ("face_check", "asked" | "unavailable") => ["Sedang diperiksa", "Being checked"],
        ("kind", "terms") => ["Syarat", "Terms"],
        ("kind", "privacy") => ["Penggunaan data", "Use of data"],
        ("kind", "registry_checks") => ["Pemeriksaan ke instansi lain", "Checks with registers"],
        ("kind", "photo_and_face") => ["Foto dan pemeriksaan wajah", "Photos and face check"],
        ("kind", "truth") => ["Pernyataan kebenaran data", "Declaration of truth"],
        ("kind", "sms_contact") => ["Kontak lewat SMS", "Contact by text message"],
        _ => return None,
    })
}

/// What was done with the data of an account or its person, by the name in the trail.
pub(super) fn act(name: &str) -> Option<[&'static str; 2]> {
    Some(match name {
        "accounts_open" => ["Akun dibuka", "Account opened"],
        "password_reset" => ["Kata sandi diganti", "Password changed"],
        "email_change" => ["Alamat e-mail diganti", "E-mail address changed"],
        "sessions_open" => ["Masuk ke akun", "Signed in"],
        "session_close" => ["Keluar dari akun", "Signed out"],
        "sessions_close" => ["Keluar dari semua perangkat", "Signed out on all devices"],
        "sessions_end" => ["Dikeluarkan oleh petugas", "Signed out by an officer"],
        "session_try" => ["Kata sandi dicoba", "A password was tried"],
        "code_send" => ["Kode dikirim", "Code sent"],
        "code_try" => ["Kode dicoba", "A code was tried"],
        "email_confirm" => ["Alamat e-mail dipastikan", "E-mail address confirmed"],
        "phone_prove" => ["Nomor ponsel dipastikan", "Mobile number confirmed"],
        "consents_give" => ["Persetujuan diberikan", "Consents given"],
        "consent_withdraw" => ["Persetujuan ditarik", "Consent withdrawn"],
        "draft_save" => ["Isian disimpan", "Answers saved"],
        "identity_photo_keep" => ["Foto KTP disimpan", "Photo of the identity card kept"],
        "identity_photo_delete" => ["Foto KTP dihapus", "Photo of the identity card deleted"],
        "face_send" => ["Foto wajah dikirim", "Photo of the face sent"],
        "faces_compare" => ["Wajah dibandingkan dengan KTP", "Face compared with the card"],
        "faces_answer" => ["Hasil pemeriksaan wajah diterima", "Result of the face check received"],
        "persons_register" => ["Terdaftar", "Registered"],
        "person_claim_try" => ["Data lama dicoba diakui", "Tried to claim data held before"],
        "person_claim" => ["Data lama diakui", "Data held before claimed"],
        "person_correct" => ["Data diperbaiki", "Data corrected"],
        "account_release" => ["Data dilepas dari akun lain", "Data taken from another account"],
        "registers_ask" => ["Instansi lain ditanya", "Registers asked"],
        "registers_answer" => ["Jawaban instansi lain diterima", "Answers of registers received"],
        "test_begin" => ["Tes dimulai", "Test begun"],
        "test_answer" => ["Soal tes dijawab", "Question of the test answered"],
        "test_end" => ["Tes selesai", "Test ended"],
        "purchase_record" => ["Pembelian pelatihan dicatat", "Purchase of a training recorded"],
        "beneficiary_revoke" => ["Tempat dicabut", "Place lost"],
        "appeal_file" => ["Keberatan diajukan", "Appeal filed"],
        "appeal_answer" => ["Keberatan dijawab", "Appeal answered"],
        "complaint_file" => ["Pengaduan dikirim", "Complaint sent"],
        "complaint_read" => ["Pengaduan dibaca petugas", "Complaint read by an officer"],
        "complaint_answer" => ["Pengaduan dijawab", "Complaint answered"],
        "complaint_close" => ["Pengaduan ditutup", "Complaint closed"],
        "own_data_copy" => ["Salinan data dibuat", "Copy of the data made"],
        "erasure_ask" => ["Penghapusan diminta", "Erasure asked for"],
        "erasure_take_back" => {
            ["Permintaan penghapusan dibatalkan", "Request for erasure taken back"]
        }
        "erasure_refuse" => ["Penghapusan tidak dapat dilakukan", "Erasure refused"],
        "account_erase" => ["Akun dihapus", "Account erased"],
        "person_erase" => ["Data pribadi dihapus", "Personal data erased"],
        "proposal" => ["Usul keputusan petugas", "Decision proposed by an officer"],
        _ => return None,
    })
}

/// What a field is called. One that is not listed has its name in the file, with spaces.
pub(super) fn label(name: &str, language: Language) -> String {
    let words = match name {
        "account" => ["Nomor akun", "Account number"],
        "email" => ["Alamat e-mail", "E-mail address"],
        "former_email" => ["Alamat e-mail sebelumnya", "Former e-mail address"],
        "phone" => ["Nomor ponsel", "Mobile number"],
        "former_phone" => ["Nomor ponsel sebelumnya", "Former mobile number"],
        "language" => ["Bahasa", "Language"],
        "nik" => ["NIK", "NIK"],
        "family_card" => ["Nomor Kartu Keluarga", "Family card number"],
        "name" => ["Nama", "Name"],
        "born_on" => ["Tanggal lahir", "Date of birth"],
        "birth_year" => ["Tahun lahir", "Year of birth"],
        "registered_at" => ["Terdaftar sejak", "Registered since"],
        "sex" => ["Jenis kelamin", "Sex"],
        "education" => ["Pendidikan terakhir", "Last education"],
        "employment" => ["Keadaan kerja", "Work situation"],
        "region" => ["Kabupaten atau kota", "Kabupaten or kota"],
        "district" => ["Kecamatan", "Kecamatan"],
        "disability" => ["Penyandang disabilitas", "Disability"],
        "kind" => ["Jenis", "Kind"],
        "state" => ["Keadaan", "State"],
        "detail" => ["Rincian", "Detail"],
        "wave" => ["Gelombang", "Wave"],
        "joined_at" => ["Ikut sejak", "Joined on"],
        "withdrawn_at" => ["Dibatalkan atau ditarik", "Taken back"],
        "outcome" => ["Hasil", "Outcome"],
        "rank" => ["Urutan tunggu", "Place on the waiting list"],
        "reason" => ["Alasan", "Reason"],
        "appointed_at" => ["Ditetapkan", "Appointed"],
        "purchase_due_at" => ["Batas pembelian pertama", "Deadline of the first purchase"],
        "activated_at" => ["Pembelian pertama", "First purchase"],
        "revoked_at" => ["Dicabut", "Place lost"],
        "revocation" => ["Alasan pencabutan", "Reason of the loss"],
        "ground" => ["Alasan keberatan", "Ground of the appeal"],
        "filed_at" => ["Diajukan", "Filed"],
        "due_at" => ["Dijawab paling lambat", "Answer due"],
        "answer" => ["Jawaban", "Answer"],
        "answers" => ["Jawaban", "Answers"],
        "answered_at" => ["Dijawab", "Answered"],
        "version" => ["Versi", "Version"],
        "words" => ["Isi", "Words"],
        "given_at" => ["Diberikan", "Given"],
        "about" => ["Tentang", "About"],
        "at" => ["Waktu", "When"],
        "ways" => ["Saluran dan keadaan", "Ways and states"],
        "topic" => ["Topik", "Topic"],
        "received_at" => ["Diterima", "Received"],
        "known_at" => ["Dikenal sejak", "Known since"],
        "used_at" => ["Terakhir dipakai", "Last used"],
        "ends_at" => ["Berakhir", "Ends"],
        "begun_at" => ["Dimulai", "Begun"],
        "ended_at" => ["Selesai", "Ended"],
        "ended_by" => ["Diakhiri oleh", "Ended by"],
        "items" => ["Jumlah soal", "Number of questions"],
        "item" => ["Soal", "Question"],
        "score" => ["Jawaban benar", "Right answers"],
        "completed" => ["Tes lengkap", "Completed"],
        "number" => ["Nomor", "Number"],
        "price_rupiah" => ["Harga", "Price"],
        "paid_at" => ["Dibayar", "Paid"],
        "student" => ["Sedang bersekolah atau kuliah", "At school or university"],
        "office" => [
            "Pejabat negara atau daerah, aparatur sipil negara, tentara, polisi, perangkat desa, atau pimpinan perusahaan negara atau daerah",
            "State or regional official, civil servant, soldier, police officer, village staff, or head of a state or regional company",
        ],
        "aid" => [
            "Menerima bantuan sosial, subsidi upah, atau bantuan usaha mikro",
            "Receives social aid, the wage subsidy, or aid for micro businesses",
        ],
        "nik_checked" => ["NIK sudah diperiksa lagi", "NIK looked at again"],
        "terms" => ["Syarat disetujui", "Terms accepted"],
        "privacy" => ["Penggunaan data disetujui", "Use of data accepted"],
        "truth" => ["Pernyataan kebenaran data", "Declaration that the data are true"],
        "sms_contact" => ["Boleh dihubungi lewat SMS", "Contact by text message"],
        "face_check" => ["Pemeriksaan wajah", "Face check"],
        "face_sent_at" => ["Foto wajah dikirim", "Photo of the face sent"],
        "face_answered_at" => ["Hasil pemeriksaan wajah", "Result of the face check"],
        "identity_photo_kept_at" => {
            ["Foto KTP disimpan sejak", "Photo of the identity card kept since"]
        }
        "face_photo_kept_at" => ["Foto wajah disimpan sejak", "Photo of the face kept since"],
        other => return other.replace('_', " "),
    };
    pick(language, words)
}

/// The words of choices and states that stand in the file by their names.
pub(super) fn choice(name: &str) -> Option<[&'static str; 2]> {
    Some(match name {
        "man" => ["Laki-laki", "Male"],
        "woman" => ["Perempuan", "Female"],
        "yes" => ["Ya", "Yes"],
        "no" => ["Tidak", "No"],
        "none" => ["Tidak tamat sekolah", "No school completed"],
        "primary" => ["Sekolah Dasar", "Primary school"],
        "junior_high" => ["Sekolah Menengah Pertama", "Junior high school"],
        "senior_high" => ["Sekolah Menengah Atas", "Senior high school"],
        "vocational" => ["Sekolah Menengah Kejuruan", "Vocational high school"],
        "diploma" => ["Diploma", "Diploma"],
        "bachelor" => ["Sarjana", "Bachelor's degree"],
        "postgraduate" => ["Pascasarjana", "Postgraduate degree"],
        "job_seeker" => ["Mencari kerja", "Looking for work"],
        "laid_off" => ["Kehilangan pekerjaan", "Lost the job"],
        "worker" => ["Bekerja atau dirumahkan", "Working, or on unpaid leave"],
        "small_business" => ["Usaha mikro atau kecil", "Micro or small business"],
        "population_register" => ["Data kependudukan", "Population register"],
        "citizenship" => ["Kewarganegaraan", "Citizenship"],
        "formal_education" => ["Pendidikan formal", "Formal education"],
        "occupation" => ["Jabatan", "Occupation"],
        "social_aid" => ["Bantuan lain", "Other aid"],
        "ability_test" => ["Tes kemampuan dasar", "Basic ability test"],
        "not_asked" => ["Belum ditanyakan", "Not asked yet"],
        "asked" => ["Sedang ditanyakan", "Asked"],
        "confirmed" => ["Sesuai", "Agrees"],
        "refuted" => ["Tidak sesuai", "Does not agree"],
        "unavailable" => ["Belum dijawab", "Not answered yet"],
        "expired" => ["Tidak berlaku lagi", "No longer valid"],
        "selected" => ["Terpilih", "Selected"],
        "not_selected" => ["Belum terpilih", "Not selected"],
        "waitlisted" => ["Daftar tunggu", "Waiting list"],
        "ineligible" => ["Tidak ikut diundi", "Not in the draw"],
        "household_cap" => ["Kartu keluarga penuh", "Family card full"],
        "appointed" => ["Ditetapkan", "Appointed"],
        "active" => ["Sudah membeli pelatihan", "Training bought"],
        "revoked" => ["Dicabut", "Lost"],
        "received" => ["Diterima", "Received"],
        "done" => ["Selesai", "Done"],
        "access" => ["Salinan data", "Copy of the data"],
        "correction" => ["Perbaikan isian", "Correction"],
        "withdrawal" => ["Penarikan persetujuan", "Withdrawal of a consent"],
        "erasure" => ["Penghapusan", "Erasure"],
        "person" => ["Anda", "You"],
        "time" => ["Waktu habis", "The end of its time"],
        "sms" => ["SMS", "Text message"],
        "email" => ["E-mail", "E-mail"],
        "queued" | "sending" | "unknown" => ["Menunggu dikirim", "Waits to be sent"],
        "accepted" | "delivered" => ["Terkirim", "Sent"],
        "undeliverable" | "failed" => ["Gagal terkirim", "Could not be sent"],
        "void" => ["Tidak dikirim", "Not sent"],
        "filed" => ["Terkirim, belum dibaca", "Sent, not read yet"],
        "in_progress" => ["Sedang dikerjakan", "Being worked on"],
        "answered" => ["Sudah dijawab", "Answered"],
        "closed" => ["Ditutup", "Closed"],
        "refused" => ["Tidak dapat dilakukan", "Refused"],
        "taken_back" => ["Dibatalkan", "Taken back"],
        "id" => ["Indonesia", "Indonesian"],
        "en" => ["Inggris", "English"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use domain::ability_test::EndedBy;
    use domain::appeals::{AppealAnswer, AppealGround};
    use domain::complaints::{ComplaintState, ComplaintTopic};
    use domain::consent::ConsentKind;
    use domain::decision::DecisionOutcome;
    use domain::draft::{DraftField, TrainingTopic};
    use domain::eligibility::{CheckKind, CheckState};
    use domain::funnel::Education;
    use domain::identity::Employment;
    use domain::nik::Sex;
    use domain::notice::state::NoticeState;
    use domain::notice::{Channel, Template};
    use domain::policy::Named;
    use domain::rights::{RequestKind, RequestState};

    use super::*;

    /// Acts on waves, officers, jobs and the like, which no copy lists, and names that tell forms apart.
    const OF_OTHERS: [&str; 24] = [
        "account_open",
        "beneficiaries_revoke",
        "contribution_commit",
        "contribution_reveal",
        "credential_recover",
        "credential_renew",
        "import_finish",
        "job_retry",
        "keys_rotate",
        "notices_retry",
        "officer_add",
        "officer_empower",
        "officer_retire",
        "person_register",
        "purchase_remind",
        "purchases_record",
        "records_open",
        "recovery_code_make",
        "reveals_close",
        "seats_lapse",
        "wave_correct",
        "wave_join",
        "wave_publish",
        "wave_withdraw",
    ];

    fn names<T: Named + Copy + 'static>() -> Vec<&'static str> {
        T::ALL.iter().map(|one| one.name()).collect()
    }

    /// Goal: nobody reads a code name where words can be had. Method: every name that the programme stores in a field.
    #[test]
    fn every_name() {
        for (field, names) in [
            ("about", names::<Template>()),
            ("topic", [names::<ComplaintTopic>(), names::<TrainingTopic>()].concat()),
            ("state", [names::<ComplaintState>(), names::<RequestState>()].concat()),
            ("state", [names::<CheckState>(), vec!["appointed", "active", "revoked"]].concat()),
            ("kind", [names::<ConsentKind>(), names::<CheckKind>()].concat()),
            ("kind", names::<RequestKind>()),
            ("ground", names::<AppealGround>()),
            ("answer", names::<AppealAnswer>()),
            ("outcome", names::<DecisionOutcome>()),
            ("ways", [names::<Channel>(), names::<NoticeState>()].concat()),
            ("ended_by", names::<EndedBy>()),
            ("sex", names::<Sex>()),
            ("education", names::<Education>()),
            ("employment", names::<Employment>()),
        ] {
            for name in names {
                assert!(meaning(field, name).or_else(|| choice(name)).is_some(), "{field}: {name}");
            }
        }
        for field in names::<DraftField>() {
            assert_ne!(label(field, Language::Indonesian), field.replace('_', " "), "{field}");
        }
    }

    /// Goal: an act that is new in the trail has words, or is known to be about nobody. Method: the names of two words or
    /// more in the source that writes them; of one word there is none about a citizen.
    #[test]
    fn every_act() {
        let mut written = BTreeSet::new();
        acts_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src"), &mut written);
        assert!(written.contains("test_answer") && written.contains("complaint_read"));
        let unknown: Vec<&String> = written
            .iter()
            .filter(|name| act(name).is_none() && !OF_OTHERS.contains(&name.as_str()))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        for name in OF_OTHERS {
            assert!(written.contains(name), "{name} is written no more");
        }
    }

    fn acts_in(folder: &Path, written: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                acts_in(&path, written);
            } else {
                let source = fs::read_to_string(&path).expect("a source");
                written.extend(acts_of(&source));
            }
        }
    }

    /// Names of two words or more that stand where an act is written: beside `act`, in a call that records, or alone as
    /// what a branch comes to.
    fn acts_of(source: &str) -> Vec<String> {
        let mut found = Vec::new();
        for line in source.lines() {
            let records = ["act: ", "record(", "event(", "ACT: &str", "FILE: &str", "let name"];
            let is_branch = line.trim().trim_matches('"').len() + 2 == line.trim().len();
            let is_named = line.contains("RequestEvent::") && line.contains("=>");
            if is_branch || is_named || records.iter().any(|mark| line.contains(mark)) {
                found.extend(
                    line.split('"')
                        .skip(1)
                        .step_by(2)
                        .filter(|one| is_name(one))
                        .map(str::to_owned),
                );
            }
        }
        found
    }

    fn is_name(text: &str) -> bool {
        text.contains('_') && text.chars().all(|one| one.is_ascii_lowercase() || one == '_')
    }
}
