//! Who may be drawn.

use std::collections::BTreeSet;

use super::check::Checker;
use super::named::named_enum;
use crate::rupiah::Rupiah;

named_enum! {
    /// The day on which an applicant's age is taken. The sources do not say which.
    AgeReference {
        /// The last day on which the wave takes joins.
        WaveClosingDate = "wave_closing_date",
        /// The first day on which the wave takes joins.
        WaveOpeningDate = "wave_opening_date",
    }
}

named_enum! {
    /// An office that bars its holder. Source: Perpres 76/2020, Permenko 11/2020.
    Occupation {
        /// Pejabat negara.
        StateOfficial = "state_official",
        /// Pimpinan or anggota DPRD.
        RegionalCouncil = "regional_council",
        /// Aparatur sipil negara (ASN).
        CivilServant = "civil_servant",
        /// Tentara Nasional Indonesia (TNI).
        Soldier = "soldier",
        /// Kepolisian (Polri).
        Police = "police",
        /// Kepala desa.
        VillageHead = "village_head",
        /// Perangkat desa.
        VillageStaff = "village_staff",
        /// Direksi of a state or regional company (BUMN, BUMD).
        StateCompanyDirector = "state_company_director",
        /// Komisaris of a BUMN or BUMD.
        StateCompanyCommissioner = "state_company_commissioner",
        /// Dewan pengawas of a BUMN or BUMD.
        StateCompanySupervisor = "state_company_supervisor",
    }
}

named_enum! {
    /// Another assistance programme whose recipients may be barred.
    AidProgramme {
        /// Aid under the social-assistance register (DTKS).
        SocialRegister = "dtks",
        /// Wage subsidy (BSU).
        WageSubsidy = "bsu",
        /// Micro-business aid (BPUM).
        MicroBusiness = "bpum",
    }
}

named_enum! {
    /// What a revoked person may still do.
    RevokedBar {
        /// Never drawn again.
        ForLife = "for_life",
        /// May join later waves.
        NotBarred = "not_barred",
    }
}

/// Rules that decide whether a member of a wave may be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EligibilityRules {
    /// Youngest age in full years.
    pub min_age: u8,
    /// Oldest age in full years; `None` without a limit.
    pub max_age: Option<u8>,
    /// The day on which the age is taken.
    pub age_reference: AgeReference,
    /// Only Indonesian citizens.
    pub require_citizen: bool,
    /// Pupils and students are barred.
    pub exclude_in_formal_education: bool,
    /// Offices that bar their holders.
    pub excluded_occupations: BTreeSet<Occupation>,
    /// Beneficiaries a family card may have, `1..=7` since a record of the draw keeps three bits for
    /// it; `None` without a limit.
    pub max_beneficiaries_per_kk: Option<u8>,
    /// Whether a revoked beneficiary still takes one of the family card's places.
    pub kk_counts_revoked: bool,
    /// Assistance programmes whose recipients are barred.
    pub exclude_other_aid: BTreeSet<AidProgramme>,
    /// Grants a person may have in a lifetime, at least 1.
    pub lifetime_grants: u8,
    /// What a revocation means for later waves.
    pub revoked_barred: RevokedBar,
    /// Highest monthly wage; `None` without a limit.
    pub wage_ceiling: Option<Rupiah>,
    /// Waves a person may join; `None` without a limit.
    pub join_attempts_max: Option<u16>,
}

impl EligibilityRules {
    pub(super) fn check(&self, check: &mut Checker) {
        check.range("eligibility.min_age", self.min_age, 1, 120);
        check.range_if("eligibility.max_age", self.max_age, 1, 120);
        if self.max_age.is_some_and(|max| max < self.min_age) {
            let why = "the youngest age is above the oldest";
            check.contradiction("eligibility.min_age", "eligibility.max_age", why);
        }
        let per_kk = self.max_beneficiaries_per_kk;
        check.range_if("eligibility.max_beneficiaries_per_kk", per_kk, 1, 7);
        check.range("eligibility.lifetime_grants", self.lifetime_grants, 1, 10);
        let wage = self.wage_ceiling.map(Rupiah::get);
        check.range_if("eligibility.wage_ceiling", wage, 1, Rupiah::MAX.get());
        check.range_if("eligibility.join_attempts_max", self.join_attempts_max, 1, 9999);
    }
}
