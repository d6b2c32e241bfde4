//! What the calendar makes due: a pure function of the waves, of how far was looked, and of the present.
//!
//! Opening and closing follow from the state of a wave, so that an outage only delays them. What belongs
//! to an instant (the sweep at midnight, the minutes of the chain) is due once that instant lies between two looks.

use std::fmt;

use time::Time;

use crate::ids::{AccountId, PersonId, SittingId};
use crate::policy::named::named_enum;
use crate::time::Timestamp;
use crate::wave::{WaveNumber, WaveState};

/// Clock reading in Jakarta at which what is over is forgotten: nobody joins at that hour.
const FORGET_HOUR: u8 = 3;
/// Clock reading in Jakarta at which reminders are sent: people are awake, and the day to act is ahead.
const REMINDER_HOUR: u8 = 9;
/// So many days before the last day people are reminded. Assumed: no source names how often the programme does.
const REMINDER_DAYS: [u8; 3] = [7, 3, 1];
/// One minute in microseconds.
const MINUTE: i64 = 60_000_000;
/// One hour in microseconds. Hours of Jakarta and of UTC begin at the same instants.
const HOUR: i64 = 60 * MINUTE;
/// Kind of the jobs that ask the registers about a person.
pub const REGISTERS_ASK: &str = "registers_ask";

/// What a job does. Holds ids only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Open a wave.
    OpenWave(WaveNumber),
    /// Close a wave.
    CloseWave(WaveNumber),
    /// Revoke whoever has missed the deadline of a wave.
    SweepWave(WaveNumber),
    /// Remind whoever of a wave has bought nothing and whose reminder has come after this instant.
    RemindWave(WaveNumber, Timestamp),
    /// Settle a wave whose deadlines have all passed.
    SettleWave(WaveNumber),
    /// Return the freed seats that have waited as long as their policies say.
    LapseSeats,
    /// Let no more be revealed of what parties give to the seed of a wave.
    CloseReveals(WaveNumber),
    /// Seal the audit trail.
    SealAudit,
    /// Bring published folders up to date.
    PublishFolders,
    /// Log the receipts of a published wave that were handed out since the last time.
    LogRegistrations(WaveNumber),
    /// Forget what has been over for long.
    Forget,
    /// Enqueue the persons whose checks are to be asked again.
    AskAgain,
    /// Ask the registers about a person.
    AskRegisters(PersonId),
    /// Erase an account and its person, if that is still wanted.
    EraseAccount(AccountId),
    /// Have the face of an account compared with that of its identity card.
    CompareFaces(AccountId),
    /// Hand in a sitting of the ability test whose time is over.
    EndSitting(SittingId),
}

named_enum! {
    /// Hands of a worker that a job is for, so that waiting for others never holds up the programme's own acts.
    Lane {
        /// Acts on the database alone.
        Own = "own",
        /// Waits for outside systems.
        Outside = "outside",
        /// Writes published folders, which lie on one machine, and waits for witnesses.
        Folders = "folders",
        /// Waits for whoever compares faces, whom not every worker asks.
        Faces = "faces",
    }
}

impl Task {
    /// The name of its kind in the queue.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::OpenWave(_) => "wave_open",
            Self::CloseWave(_) => "wave_close",
            Self::SweepWave(_) => "wave_sweep",
            Self::RemindWave(..) => "wave_remind",
            Self::SettleWave(_) => "wave_settle",
            Self::LapseSeats => "seats_lapse",
            Self::CloseReveals(_) => "reveals_close",
            Self::PublishFolders => "folders_publish",
            Self::LogRegistrations(_) => "registrations_log",
            Self::SealAudit => "audit_seal",
            // From when jobs alone were forgotten.
            Self::Forget => "jobs_forget",
            Self::AskAgain => "checks_ask_again",
            Self::AskRegisters(_) => REGISTERS_ASK,
            Self::EraseAccount(_) => "account_erase",
            Self::CompareFaces(_) => "faces_compare",
            Self::EndSitting(_) => "sitting_end",
        }
    }

    /// The hands it is for.
    pub const fn lane(self) -> Lane {
        match self {
            Self::OpenWave(_)
            | Self::CloseWave(_)
            | Self::SweepWave(_)
            | Self::RemindWave(..)
            | Self::SettleWave(_)
            | Self::LapseSeats
            | Self::CloseReveals(_)
            | Self::SealAudit
            | Self::Forget
            | Self::AskAgain
            | Self::EraseAccount(_)
            | Self::EndSitting(_) => Lane::Own,
            Self::AskRegisters(_) => Lane::Outside,
            Self::CompareFaces(_) => Lane::Faces,
            Self::PublishFolders | Self::LogRegistrations(_) => Lane::Folders,
        }
    }

    /// What it is done to: with the kind, the same for two enqueued jobs that would do the same.
    pub fn subject(self) -> Subject {
        Subject(self)
    }
}

/// The written subject of a task, such as `wave:72`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject(Task);

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Task::OpenWave(wave)
            | Task::CloseWave(wave)
            | Task::SweepWave(wave)
            | Task::SettleWave(wave)
            | Task::CloseReveals(wave)
            | Task::LogRegistrations(wave) => write!(f, "wave:{wave}"),
            Task::RemindWave(wave, after) => write!(f, "wave:{wave}:{}", after.micros()),
            Task::LapseSeats => f.write_str("seats"),
            Task::PublishFolders => f.write_str("folders"),
            Task::SealAudit => f.write_str("audit"),
            Task::Forget => f.write_str("jobs"),
            Task::AskAgain => f.write_str("checks"),
            Task::AskRegisters(person) => write!(f, "person:{}", person.uuid()),
            Task::EraseAccount(account) | Task::CompareFaces(account) => {
                write!(f, "account:{}", account.uuid())
            }
            Task::EndSitting(sitting) => write!(f, "sitting:{}", sitting.uuid()),
        }
    }
}

/// A wave as far as schedules are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveOutlook {
    /// Number.
    pub wave: WaveNumber,
    /// State.
    pub state: WaveState,
    /// First instant of joining.
    pub opens_at: Timestamp,
    /// First instant after joining.
    pub closes_at: Timestamp,
    /// From when on nothing more is revealed for its seed; `None` if nobody gives anything, or all is closed.
    pub reveals_close_at: Option<Timestamp>,
    /// Exclusive deadline of the first purchases by the decree, once there is one.
    pub purchase_due_at: Option<Timestamp>,
    /// Whether it is published as a folder.
    pub is_published: bool,
}

/// A task with the instant from which on it should have been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// What to do.
    pub task: Task,
    /// Since when.
    pub since: Timestamp,
}

/// What is due at `now` for a worker that has looked at `looked` before; `None` if nobody ever has.
/// Looking again after the result was enqueued gives only what state still demands.
pub fn due(waves: &[WaveOutlook], looked: Option<Timestamp>, now: Timestamp) -> Vec<Due> {
    let passed = |at: Timestamp| at <= now && looked.is_none_or(|looked| looked < at);
    let mut found: Vec<Due> = Vec::new();
    for wave in waves {
        match wave.state {
            WaveState::Draft if wave.opens_at <= now => {
                found.push(Due { task: Task::OpenWave(wave.wave), since: wave.opens_at });
            }
            WaveState::Open { .. } if wave.closes_at <= now => {
                found.push(Due { task: Task::CloseWave(wave.wave), since: wave.closes_at });
            }
            WaveState::Frozen { .. } => {
                let since = wave.reveals_close_at.filter(|at| *at <= now);
                let close = |since| Due { task: Task::CloseReveals(wave.wave), since };
                found.extend(since.map(close));
            }
            WaveState::Appointed { .. } => {
                let daily = due_of_appointed(wave, looked, now);
                found.extend(daily.into_iter().filter(|due| passed(due.since)));
            }
            WaveState::Draft
            | WaveState::Open { .. }
            | WaveState::Closed { .. }
            | WaveState::Drawn { .. }
            | WaveState::Settled { .. }
            | WaveState::Cancelled { .. } => {}
        }
        let hour = begin_of(HOUR, now);
        if wave.is_published && may_have_receipts(&wave.state) && passed(hour) {
            found.push(Due { task: Task::LogRegistrations(wave.wave), since: hour });
        }
    }
    let minute = begin_of(MINUTE, now);
    if passed(minute) {
        found.push(Due { task: Task::SealAudit, since: minute });
        found.push(Due { task: Task::AskAgain, since: minute });
    }
    let midnight = Timestamp::start_of_wib_day(now.wib_date());
    if passed(midnight) {
        found.push(Due { task: Task::LapseSeats, since: midnight });
    }
    let forget = wib_clock(now, FORGET_HOUR);
    if passed(forget) {
        found.push(Due { task: Task::Forget, since: forget });
    }
    found
}

/// The last instant at which a unit of time, in microseconds, began.
fn begin_of(unit: i64, now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros().div_euclid(unit).saturating_mul(unit))
}

/// Whether receipts may wait for the registration log: they are handed out for it until the list is fixed, and the last
/// of them are logged within the hour after.
const fn may_have_receipts(state: &WaveState) -> bool {
    matches!(state, WaveState::Open { .. } | WaveState::Closed { .. } | WaveState::Frozen { .. })
}

/// What a wave with a decree asks for every day: the sweep once the deadline of the decree has passed, and a look at
/// who is to be reminded, since people may have deadlines of their own.
fn due_of_appointed(wave: &WaveOutlook, looked: Option<Timestamp>, now: Timestamp) -> Vec<Due> {
    let midnight = Timestamp::start_of_wib_day(now.wib_date());
    let swept = wave
        .purchase_due_at
        .filter(|due_at| *due_at <= now)
        .map(|due_at| Due { task: Task::SweepWave(wave.wave), since: midnight.max(due_at) });
    let after = looked.unwrap_or(Timestamp::from_micros(0));
    let today = wib_clock(now, REMINDER_HOUR);
    let since = if today <= now { today } else { wib_clock(now.plus_days(-1), REMINDER_HOUR) };
    let reminded = Due { task: Task::RemindWave(wave.wave, after), since };
    swept.into_iter().chain([reminded]).collect()
}

/// A reminder of the first purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// So many days before the last day it comes.
    pub days: u8,
    /// The instant at which it comes.
    pub at: Timestamp,
}

/// The newest reminder of a deadline that has come at `now`: after an outage the older ones are left out, since each
/// says how long is left. `None` before the first one, and once the deadline has passed.
pub fn newest_reminder(due_at: Timestamp, now: Timestamp) -> Option<Reminder> {
    let newest = REMINDER_DAYS.into_iter().rev();
    let mut newest = newest.map(|days| Reminder { days, at: reminder_at(due_at, days) });
    newest.find(|reminder| reminder.at <= now).filter(|_| now < due_at)
}

/// At the clock reading of reminders, so many days before the last day.
fn reminder_at(due_at: Timestamp, days: u8) -> Timestamp {
    let last = due_at.minus_micros(1);
    wib_clock(last.plus_days(i64::from(days).saturating_neg()), REMINDER_HOUR)
}

/// The instant at which a Jakarta clock shows a full hour on the day of `at`.
fn wib_clock(at: Timestamp, hour: u8) -> Timestamp {
    Timestamp::from_wib(at.wib_date(), Time::from_hms(hour, 0, 0).unwrap_or(Time::MIDNIGHT))
}

#[cfg(test)]
mod tests {
    use time::{Date, Month};

    use super::*;

    /// So many hours after midnight of a Jakarta day in August 2026.
    fn at(day: u8, hour: i64) -> Timestamp {
        let day = Date::from_calendar_date(2026, Month::August, day).expect("a day");
        Timestamp::start_of_wib_day(day).plus_micros(hour.saturating_mul(60 * MINUTE))
    }

    fn wave(state: WaveState) -> WaveOutlook {
        WaveOutlook {
            wave: WaveNumber::new(72).expect("a number"),
            state,
            opens_at: at(1, 12),
            closes_at: at(4, 12),
            reveals_close_at: Some(at(5, 6)),
            purchase_due_at: Some(at(25, 0)),
            is_published: false,
        }
    }

    const fn is_routine(task: Task) -> bool {
        matches!(
            task,
            Task::LapseSeats
                | Task::SealAudit
                | Task::AskAgain
                | Task::Forget
                | Task::RemindWave(..)
        )
    }

    /// What is due of one wave, by kind and subject; minutes, nights and reminders are left out.
    fn check(state: WaveState, looked: Option<Timestamp>, now: Timestamp, expected: &[&str]) {
        let found: Vec<String> = due(&[wave(state)], looked, now)
            .iter()
            .filter(|due| !is_routine(due.task))
            .map(|due| format!("{} {}", due.task.kind(), due.task.subject()))
            .collect();
        assert_eq!(found, expected, "{state:?} at {now} after {looked:?}");
    }

    /// Opening and closing follow from the state alone, however late somebody looks, and at the very
    /// instant of the calendar.
    #[test]
    fn calendar() {
        let open = WaveState::Open { opened_at: at(1, 12) };
        check(WaveState::Draft, None, at(1, 12).minus_micros(1), &[]);
        check(WaveState::Draft, Some(at(1, 11)), at(1, 12), &["wave_open wave:72"]);
        check(WaveState::Draft, Some(at(3, 0)), at(3, 1), &["wave_open wave:72"]);
        check(open, Some(at(4, 11)), at(4, 12).minus_micros(1), &[]);
        check(open, None, at(4, 12), &["wave_close wave:72"]);
        check(open, Some(at(20, 0)), at(20, 1), &["wave_close wave:72"]);
        check(WaveState::Closed { closed_at: at(4, 12) }, None, at(30, 0), &[]);
        check(WaveState::Settled { settled_at: at(25, 0) }, None, at(30, 0), &[]);
    }

    /// Reveals close at their instant, or at the first look after it, and of a frozen wave alone.
    #[test]
    fn reveals() {
        let frozen = WaveState::Frozen { frozen_at: at(4, 13) };
        check(frozen, None, at(5, 6).minus_micros(1), &[]);
        check(frozen, Some(at(5, 5)), at(5, 6), &["reveals_close wave:72"]);
        check(frozen, Some(at(5, 7)), at(5, 8), &["reveals_close wave:72"]);
        check(WaveState::Drawn { drawn_at: at(5, 12) }, None, at(6, 0), &[]);
        let closed = WaveOutlook { reveals_close_at: None, ..wave(frozen) };
        assert!(due(&[closed], None, at(6, 0)).iter().all(|due| is_routine(due.task)));
    }

    /// A deadline that has passed is swept at 00:00 of its day, at the first look after an outage, and
    /// once a day as long as the wave is not settled.
    #[test]
    fn sweeps() {
        let state = WaveState::Appointed { appointed_at: at(10, 0) };
        let sweep = ["wave_sweep wave:72"];
        check(state, Some(at(24, 23)), at(25, 0).minus_micros(1), &[]);
        check(state, Some(at(24, 23)), at(25, 0), &sweep);
        check(state, Some(at(25, 0)), at(25, 1), &[]);
        check(state, Some(at(20, 0)), at(27, 5), &sweep);
        check(state, Some(at(25, 5)), at(26, 0), &sweep);
        check(state, None, at(27, 5), &sweep);
    }

    /// Goal: at 09:00 of every day that a wave with a decree lasts somebody looks who is to be reminded, also after an
    /// outage over 09:00, once, and however its decree's deadline lies. Method: looks around these instants.
    #[test]
    fn looks_for_reminders() {
        let number = WaveNumber::new(72).expect("a number");
        let state = WaveState::Appointed { appointed_at: at(10, 0) };
        let check = |looked: Option<Timestamp>, now, expected: Option<Timestamp>| {
            let found = due(&[wave(state)], looked, now);
            let reminds = found.iter().find(|due| due.task.kind() == "wave_remind");
            let after = looked.unwrap_or(Timestamp::from_micros(0));
            let task = Task::RemindWave(number, after);
            assert_eq!(reminds.copied(), expected.map(|since| Due { task, since }), "{now}");
        };
        check(Some(at(17, 8)), at(17, 9).minus_micros(1), None);
        check(Some(at(17, 8)), at(17, 9), Some(at(17, 9)));
        check(Some(at(17, 9)), at(17, 10), None);
        check(Some(at(16, 8)), at(17, 8), Some(at(16, 9)));
        check(Some(at(12, 0)), at(30, 20), Some(at(30, 9)));
        check(None, at(17, 10), Some(at(17, 9)));
        let settled = WaveState::Settled { settled_at: at(25, 0) };
        assert!(
            due(&[wave(settled)], Some(at(16, 0)), at(26, 9))
                .iter()
                .all(|due| { due.task.kind() != "wave_remind" })
        );
    }

    /// Goal: people are reminded at 09:00 of the days that are 7, 3 and 1 before their last one, of the newest alone,
    /// and never after the deadline. Method: the instants around each of these.
    #[test]
    fn reminders() {
        let check = |now, expected: Option<(u8, Timestamp)>| {
            let expected = expected.map(|(days, at)| Reminder { days, at });
            assert_eq!(newest_reminder(at(25, 0), now), expected, "{now}");
        };
        check(at(17, 9).minus_micros(1), None);
        check(at(17, 9), Some((7, at(17, 9))));
        check(at(21, 9).minus_micros(1), Some((7, at(17, 9))));
        check(at(21, 9), Some((3, at(21, 9))));
        check(at(22, 20), Some((3, at(21, 9))));
        check(at(23, 9), Some((1, at(23, 9))));
        check(at(25, 0).minus_micros(1), Some((1, at(23, 9))));
        check(at(25, 0), None);
    }

    /// Goal: receipts are logged at every full hour from the opening of a published wave until its draw, once after an
    /// outage of any length, and never for a wave that is not published. Method: looks around the hours in each state.
    #[test]
    fn hours() {
        let logged = |state, is_published, looked: Timestamp, now: Timestamp| {
            let wave = WaveOutlook { is_published, ..wave(state) };
            let found = due(&[wave], Some(looked), now);
            let task = Task::LogRegistrations(wave.wave);
            found.iter().filter(|due| due.task == task).map(|due| due.since).collect::<Vec<_>>()
        };
        let open = WaveState::Open { opened_at: at(1, 12) };
        let closed = WaveState::Closed { closed_at: at(4, 12) };
        let frozen = WaveState::Frozen { frozen_at: at(5, 0) };
        assert_eq!(logged(open, true, at(2, 10), at(2, 11).minus_micros(1)), []);
        for state in [open, closed, frozen] {
            assert_eq!(logged(state, true, at(2, 10), at(2, 11)), [at(2, 11)], "{state:?}");
        }
        assert_eq!(logged(open, true, at(2, 11), at(2, 11).plus_micros(MINUTE)), []);
        assert_eq!(logged(closed, true, at(1, 3), at(4, 7).plus_micros(MINUTE)), [at(4, 7)]);
        assert_eq!(logged(open, false, at(2, 10), at(2, 11)), []);
        for state in [
            WaveState::Draft,
            WaveState::Drawn { drawn_at: at(7, 0) },
            WaveState::Cancelled { cancelled_at: at(2, 0) },
        ] {
            assert_eq!(logged(state, true, at(2, 10), at(2, 11)), [], "{state:?}");
        }
    }

    /// Freed seats are looked at once a day, at midnight, or at the first look after an outage.
    #[test]
    fn midnights() {
        let lapses = |looked: Option<Timestamp>, now: Timestamp| {
            due(&[], looked, now)
                .iter()
                .find(|due| due.task == Task::LapseSeats)
                .map(|due| due.since)
        };
        assert_eq!(lapses(Some(at(3, 20)), at(4, 0).minus_micros(1)), None);
        assert_eq!(lapses(Some(at(3, 20)), at(4, 0)), Some(at(4, 0)));
        assert_eq!(lapses(Some(at(4, 0)), at(4, 23)), None);
        assert_eq!(lapses(Some(at(3, 20)), at(9, 8)), Some(at(9, 0)));
        assert_eq!(lapses(None, at(9, 8)), Some(at(9, 0)));
    }

    /// The chain is sealed and open checks are looked for once a minute, also at the first look.
    #[test]
    fn minutes() {
        let seals = |looked: Option<Timestamp>, now: Timestamp| {
            let found = due(&[], looked, now);
            let has = |task| found.iter().any(|due| due.task == task);
            assert_eq!(has(Task::SealAudit), has(Task::AskAgain));
            has(Task::SealAudit)
        };
        let minute = at(1, 1);
        assert!(seals(None, minute.plus_micros(5)));
        assert!(!seals(Some(minute), minute.plus_micros(MINUTE - 1)));
        assert!(seals(Some(minute.plus_micros(1)), minute.plus_micros(MINUTE)));
    }
}
