//! The calendar against the published dates and figures, and its rules.

use domain::wave::WaveKind;

use super::super::calendar_file::load_calendar;
use super::super::fault::SourceFile;
use super::{builtin, texts, wave};
use crate::reference::Mark;

/// All 71 waves, three of them recovery waves, from the first to the last day published.
#[test]
fn builtin_waves() {
    let reference = builtin();
    let numbers: Vec<u16> = reference.calendar.iter().map(|wave| wave.number.get()).collect();
    assert_eq!(numbers, (1..=71).collect::<Vec<u16>>());
    let recovery: Vec<u16> = reference
        .calendar
        .iter()
        .filter(|wave| wave.kind == WaveKind::Recovery)
        .map(|wave| wave.number.get())
        .collect();
    assert_eq!(recovery, [11, 17, 22]);
    for (number, closes_at) in [
        (1, "2020-04-16T09:00:00Z"),
        (4, "2020-08-12T17:00:00Z"),
        (5, "2020-08-23T05:00:00Z"),
        (16, "2021-03-28T17:00:00Z"),
        (69, "2024-06-05T17:00:00Z"),
    ] {
        let found = reference.calendar.get(wave(number)).expect("a wave");
        assert_eq!(found.closes_at.to_string(), closes_at);
        assert_eq!(reference.wave_facts[&wave(number)].closes_mark, Mark::Published);
    }
}

/// The policies applied to the calendar give the last days that the programme published.
#[test]
fn published_limits() {
    let reference = builtin();
    for (number, last_day) in [
        (11, "2020-12-09"),
        (13, "2021-04-08"),
        (16, "2021-04-29"),
        (18, "2021-09-22"),
        (19, "2021-09-30"),
        (20, "2021-10-14"),
        (21, "2021-10-21"),
        (47, "2022-11-30"),
        (71, "2024-08-21"),
    ] {
        let announced_on =
            reference.calendar.get(wave(number)).expect("a wave").results_at.wib_date();
        let policy = reference.policies.for_wave(wave(number)).expect("a policy");
        let due = policy.version.deadlines().first_purchase_due(announced_on);
        assert_eq!(due.minus_micros(1).wib_date().to_string(), last_day, "wave {number}");
    }
}

/// Places of a period come within one in a hundred of the recipients published for it: waves 4 to
/// 10 fill the 5,597,183 places of 2020 beside the persons accepted in waves 1 to 3.
#[test]
fn yearly_quotas() {
    let facts = builtin().wave_facts;
    for (first, last, published) in [
        (4, 10, 5_597_183 - 168_111 - 288_154 - 224_615),
        (12, 22, 5_931_574),
        (23, 47, 4_984_790),
        (48, 62, 1_140_000),
        (63, 71, 1_419_298),
    ] {
        let places: i64 =
            (first..=last).map(|number| i64::from(facts[&wave(number)].quota_national)).sum();
        assert!((places - published).abs() * 100 <= published, "{first} to {last}: {places}");
    }
    let synthetic = |number: u16| facts[&wave(number)].quota_mark == Mark::Synthetic;
    let made_up: Vec<u16> = (1..=71).filter(|number| synthetic(*number)).collect();
    let expected: Vec<u16> = (24..=71).filter(|number| *number != 48).collect();
    assert_eq!(made_up, expected, "no quota was published for these waves");
}

const HEADER: &str = "wave,kind,opens_at,opens_mark,closes_at,closes_mark,results_at,results_mark,\
    quota_national,quota_mark,joined_national,joined_mark,source,note\n";
const FIRST: &str = "1,regular,2024-01-05T12:00+07:00,interpolated,2024-01-09T00:00+07:00,\
    interpolated,2024-01-11T12:00+07:00,interpolated,10,synthetic,90,synthetic,,\n";

fn check(rows: &str, faults: &[&str]) {
    let text = format!("{HEADER}{rows}");
    let file = SourceFile { name: "waves.csv".to_owned(), bytes: text.into_bytes() };
    assert_eq!(texts(load_calendar(&file)), faults);
}

/// Each cell by one that is wrong, then faults between waves with the line of the later one.
#[test]
fn broken_rows() {
    check(FIRST, &[]);
    check(
        &FIRST.replacen("1,regular", "0,extra", 1),
        &[
            "waves.csv, line 2, column `wave`: `0` is no whole number above 0 of a usual size; \
             write digits only",
            "waves.csv, line 2, column `kind`: `extra` is no kind of wave; write `regular` or \
             `recovery`",
        ],
    );
    check(
        &FIRST.replace("1,regular", "10000,regular"),
        &["waves.csv, line 2, column `wave`: 10000 is above 9999; number from 1"],
    );
    for wrong in ["2024-01-05", "2024-02-30T12:00+07:00", "2024-01-05T24:00+07:00", "x"] {
        check(
            &FIRST.replace("2024-01-05T12:00+07:00", wrong),
            &[&format!(
                "waves.csv, line 2, column `opens_at`: `{wrong}` is no instant of Jakarta; write \
                 it as 2020-04-11T12:00+07:00"
            )],
        );
    }
    check(
        &FIRST.replace("10,synthetic", "ten,guess"),
        &[
            "waves.csv, line 2, column `quota_national`: `ten` is no whole number above 0 of a \
             usual size; write digits only",
            "waves.csv, line 2, column `quota_mark`: `guess` is no mark; write `published`, \
             `interpolated` or `synthetic`",
        ],
    );
    check(
        &FIRST.replace("10,synthetic", "10,published"),
        &[
            "waves.csv, line 2, column `source`: is empty although a cell is marked published; name \
           the source",
        ],
    );
    check(
        &format!("{FIRST}{}", FIRST.replacen('1', "3", 1).replace("2024-01-09", "2024-01-10")),
        &[
            "waves.csv, line 3: wave 3 follows wave 1, but numbers go up by one; correct the row \
             or the one before",
            "waves.csv, line 3: wave 3 closes at 2024-01-09T17:00:00Z, before the results of \
             wave 1 at 2024-01-11T05:00:00Z; correct the row or the one before",
        ],
    );
}
