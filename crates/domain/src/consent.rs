//! What people agree to and declare, and in which words: each text has a version, so that it stays known what somebody
//! has seen.

use sha2::{Digest as _, Sha256};

use crate::policy::Named as _;
use crate::policy::named::named_enum;
use crate::reasons::Language;

named_enum! {
    /// What a consent or declaration is about.
    ConsentKind {
        /// The terms of the programme.
        Terms = "terms",
        /// How personal data are used.
        Privacy = "privacy",
        /// That registers are asked about the person.
        RegistryChecks = "registry_checks",
        /// That photo and face are compared.
        PhotoAndFace = "photo_and_face",
        /// That what was stated is true.
        Truth = "truth",
        /// That short messages are sent to the mobile number.
        SmsContact = "sms_contact",
    }
}

/// On what the use of data rests (UU 27/2022 article 20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The person agreed, and may withdraw.
    Consent,
    /// The programme must do it by law; the person is told, and cannot withdraw.
    PublicDuty,
    /// The person declares something; what was declared stays declared.
    Declaration,
}

/// What ends once a consent is withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// Photo and face data are erased at once.
    ErasesPhoto,
    /// No short message is sent any more but a code that somebody has just asked for.
    EndsSms,
    /// Nothing can go on without it, so it comes to erasing everything, which is asked for apart.
    LeadsToErasure,
    /// It cannot be withdrawn.
    Impossible,
}

impl ConsentKind {
    /// On what the use rests.
    pub const fn basis(self) -> Basis {
        match self {
            Self::Terms | Self::Privacy | Self::PhotoAndFace | Self::SmsContact => Basis::Consent,
            Self::RegistryChecks => Basis::PublicDuty,
            Self::Truth => Basis::Declaration,
        }
    }

    /// What a withdrawal comes to.
    pub const fn withdrawal(self) -> Withdrawal {
        match self {
            Self::PhotoAndFace => Withdrawal::ErasesPhoto,
            Self::SmsContact => Withdrawal::EndsSms,
            Self::Terms | Self::Privacy => Withdrawal::LeadsToErasure,
            Self::RegistryChecks | Self::Truth => Withdrawal::Impossible,
        }
    }

    /// Every version of its text, the newest last. A text that was shown is never changed: words that change get a new
    /// version.
    pub const fn texts(self) -> &'static [ConsentText] {
        match self {
            Self::Terms => &[TERMS_1],
            Self::Privacy => &[PRIVACY_1],
            Self::RegistryChecks => &[REGISTRY_CHECKS_1],
            Self::PhotoAndFace => &[PHOTO_AND_FACE_1],
            Self::Truth => &[TRUTH_1],
            Self::SmsContact => &[SMS_CONTACT_1, SMS_CONTACT_2],
        }
    }

    /// The text that is shown now.
    pub const fn text(self) -> &'static ConsentText {
        match self.texts() {
            [.., newest] => newest,
            // No kind is without a text; a test looks at each.
            [] => &TERMS_1,
        }
    }

    /// The text of a version; `None` if there is no such one.
    pub fn text_of(self, version: u16) -> Option<&'static ConsentText> {
        self.texts().iter().find(|text| text.version == version)
    }
}

/// The words of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentText {
    /// Which kind.
    pub kind: ConsentKind,
    /// Which version, from 1.
    pub version: u16,
    title: [&'static str; 2],
    words: [&'static str; 2],
}

impl ConsentText {
    /// A short name of it.
    pub const fn title(&self, language: Language) -> &'static str {
        in_language(&self.title, language)
    }

    /// The words, which begin with "I" where the person agrees or declares.
    pub const fn words(&self, language: Language) -> &'static str {
        in_language(&self.words, language)
    }

    /// SHA-256 over kind, version and the words in both languages, each ended by a byte that none has.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new_with_prefix("gelombang consent text\0");
        hasher.update(self.kind.name());
        hasher.update(b"\0");
        hasher.update(self.version.to_be_bytes());
        for text in self.title.iter().chain(&self.words) {
            hasher.update(text);
            hasher.update(b"\0");
        }
        hasher.finalize().into()
    }
}

const fn in_language(both: &[&'static str; 2], language: Language) -> &'static str {
    let [indonesian, english] = both;
    match language {
        Language::Indonesian => indonesian,
        Language::English => english,
    }
}

const TERMS_1: ConsentText = ConsentText {
    kind: ConsentKind::Terms,
    version: 1,
    title: ["Syarat program", "Terms of the programme"],
    words: [
        "Saya menyetujui syarat program: satu orang satu akun, bantuan diberikan satu kali, dan penerima dipilih melalui undian yang dapat diperiksa siapa pun.",
        "I agree to the terms of the programme: one account for one person, the benefit is given once, and recipients are selected by a draw that anybody can check.",
    ],
};

const PRIVACY_1: ConsentText = ConsentText {
    kind: ConsentKind::Privacy,
    version: 1,
    title: ["Penggunaan data pribadi", "Use of personal data"],
    words: [
        "Saya setuju data pribadi saya dipakai untuk pendaftaran, pemeriksaan syarat, undian, dan pemberian bantuan. Saya dapat melihat, memperbaiki, dan meminta penghapusan data saya.",
        "I agree that my personal data are used for registration, for checking the conditions, for the draw, and for giving the benefit. I can see and correct my data, and ask to have them erased.",
    ],
};

const REGISTRY_CHECKS_1: ConsentText = ConsentText {
    kind: ConsentKind::RegistryChecks,
    version: 1,
    title: ["Pemeriksaan data ke instansi", "Checks with public registers"],
    words: [
        "Peraturan mewajibkan program memeriksa data Anda ke instansi yang berwenang, antara lain kependudukan, pendidikan, pekerjaan, dan bantuan sosial. Pemeriksaan ini berlaku bagi semua pendaftar dan tidak memerlukan persetujuan.",
        "Regulations require the programme to check your data with the authorities in charge, among them those of population, education, work and social aid. This applies to everybody who registers and needs no consent.",
    ],
};

const PHOTO_AND_FACE_1: ConsentText = ConsentText {
    kind: ConsentKind::PhotoAndFace,
    version: 1,
    title: ["Foto KTP dan wajah", "Identity card photo and face"],
    words: [
        "Saya setuju foto Kartu Tanda Penduduk dan wajah saya dipakai untuk memastikan bahwa saya sendiri yang mendaftar, dan tidak untuk hal lain.",
        "I agree that the photo of my identity card and my face are used to make sure that it is I who register, and for nothing else.",
    ],
};

const TRUTH_1: ConsentText = ConsentText {
    kind: ConsentKind::Truth,
    version: 1,
    title: ["Pernyataan kebenaran", "Declaration of truth"],
    words: [
        "Saya menyatakan bahwa semua yang saya isi benar. Saya mengerti bahwa kepesertaan dapat dicabut bila isian saya terbukti tidak benar.",
        "I declare that everything I have stated is true. I understand that a grant can be revoked if what I stated turns out to be untrue.",
    ],
};

const SMS_CONTACT_1: ConsentText = ConsentText {
    kind: ConsentKind::SmsContact,
    version: 1,
    title: ["Pesan singkat ke ponsel", "Short messages to your phone"],
    words: [
        "Saya setuju menerima pesan singkat tentang pendaftaran dan hasil saya di nomor ponsel saya.",
        "I agree to get short messages about my registration and results on my mobile number.",
    ],
};

const SMS_CONTACT_2: ConsentText = ConsentText {
    kind: ConsentKind::SmsContact,
    version: 2,
    title: ["Pesan singkat ke ponsel", "Short messages to your phone"],
    words: [
        "Saya setuju menerima pesan singkat tentang pendaftaran dan hasil saya di nomor ponsel saya. Kode yang saya minta sendiri tetap dikirim, juga setelah persetujuan ini saya tarik.",
        "I agree to get short messages about my registration and results on my mobile number. Codes that I ask for myself are sent in any case, also after I have withdrawn this.",
    ],
};

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Words that somebody has seen stay as they were: whoever changes one gives it a new version, and adds its digest
    /// here.
    #[test]
    fn digests() {
        let mut found = String::new();
        for text in ConsentKind::ALL.iter().flat_map(|kind| kind.texts()) {
            let digest: String = text.digest().iter().take(8).fold(String::new(), |mut all, b| {
                let _ = write!(all, "{b:02x}");
                all
            });
            let _ = writeln!(found, "{} {} {digest}", text.kind.name(), text.version);
        }
        assert_eq!(
            found,
            "terms 1 3cc79cedca56366b\n\
             privacy 1 a8df4a2ea7551480\n\
             registry_checks 1 f67d79cbaa3f4904\n\
             photo_and_face 1 958807f8d316c14e\n\
             truth 1 3f9dad4dbf5f521e\n\
             sms_contact 1 6e83889b92f821b7\n\
             sms_contact 2 e066728849e8c90e\n"
        );
    }

    /// Each kind has texts of its own, numbered from 1, and the newest is shown; the two languages differ.
    #[test]
    fn versions() {
        for kind in ConsentKind::ALL {
            assert!(!kind.texts().is_empty());
            for (version, text) in (1..).zip(kind.texts()) {
                assert_eq!((text.kind, text.version), (*kind, version));
                assert_eq!(kind.text_of(version), Some(text));
                assert_ne!(text.words(Language::Indonesian), text.words(Language::English));
            }
            assert_eq!(kind.texts().last(), Some(kind.text()));
        }
    }

    /// Only what rests on consent can be withdrawn.
    #[test]
    fn withdrawals() {
        for kind in ConsentKind::ALL {
            let can = kind.withdrawal() != Withdrawal::Impossible;
            assert_eq!(can, kind.basis() == Basis::Consent, "{kind:?}");
        }
    }
}
