//! The words of problems, in both languages: what was wrong, and what to do.

use app::purchase::PurchaseRefusal;
use app::register::RegistrationRefusal;
use domain::beneficiary::BeneficiaryRefusal;
use domain::reasons::Language;

use crate::problem::{FieldFault, FieldFaultKind, Problem};

const fn pick(language: Language, indonesian: &'static str, english: &'static str) -> &'static str {
    match language {
        Language::Indonesian => indonesian,
        Language::English => english,
    }
}

const NO_OFFICER: (&str, &str) = (
    "Kredensial petugas tidak ada atau tidak berlaku. Tunjukkan kredensial yang berlaku, atau mintalah yang baru.",
    "There is no credential of an officer, or none in force. Show the one in force, or have a new one issued.",
);

const UNKNOWN_JOB: (&str, &str) = (
    "Tidak ada pekerjaan gagal dengan id ini. Lihat daftar pekerjaan di /api/v1/officer/jobs.",
    "There is no dead job of this id. The list of jobs is at /api/v1/officer/jobs.",
);

const TOO_MANY_TRIES: (&str, &str) = (
    "Data diri sudah terlalu sering dicoba dalam satu hari. Coba lagi setelah waktu pada Retry-After.",
    "Personal data were tried too often within a day. Try again after the time in Retry-After.",
);

const NO_RECEIPT: (&str, &str) = (
    "Tidak ada bukti untuk gelombang ini. Bukti hanya ada bagi peserta gelombang yang diterbitkan sebagai folder.",
    "There is no receipt of this wave. Only members of a wave that is published as a folder have one.",
);

const NO_PUBLIC_ADDRESS: (&str, &str) = (
    "Kode QR tidak dapat dibuat, karena alamat situs ini belum ditetapkan. Ambil bukti Anda sebagai berkas.",
    "No QR code can be made, since nobody has set this site's address (--public-url). Take the receipt as a file.",
);

const NOT_LOGGED: (&str, &str) = (
    "Bukti ini tidak ada dalam catatan pendaftaran, atau belum. Setiap jam catatan itu memuat bukti yang diberikan sejak jam sebelumnya.",
    "The registration log does not have this receipt, or not yet. Every hour it takes in what was handed out since the hour before.",
);

const REGISTER_IN_BROWSER: (&str, &str) = (
    "Akun dibuka dan pendaftaran dilakukan di situs web, karena di sana identitas Anda dipastikan. Buka /pendaftaran.",
    "People open accounts and register on the website, where their identity is proven. Open /pendaftaran.",
);

impl Problem {
    /// What happened, for people.
    pub(crate) fn detail(&self, language: Language) -> String {
        if let Self::Refused(rule) = self {
            return rule.sentence(language);
        }
        if let Self::CorrectionRefused(refusal) = self {
            return refusal.sentence(language);
        }
        if let Self::Office(refusal) = self {
            return refusal.sentence(language);
        }
        self.sentence(language).to_owned()
    }

    fn sentence(&self, language: Language) -> &'static str {
        let (indonesian, english) = match self {
            Self::RegistrationRefused(refusal) => return registration(*refusal, language),
            Self::AppealRefused(refusal) => return refusal.sentence(language),
            Self::PurchaseRefused(refusal) => return purchase(*refusal, language),
            Self::NoOfficer => NO_OFFICER,
            Self::UnknownJob => UNKNOWN_JOB,
            Self::TooManyTries(_) => TOO_MANY_TRIES,
            // These have sentences of their own, see above.
            Self::Refused(_) | Self::CorrectionRefused(_) | Self::Office(_) => {
                ("Permintaan ditolak.", "The request was refused.")
            }
            Self::BadJson => (
                "Isi permintaan bukan objek JSON. Kirimkan objek JSON seperti pada dokumentasi.",
                "The body is not a JSON object. Send one as the documentation shows.",
            ),
            Self::NotJson => (
                "Isi permintaan harus bertipe application/json.",
                "The body must have the type application/json.",
            ),
            Self::BodyTooLarge => (
                "Isi permintaan terlalu besar. Kirimkan hanya isian yang diminta.",
                "The body is too large. Send only the fields asked for.",
            ),
            Self::BadFields(_) => (
                "Beberapa isian belum benar. Perbaiki semua isian yang disebut, lalu kirim lagi.",
                "Some fields are not right. Correct all those named and send again.",
            ),
            Self::KeyMissing => (
                "Sertakan kepala Idempotency-Key dengan nilai baru, misalnya UUID, dan pakai nilai yang sama bila mengulang permintaan ini.",
                "Send the header Idempotency-Key with a new value, such as a UUID, and the same value when repeating this request.",
            ),
            Self::BadKey => (
                "Idempotency-Key terdiri dari 1 sampai 64 karakter ASCII tanpa spasi, misalnya UUID.",
                "An Idempotency-Key has 1 to 64 visible ASCII characters, such as a UUID.",
            ),
            Self::KeyReused => (
                "Idempotency-Key ini sudah dipakai untuk permintaan lain. Pakai nilai baru untuk permintaan baru.",
                "This Idempotency-Key was used for another request. Use a new value for a new request.",
            ),
            Self::NotSignedIn => (
                "Anda belum masuk, atau sesi Anda sudah berakhir. Masuk kembali.",
                "You are not signed in, or your session has ended. Sign in again.",
            ),
            Self::WrongCredentials => (
                "Alamat e-mail atau kata sandi salah. Setelah lima kali salah, akun terkunci selama dua jam.",
                "The e-mail address or the password is wrong. After five wrong passwords the account is locked for two hours.",
            ),
            Self::CodeNeeded => (
                "Akun ini memakai kode saat masuk. Masuk lewat halaman masuk di situs web.",
                "This account needs a code at sign-in. Sign in on the website's sign-in page.",
            ),
            Self::RegisterInBrowser => REGISTER_IN_BROWSER,
            Self::SignInLocked(_) => (
                "Terlalu banyak kata sandi salah, jadi akun ini terkunci sementara. Coba lagi setelah waktu pada Retry-After.",
                "There were too many wrong passwords, so this account is locked for a while. Try again after the time in Retry-After.",
            ),
            Self::EmailTaken => (
                "Alamat e-mail ini sudah memiliki akun. Masuk ke akun itu.",
                "This e-mail address has an account. Sign in to it.",
            ),
            Self::AccountHasPerson => (
                "Akun ini sudah mendaftarkan satu orang. Satu akun hanya untuk satu orang.",
                "This account has registered a person. An account is for one person only.",
            ),
            Self::NoMember => (
                "Anda tidak tercatat ikut gelombang ini, jadi tidak ada yang dibatalkan.",
                "You are not in this wave, so there is nothing to take back.",
            ),
            Self::NoReceipt => NO_RECEIPT,
            Self::NoPublicAddress => NO_PUBLIC_ADDRESS,
            Self::NotLogged => NOT_LOGGED,
            Self::UnknownWave => (
                "Gelombang ini tidak ada. Lihat daftar gelombang di /api/v1/waves.",
                "There is no such wave. The list of waves is at /api/v1/waves.",
            ),
            Self::NoSuchAddress => (
                "Alamat ini tidak ada. Periksa alamatnya pada dokumentasi API.",
                "There is no such address. Check it in the documentation of the API.",
            ),
            Self::MethodNotAllowed => (
                "Alamat ini tidak melayani metode tersebut. Kepala Allow menyebut metode yang dilayani.",
                "This address does not serve that method. The header Allow names those it serves.",
            ),
            Self::TooManyRequests(_) => (
                "Terlalu banyak permintaan. Coba lagi setelah waktu pada Retry-After.",
                "Too many requests. Try again after the time in Retry-After.",
            ),
            Self::Busy => (
                "Banyak orang sedang mengantre; permintaan Anda belum diproses. Coba lagi sebentar; waktu ikut tidak memengaruhi peluang.",
                "Many people are waiting; nothing was done yet. Try again in a moment; when you join does not change your chances.",
            ),
            Self::Unavailable => (
                "Layanan sedang terganggu; permintaan Anda mungkin sudah atau belum diproses. Ulangi dengan Idempotency-Key yang sama.",
                "The service is disturbed; your request may or may not be done. Repeat it under the same Idempotency-Key.",
            ),
            Self::Internal => (
                "Terjadi kesalahan pada layanan. Coba lagi nanti, dan sebutkan request_id ini bila melapor.",
                "Something failed in the service. Try again later, and name this request_id when you report it.",
            ),
        };
        pick(language, indonesian, english)
    }
}

const fn purchase(refusal: PurchaseRefusal, language: Language) -> &'static str {
    let (indonesian, english) = match refusal {
        PurchaseRefusal::NoGrant => (
            "Orang ini bukan penerima pada gelombang ini. Periksa gelombang dan id-nya.",
            "This person is no beneficiary of this wave. Check the wave and the id.",
        ),
        PurchaseRefusal::State(BeneficiaryRefusal::DeadlinePassed) => (
            "Pembelian ini dibayar setelah batas waktu pembelian pertama, jadi tidak dicatat.",
            "This purchase was paid after the deadline of the first purchase, so it is not recorded.",
        ),
        PurchaseRefusal::State(BeneficiaryRefusal::DeadlineRuns) => (
            "Batas waktu pembelian pertama masih berjalan.",
            "The deadline of the first purchase still runs.",
        ),
        PurchaseRefusal::State(BeneficiaryRefusal::Revoked) => (
            "Kepesertaan orang ini sudah dicabut, jadi pembelian tidak dicatat.",
            "The place of this person has been revoked, so the purchase is not recorded.",
        ),
        PurchaseRefusal::State(BeneficiaryRefusal::AlreadyActive) => (
            "Pembelian pertama orang ini sudah tercatat.",
            "A first purchase of this person is recorded already.",
        ),
        PurchaseRefusal::Price => (
            "Harga harus lebih dari nol dan paling banyak sebesar saldo pelatihan.",
            "The price must be above zero and at most the training balance.",
        ),
        PurchaseRefusal::Future => (
            "Pembelian ini bertanggal setelah saat ini. Periksa waktu pembayarannya.",
            "This purchase is dated after the present. Check when it was paid.",
        ),
    };
    pick(language, indonesian, english)
}

const fn registration(refusal: RegistrationRefusal, language: Language) -> &'static str {
    match refusal {
        RegistrationRefusal::NikTaken => pick(
            language,
            "NIK ini sudah terdaftar. Masuk ke akun yang memakainya, atau laporkan bila NIK Anda disalahgunakan.",
            "This NIK is registered already. Sign in to the account that has it, or report its misuse.",
        ),
        RegistrationRefusal::IdTaken => pick(
            language,
            "Pendaftaran ini sudah dipakai orang lain. Mulai pendaftaran dari awal.",
            "This registration belongs to another person. Begin the registration again.",
        ),
        RegistrationRefusal::NotARegency => pick(
            language,
            "Pilih kabupaten/kota pada kartu keluarga Anda, dengan kode seperti 15.71.",
            "Choose the kabupaten/kota of your family card, by a code such as 15.71.",
        ),
        RegistrationRefusal::CardIsNik => pick(
            language,
            "NIK dan nomor KK selalu berbeda. Periksa keduanya pada KTP dan Kartu Keluarga.",
            "NIK and family card number always differ. Check both on identity card and family card.",
        ),
    }
}

impl FieldFault {
    /// What is asked for.
    pub(crate) fn detail(&self, language: Language) -> &'static str {
        match self.kind {
            FieldFaultKind::Unknown => pick(
                language,
                "Isian ini tidak dikenal; hapus dari permintaan.",
                "This field is not known; leave it out.",
            ),
            FieldFaultKind::Missing => {
                pick(language, "Isian ini wajib diisi.", "This field must be given.")
            }
            FieldFaultKind::Guessable => pick(
                language,
                "Kata sandi ini mudah ditebak: banyak dipakai orang, berurutan, berulang, atau berisi nama program atau alamat Anda. Pilih yang lain, misalnya empat kata yang tidak berhubungan.",
                "Others would guess this password: many people have it, it runs on or repeats, or it has the name of the programme or your address in it. Choose another one, such as four words that have nothing to do with each other.",
            ),
            FieldFaultKind::Invalid => asked_for(&self.field, language),
        }
    }
}

fn asked_for(field: &str, language: Language) -> &'static str {
    let (indonesian, english) = match field {
        "nik" => (
            "NIK terdiri dari 16 angka dan diawali nomor kecamatan.",
            "A NIK has 16 digits and begins with the number of a kecamatan.",
        ),
        "family_card" => (
            "Nomor KK terdiri dari 16 angka dan diawali nomor kecamatan.",
            "A family card number has 16 digits and begins with the number of a kecamatan.",
        ),
        "name" => (
            "Nama sesuai KTP dengan huruf dan tanda baca nama, paling panjang 100 bita.",
            "The name as on the identity card, in letters and the signs of names, at most 100 bytes.",
        ),
        "born_on" => (
            "Tanggal lahir ditulis TTTT-BB-HH, misalnya 1999-08-05.",
            "The birth date is written YYYY-MM-DD, such as 1999-08-05.",
        ),
        "phone" => (
            "Nomor ponsel Indonesia, misalnya +6281234567890.",
            "An Indonesian mobile number, such as +6281234567890.",
        ),
        "email" => (
            "Alamat e-mail, misalnya nama@contoh.id.",
            "An e-mail address, such as nama@contoh.id.",
        ),
        "password" => (
            "Kata sandi terdiri dari 12 sampai 128 karakter apa pun.",
            "A password has 12 to 128 characters of any kind.",
        ),
        "sex" => ("Isi man atau woman.", "Give man or woman."),
        "education" => (
            "Isi none, primary, junior_high, senior_high, vocational, diploma, bachelor, atau postgraduate.",
            "Give none, primary, junior_high, senior_high, vocational, diploma, bachelor or postgraduate.",
        ),
        "employment" => (
            "Isi job_seeker, laid_off, worker, atau small_business.",
            "Give job_seeker, laid_off, worker or small_business.",
        ),
        "region" => {
            ("Kode kabupaten/kota, misalnya 15.71.", "The code of a kabupaten/kota, such as 15.71.")
        }
        "ground" => (
            "Isi register_wrong, family_card_wrong, atau register_silent.",
            "Give register_wrong, family_card_wrong or register_silent.",
        ),
        "reason" => (
            "Isi alasan, paling panjang 500 bita, tanpa karakter kendali dan tanpa nomor atau alamat seseorang.",
            "Give a reason of at most 500 bytes, without control characters and without the number or address of a person.",
        ),
        "act" => (
            "Isi publish_quota, correct_roll, draw, appoint, cancel, revoke, answer_appeal, atau release_account.",
            "Give publish_quota, correct_roll, draw, appoint, cancel, revoke, answer_appeal or release_account.",
        ),
        "wave" => ("Nomor gelombang, misalnya 71.", "The number of a wave, such as 71."),
        "person" => {
            ("Id orang, misalnya per_ dan 32 angka.", "The id of a person: per_ and 32 digits.")
        }
        "persons" => (
            "Daftar id orang, masing-masing per_ dan 32 angka.",
            "A list of ids of persons, each per_ and 32 digits.",
        ),
        "cause" => (
            "Isi ineligible, false_identity, proxy, tampering, atau terms_broken.",
            "Give ineligible, false_identity, proxy, tampering or terms_broken.",
        ),
        "appeal" => (
            "Id keberatan, misalnya apl_ dan 32 angka.",
            "The id of an appeal: apl_ and 32 digits.",
        ),
        "answer" => (
            "Isi granted, decision_stands, ticket_behind, atau no_seat.",
            "Give granted, decision_stands, ticket_behind or no_seat.",
        ),
        "price_rupiah" => ("Harga dalam rupiah bulat.", "The price in whole rupiah."),
        "paid_at" => (
            "Waktu pembayaran, misalnya 2024-08-02T12:00:00+07:00.",
            "When it was paid, such as 2024-08-02T12:00:00+07:00.",
        ),
        "all" | "disability" => ("Isi true atau false.", "Give true or false."),
        _ => ("Isian ini tidak benar.", "This field is not right."),
    };
    pick(language, indonesian, english)
}
