//! Figures of a whole province with 71 waves, for tests: totals as reported
//! for Jambi in September 2024, split by fixed weights that add up.

pub(crate) mod waves;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use domain::funnel::{AgeBand, Education, Funnel, FunnelReport, Origin};
use domain::nik::Sex;
use domain::policy::{
    AgeReference, Benefits, DayEnd, Deadlines, EligibilityRules, Grant, MonthDay, Named,
    Occupation, RevokedBar, SurveyOpening, TimeZone,
};
use domain::region::{Region, RegionCode, RegionTable};
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use web::{
    AppState, Figures, Programme, PublicFolder, ServiceStatus, Site, Snapshot, SnapshotError,
    WorkStatus,
};

/// 24 September 2024, 23.59 WIB.
const AS_OF: Timestamp = Timestamp::from_micros(1_727_197_140_000_000);

const TOTAL: Funnel = Funnel {
    joins: 3_000_000,
    unique_applicants: 794_900,
    sk_recipients: 371_322,
    effective: 360_690,
    pending: 0,
    revoked: 10_632,
    reallocated: 9_871,
    men: 381_552,
    women: 413_348,
};

/// Code, name and weight of the regencies of Jambi.
const REGENCIES: [(u16, &str, u64); 11] = [
    (1501, "Kabupaten Kerinci", 250),
    (1502, "Kabupaten Merangin", 354),
    (1503, "Kabupaten Sarolangun", 290),
    (1504, "Kabupaten Batanghari", 302),
    (1505, "Kabupaten Muaro Jambi", 402),
    (1506, "Kabupaten Tanjung Jabung Barat", 318),
    (1507, "Kabupaten Tanjung Jabung Timur", 230),
    (1508, "Kabupaten Bungo", 362),
    (1509, "Kabupaten Tebo", 337),
    (1571, "Kota Jambi", 606),
    (1572, "Kota Sungai Penuh", 97),
];

/// Splits a count by weights; what rounding leaves goes to the last.
fn split(count: u64, weights: &[u64]) -> Vec<u64> {
    let whole: u64 = weights.iter().sum();
    let mut left = count;
    let mut parts: Vec<u64> = weights
        .iter()
        .map(|weight| {
            let part = count * weight / whole;
            left -= part;
            part
        })
        .collect();
    *parts.last_mut().expect("weights") += left;
    parts
}

/// Splits the total so that every row obeys the rules of the funnel.
fn split_funnel(total: &Funnel, weights: &[u64]) -> Vec<Funnel> {
    let joins = split(total.joins, weights);
    let effective = split(total.effective, weights);
    let revoked = split(total.revoked, weights);
    let reallocated = split(total.reallocated, weights);
    let men = split(total.men, weights);
    let women = split(total.women, weights);
    (0..weights.len())
        .map(|at| Funnel {
            joins: joins[at],
            unique_applicants: men[at] + women[at],
            sk_recipients: effective[at] + revoked[at],
            effective: effective[at],
            pending: 0,
            revoked: revoked[at],
            reallocated: reallocated[at],
            men: men[at],
            women: women[at],
        })
        .collect()
}

fn code(number: u16) -> RegionCode {
    RegionCode::new(number).expect("a region code")
}

pub(crate) fn regions() -> RegionTable {
    let province = [(15, "Jambi", 0)];
    let regions = province.iter().chain(&REGENCIES);
    let regions = regions
        .map(|(number, name, _)| Region { code: code(*number), name: (*name).to_owned() })
        .collect();
    RegionTable::new("sample".to_owned(), regions).expect("a sound table")
}

/// Uneven weights without chance: multiples of a prime, kept within a range.
fn uneven(count: u64, low: u64, spread: u64) -> Vec<u64> {
    (1..=count).map(|at| low + at * at * 7919 % spread).collect()
}

fn zip<K>(keys: impl IntoIterator<Item = K>, total: &Funnel, weights: &[u64]) -> Vec<(K, Funnel)> {
    keys.into_iter().zip(split_funnel(total, weights)).collect()
}

/// The report on one region: the province, or a regency with its share of everything.
fn report(region: RegionCode, scale: u64) -> FunnelReport {
    let total = split_funnel(&TOTAL, &[scale, 3548 - scale])[0];
    let weights = REGENCIES.map(|(_, _, weight)| weight);
    let by_regency = if region.is_province() {
        zip(REGENCIES.map(|(number, ..)| code(number)), &total, &weights)
    } else {
        vec![(region, total)]
    };
    let waves = (1..=71).map(|number| WaveNumber::new(number).expect("a wave"));
    let mut by_wave = zip(waves, &total, &uneven(71, 200, 1613));
    for (_, wave) in &mut by_wave {
        // Within one wave a person joins once.
        (wave.unique_applicants, wave.men, wave.women) = (wave.joins, 0, wave.joins);
    }
    let mut by_sex = zip([Sex::Man, Sex::Woman], &total, &[total.men, total.women]);
    for (sex, row) in &mut by_sex {
        (row.men, row.women) = match sex {
            Sex::Man => (row.unique_applicants, 0),
            Sex::Woman => (0, row.unique_applicants),
        };
    }
    let attempts: Vec<u64> = (1..=38).map(|at| 40_000 / (at * at + 6)).collect();
    FunnelReport {
        region,
        as_of: AS_OF,
        total,
        by_regency,
        by_wave,
        by_sex,
        by_age: zip(AgeBand::ALL, &total, &[391, 327, 171, 83, 26, 2]),
        by_education: zip(
            Education::ALL.iter().copied(),
            &total,
            &[9, 61, 128, 412, 187, 58, 139, 6],
        ),
        by_attempts: (1..=38).zip(split(total.unique_applicants, &attempts)).collect(),
    }
}

/// The figures of Jambi, or of one of its regencies.
pub(crate) fn snapshot(region: RegionCode) -> Result<Snapshot, SnapshotError> {
    let scale = REGENCIES.iter().find(|(number, ..)| *number == region.get());
    let scale = match (region.get(), scale) {
        (15, _) => 3548,
        (_, Some((.., weight))) => *weight,
        (_, None) => return Err(SnapshotError::UnknownRegion(region)),
    };
    Ok(Snapshot {
        report: report(region, scale),
        regions: Arc::new(regions()),
        data_as_of: AS_OF,
        origin: Origin::Replay { finished: true },
    })
}

/// Everything runs, a wave is open, and the newest acts are not sealed yet.
pub(crate) fn status() -> ServiceStatus {
    let wave = |number| WaveNumber::new(number).expect("a number");
    ServiceStatus {
        at: AS_OF,
        accepts: Some(true),
        work: Some(WorkStatus {
            is_on_schedule: true,
            unsealed_since: Some(AS_OF.plus_micros(-30_000_000)),
            open_waves: vec![(wave(70), AS_OF.plus_days(2))],
            next_wave: Some((wave(71), AS_OF.plus_days(9))),
        }),
    }
}

/// The rules of 2023 and 2024, at an address that somebody may have told.
pub(crate) fn site(public_url: Option<&str>) -> Site {
    let rupiah = |amount| Rupiah::new(amount).expect("an amount");
    let [training, incentives, surveys] = [3_500_000, 600_000, 100_000].map(rupiah);
    let day = |text| Some(MonthDay::parse(text).expect("a day"));
    let programme = Programme {
        eligibility: EligibilityRules {
            min_age: 18,
            max_age: Some(64),
            age_reference: AgeReference::WaveClosingDate,
            require_citizen: true,
            exclude_in_formal_education: true,
            excluded_occupations: Occupation::ALL.iter().copied().collect(),
            max_beneficiaries_per_kk: Some(2),
            kk_counts_revoked: false,
            exclude_other_aid: BTreeSet::new(),
            lifetime_grants: 1,
            revoked_barred: RevokedBar::ForLife,
            wage_ceiling: None,
            join_attempts_max: None,
        },
        benefits: Benefits {
            training_balance: training,
            incentive_amount: incentives,
            incentive_count: 1,
            incentive_interval_months: None,
            survey_amount: rupiah(50_000),
            survey_count: 2,
            survey_open_after: SurveyOpening::AfterIncentivePaid,
        },
        grant: Grant { training, incentives, surveys, total: rupiah(4_200_000) },
        deadlines: Deadlines {
            first_purchase_days: 15,
            deadline_counts_first_day: true,
            next_purchase_days: Some(15),
            purchase_hard_stop: day("11-30"),
            finish_hard_stop: day("12-04"),
            payout_link_hard_stop: day("12-15"),
            survey_hard_stop: day("12-10"),
            survey_answer_days: 30,
            survey_pay_within_days: 14,
            timezone: TimeZone::Jakarta,
            day_end: DayEnd::LastSecond,
        },
        test_minutes: Some(40),
        training_hours_min: 15,
    };
    Site { public_url: public_url.map(Arc::from), programme }
}

/// The figures of Jambi and its regencies; South Sumatra has none.
pub(crate) fn figures() -> Figures {
    let regions = regions();
    let of = regions.iter().map(|region| {
        let figures = snapshot(region.code).expect("figures");
        (region.code, Arc::new(figures))
    });
    Figures { of: of.collect(), without: [code(16)].into() }
}

/// A database that cannot be read.
pub(crate) fn unreadable() -> AppState {
    AppState {
        figures: Arc::new(|| Box::pin(async { Err(SnapshotError::Unavailable) })),
        past: Arc::new(|_, _| Box::pin(async { Err(SnapshotError::Unavailable) })),
        ..state()
    }
}

/// Serves the sample.
pub(crate) fn state() -> AppState {
    AppState {
        figures: Arc::new(|| Box::pin(async { Ok(Arc::new(figures())) })),
        past: Arc::new(|region, as_of| {
            Box::pin(async move {
                let mut snapshot = snapshot(region)?;
                snapshot.report.as_of = as_of;
                Ok(Arc::new(snapshot))
            })
        }),
        regions: Arc::new(|| {
            Box::pin(async { Ok(vec![Region { code: code(15), name: "Jambi".to_owned() }]) })
        }),
        ready: Arc::new(|| Box::pin(async { Ok(()) })),
        status: Arc::new(|| Box::pin(async { status() })),
        waves: Arc::new(|| Box::pin(async { Ok(Arc::new(waves::list(regions()))) })),
        wave_seats: Arc::new(|wave| {
            let seats = (wave.get() == 70).then(|| Arc::new(waves::seats(1, 9)));
            Box::pin(async move { Ok(seats) })
        }),
        site: Arc::new(site(None)),
        public: Arc::new(PublicFolder::new(PathBuf::from("/nowhere"))),
    }
}
