//! Traits of people as shares by age, and the findings of the registers.

use domain::eligibility::{CheckKind, Finding};
use domain::funnel::Education;
use domain::identity::Employment;
use domain::policy::{AidProgramme, Named as _, Occupation};

use super::draws::scale;

/// People per mille by education, lowest first, for the ages to 25, to 35 and above.
const EDUCATION_PER_MILLE: [[u64; 8]; 3] = [
    [2, 30, 110, 420, 270, 40, 125, 3],
    [5, 80, 150, 380, 180, 55, 142, 8],
    [20, 210, 200, 340, 90, 40, 90, 10],
];

/// Last education completed, by a full-range draw.
pub(super) fn education(draw: u64, age: u8) -> Education {
    let education = by_per_mille(Education::ALL, &EDUCATION_PER_MILLE[age_group(age)], draw);
    // Nobody has finished higher studies by 21.
    if age < 22 && education >= Education::Diploma { Education::SeniorHigh } else { education }
}

/// People per mille by work, in the order of [`Employment`]. In 2020 82 % were without work.
const EMPLOYMENT_PER_MILLE: [[u64; 4]; 3] =
    [[640, 80, 200, 80], [430, 170, 250, 150], [360, 170, 220, 250]];

/// Work situation, by a full-range draw.
pub(super) fn employment(draw: u64, age: u8) -> Employment {
    by_per_mille(Employment::ALL, &EMPLOYMENT_PER_MILLE[age_group(age)], draw)
}

const fn age_group(age: u8) -> usize {
    match age {
        ..=25 => 0,
        26..=35 => 1,
        36.. => 2,
    }
}

fn by_per_mille<T: Copy>(values: &[T], per_mille: &[u64], draw: u64) -> T {
    let mut left = scale(draw, 1_000);
    for (value, share) in values.iter().zip(per_mille) {
        if left < *share {
            return *value;
        }
        left -= share;
    }
    values[0]
}

/// What a finding is about; one in twenty has a slot of the table each.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Studies,
    Aid,
    Office,
    Identity,
    Test,
    Silent,
    Foreign,
}

const FINDINGS: [Kind; 20] = {
    use Kind::{Aid, Foreign, Identity, Office, Silent, Studies, Test};
    [
        Studies, Aid, Office, Identity, Studies, Aid, Test, Office, Studies, Aid, Silent, Studies,
        Office, Aid, Identity, Studies, Test, Aid, Foreign, Office,
    ]
};

fn choose<T: Copy>(of: &[T], draw: u64) -> T {
    of[scale(draw, of.len() as u64) as usize]
}

/// The finding of the `at`-th slot; the draw chooses the office, aid or register.
pub(super) fn finding(at: u64, draw: u64, age: u8) -> Finding {
    match FINDINGS[(at % 20) as usize] {
        // Hardly anybody studies after 35.
        Kind::Studies if age > 35 => Finding::Holds(choose(Occupation::ALL, draw)),
        Kind::Studies => Finding::InFormalEducation,
        Kind::Aid => Finding::Receives(choose(AidProgramme::ALL, draw)),
        Kind::Office => Finding::Holds(choose(Occupation::ALL, draw)),
        Kind::Identity => Finding::IdentityRefuted,
        Kind::Test => Finding::TestNotDone,
        Kind::Silent => Finding::Outstanding(choose(CheckKind::ALL, draw)),
        Kind::Foreign => Finding::NotCitizen,
    }
}
