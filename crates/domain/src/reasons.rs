//! Reason codes and the plain sentences behind them: what happened, why, and what can be done.
//!
//! Codes are stored and published, so they never change; sentences may. No sentence names another
//! person: the family rule says that places are taken, not by whom (programme.md section 3.3).

use crate::eligibility::Rule;
use crate::policy::{AidProgramme, Named as _, Occupation};

/// Language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Bahasa Indonesia, the first language.
    Indonesian,
    /// English.
    English,
}

impl Language {
    /// The tag of the language, as stored and as `Content-Language` has it (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Indonesian => "id",
            Self::English => "en",
        }
    }

    /// The language of a tag; `None` for another one.
    pub fn from_tag(tag: &str) -> Option<Self> {
        [Self::Indonesian, Self::English].into_iter().find(|language| language.tag() == tag)
    }
}

impl Rule {
    /// The stored code, such as `no_office:police`.
    pub fn code(self) -> String {
        let code = match self {
            Self::Registered => "registered",
            Self::WaveOpen => "wave_open",
            Self::MinimumAge => "minimum_age",
            Self::MaximumAge => "maximum_age",
            Self::NeverRevoked => "never_revoked",
            Self::LifetimeGrants => "lifetime_grants",
            Self::HouseholdPlaces => "household_places",
            Self::HouseholdRegion => "household_region",
            Self::JoinAttempts => "join_attempts",
            Self::NotWithdrawn => "not_withdrawn",
            Self::IdentityConfirmed => "identity_confirmed",
            Self::Citizenship => "citizenship",
            Self::NotInFormalEducation => "not_in_formal_education",
            Self::NoOffice(office) => return format!("no_office:{}", office.name()),
            Self::NoOtherAid(aid) => return format!("no_other_aid:{}", aid.name()),
            Self::AbilityTest => "ability_test",
            Self::RegisterAnswered => "register_answered",
        };
        code.to_owned()
    }

    /// Every rule, the offices and aids one by one.
    pub fn all() -> Vec<Self> {
        let mut rules = vec![
            Self::Registered,
            Self::WaveOpen,
            Self::MinimumAge,
            Self::MaximumAge,
            Self::NeverRevoked,
            Self::LifetimeGrants,
            Self::HouseholdPlaces,
            Self::HouseholdRegion,
            Self::JoinAttempts,
            Self::NotWithdrawn,
            Self::IdentityConfirmed,
            Self::Citizenship,
            Self::NotInFormalEducation,
        ];
        rules.extend(Occupation::ALL.iter().map(|office| Self::NoOffice(*office)));
        rules.extend(AidProgramme::ALL.iter().map(|aid| Self::NoOtherAid(*aid)));
        rules.extend([Self::AbilityTest, Self::RegisterAnswered]);
        rules
    }

    /// The rule of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().into_iter().find(|rule| rule.code() == code)
    }

    /// The sentence for the person concerned.
    pub fn sentence(self, language: Language) -> String {
        match language {
            Language::Indonesian => self.indonesian(),
            Language::English => self.english(),
        }
    }

    fn indonesian(self) -> String {
        let text = match self {
            Self::Registered => "Anda belum terdaftar. Daftarkan diri Anda, lalu gabung gelombang.",
            Self::WaveOpen => {
                "Gelombang ini tidak sedang dibuka. Anda dapat ikut gelombang berikutnya; waktu mendaftar tidak memengaruhi peluang."
            }
            Self::MinimumAge => {
                "Usia Anda pada hari penutupan gelombang belum mencapai usia paling rendah. Anda dapat ikut setelah cukup umur."
            }
            Self::MaximumAge => {
                "Usia Anda pada hari penutupan gelombang melewati usia paling tinggi program ini. Bila tanggal lahir Anda keliru, perbaiki lewat Dukcapil lalu ajukan koreksi."
            }
            Self::NeverRevoked => {
                "Kepesertaan Anda pernah dicabut, dan aturan program tidak mengizinkan ikut lagi. Bila pencabutan itu keliru, hubungi pengelola program."
            }
            Self::LifetimeGrants => {
                "Anda sudah pernah menjadi penerima, dan setiap orang hanya dapat menerima satu kali. Anda tetap dapat mengikuti kegiatan alumni."
            }
            Self::HouseholdPlaces => {
                "Jumlah penerima pada kartu keluarga Anda sudah mencapai batas. Anda dapat ikut lagi bila ada tempat yang kembali."
            }
            Self::HouseholdRegion => {
                "Kabupaten/kota yang Anda isi berbeda dengan yang diisi anggota lain pada kartu keluarga yang sama, dan satu kartu keluarga hanya memiliki satu domisili. Perbaiki kabupaten/kota Anda, lalu ikut gelombang berikutnya."
            }
            Self::JoinAttempts => {
                "Anda sudah ikut gelombang sebanyak yang diizinkan aturan program."
            }
            Self::NotWithdrawn => {
                "Anda telah membatalkan keikutsertaan dalam gelombang ini, dan pembatalan tidak dapat ditarik kembali. Anda dapat ikut gelombang berikutnya."
            }
            Self::IdentityConfirmed => {
                "Data NIK, KK, nama, atau tanggal lahir Anda tidak cocok dengan data Dukcapil. Periksa data Anda, perbaiki di Dukcapil bila perlu, lalu ikut gelombang berikutnya."
            }
            Self::Citizenship => {
                "Program ini untuk Warga Negara Indonesia, dan data kependudukan Anda tidak menunjukkan demikian. Bila keliru, perbaiki lewat Dukcapil."
            }
            Self::NotInFormalEducation => {
                "Anda tercatat sedang menempuh pendidikan formal. Anda dapat ikut setelah lulus atau setelah catatan itu diperbaiki oleh sekolah atau kampus."
            }
            Self::NoOffice(office) => {
                return format!(
                    "Anda tercatat sebagai {}, yang menurut aturan tidak dapat menjadi penerima. Bila keliru, mintalah instansi Anda memperbaiki datanya.",
                    office_indonesian(office)
                );
            }
            Self::NoOtherAid(aid) => {
                return format!(
                    "Anda tercatat menerima bantuan {}, dan aturan gelombang ini tidak mengizinkan keduanya. Bila keliru, hubungi pengelola bantuan itu.",
                    aid_name(aid)
                );
            }
            Self::AbilityTest => {
                "Tes kemampuan dasar Anda belum selesai. Selesaikan tes itu, lalu ikut gelombang berikutnya."
            }
            Self::RegisterAnswered => {
                "Salah satu pusat data belum menjawab pemeriksaan Anda sebelum gelombang ditutup. Kami memeriksa lagi; Anda tetap dapat ikut gelombang berikutnya."
            }
        };
        text.to_owned()
    }

    fn english(self) -> String {
        let text = match self {
            Self::Registered => "You are not registered yet. Register first, then join a wave.",
            Self::WaveOpen => {
                "This wave is not open. You can join the next one; when you join does not change your chances."
            }
            Self::MinimumAge => {
                "On the closing day of the wave you are younger than the lowest age. You can join once you are old enough."
            }
            Self::MaximumAge => {
                "On the closing day of the wave you are older than the highest age of this programme. If your birth date is wrong, have Dukcapil correct it and ask us for a correction."
            }
            Self::NeverRevoked => {
                "You lost a place before, and the rules do not allow joining again. If that was a mistake, write to the programme."
            }
            Self::LifetimeGrants => {
                "You have been a beneficiary before, and each person can be one only once. Alumni events remain open to you."
            }
            Self::HouseholdPlaces => {
                "Your family card already has as many beneficiaries as the rules allow. You can join again if a place comes back."
            }
            Self::HouseholdRegion => {
                "The kabupaten/kota you stated differs from what others on the same family card stated, and a card has one domicile. Correct your kabupaten/kota, then join the next wave."
            }
            Self::JoinAttempts => "You have joined as many waves as the rules allow.",
            Self::NotWithdrawn => {
                "You took back your join of this wave, and that cannot be undone. You can join the next one."
            }
            Self::IdentityConfirmed => {
                "Your NIK, family card, name or birth date does not agree with the population register. Check your data, have Dukcapil correct them if needed, then join the next wave."
            }
            Self::Citizenship => {
                "This programme is for Indonesian citizens, and the population register does not show you as one. If that is wrong, have Dukcapil correct it."
            }
            Self::NotInFormalEducation => {
                "You are on record as a pupil or student. You can join after you finish, or once your school or university has corrected the record."
            }
            Self::NoOffice(office) => {
                return format!(
                    "You are on record as {}, which by the rules cannot be a beneficiary. If that is wrong, ask your institution to correct it.",
                    office_english(office)
                );
            }
            Self::NoOtherAid(aid) => {
                return format!(
                    "You are on record as receiving {}, and the rules of this wave do not allow both. If that is wrong, contact whoever runs that aid.",
                    aid_name(aid)
                );
            }
            Self::AbilityTest => {
                "Your basic ability test is not finished. Finish it, then join the next wave."
            }
            Self::RegisterAnswered => {
                "One of the registers did not answer our check before the wave closed. We are asking again; you can join the next wave."
            }
        };
        text.to_owned()
    }
}

impl Occupation {
    /// Who holds the office.
    pub const fn holder(self, language: Language) -> &'static str {
        match language {
            Language::Indonesian => office_indonesian(self),
            Language::English => office_english(self),
        }
    }
}

impl AidProgramme {
    /// The acronym that everybody uses.
    pub const fn acronym(self) -> &'static str {
        aid_name(self)
    }
}

const fn office_indonesian(office: Occupation) -> &'static str {
    match office {
        Occupation::StateOfficial => "pejabat negara",
        Occupation::RegionalCouncil => "pimpinan atau anggota DPRD",
        Occupation::CivilServant => "aparatur sipil negara (ASN)",
        Occupation::Soldier => "prajurit TNI",
        Occupation::Police => "anggota Polri",
        Occupation::VillageHead => "kepala desa",
        Occupation::VillageStaff => "perangkat desa",
        Occupation::StateCompanyDirector => "direksi BUMN atau BUMD",
        Occupation::StateCompanyCommissioner => "komisaris BUMN atau BUMD",
        Occupation::StateCompanySupervisor => "dewan pengawas BUMN atau BUMD",
    }
}

const fn office_english(office: Occupation) -> &'static str {
    match office {
        Occupation::StateOfficial => "a state official",
        Occupation::RegionalCouncil => "a leader or member of a regional council (DPRD)",
        Occupation::CivilServant => "a civil servant (ASN)",
        Occupation::Soldier => "a soldier (TNI)",
        Occupation::Police => "a police officer (Polri)",
        Occupation::VillageHead => "a village head",
        Occupation::VillageStaff => "village staff",
        Occupation::StateCompanyDirector => "a director of a state company",
        Occupation::StateCompanyCommissioner => "a commissioner of a state company",
        Occupation::StateCompanySupervisor => "a supervisor of a state company",
    }
}

const fn aid_name(aid: AidProgramme) -> &'static str {
    match aid {
        AidProgramme::SocialRegister => "DTKS",
        AidProgramme::WageSubsidy => "BSU",
        AidProgramme::MicroBusiness => "BPUM",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every rule has its own code that reads back, and a sentence in each language.
    #[test]
    fn codes_and_sentences() {
        let rules = Rule::all();
        assert_eq!(rules.len(), 15 + Occupation::ALL.len() + AidProgramme::ALL.len());
        let codes: BTreeSet<String> = rules.iter().map(|rule| rule.code()).collect();
        assert_eq!(codes.len(), rules.len());
        for rule in rules {
            assert_eq!(Rule::from_code(&rule.code()), Some(rule));
            let [id, en] = [Language::Indonesian, Language::English].map(|l| rule.sentence(l));
            assert_ne!(id, en);
            for sentence in [id, en] {
                assert!(sentence.ends_with('.') && !sentence.contains('!'), "{sentence}");
            }
        }
        assert_eq!(Rule::from_code("no_office:king"), None);
    }
}
