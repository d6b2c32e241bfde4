//! What a person has to do now, or what she waits for, and until when.
//!
//! One step at a time: what can still change something for her comes before what she can only wait for.

use crate::appeals::{filing_ends, refuse_outcome};
use crate::beneficiary::{BeneficiaryState, RevocationReason};
use crate::decision::DecisionOutcome;
use crate::eligibility::{CheckKind, CheckState, JoinBar, Rule};
use crate::time::Timestamp;
use crate::wave::{WaveNumber, WaveState};

/// What there is to do, or to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Complete the registration.
    Register,
    /// A register contradicts what was stated: see what can be mended.
    Mend,
    /// Take the basic ability test.
    Test,
    /// Join the open wave.
    Join {
        /// The wave.
        wave: WaveNumber,
        /// First instant at which no join is taken any more.
        closes_at: Timestamp,
    },
    /// Appeal against a decision that the draw did not make, if it is wrong.
    Appeal {
        /// The wave.
        wave: WaveNumber,
        /// First instant at which no appeal is taken any more.
        until: Timestamp,
    },
    /// Joined; the wave is still open.
    AwaitClose {
        /// The wave.
        wave: WaveNumber,
        /// When it closes.
        closes_at: Timestamp,
    },
    /// Joined; the results are to come.
    AwaitResults {
        /// The wave.
        wave: WaveNumber,
        /// When they are announced.
        results_at: Timestamp,
    },
    /// A wave is open that the person cannot join.
    Barred {
        /// The wave.
        wave: WaveNumber,
        /// Why not.
        bar: JoinBar,
    },
    /// No wave is open; the next one in the calendar, if there is one.
    AwaitOpening {
        /// The wave and when it opens.
        next: Option<(WaveNumber, Timestamp)>,
    },
    /// Selected: buy a first training.
    Buy {
        /// The wave.
        wave: WaveNumber,
        /// First instant at which it is too late.
        due_at: Timestamp,
    },
    /// Selected, and the deadline has passed without a purchase; the place is about to be lost.
    Overdue {
        /// The wave.
        wave: WaveNumber,
        /// When the deadline passed.
        due_at: Timestamp,
    },
    /// Has bought a first training.
    Learn {
        /// The wave.
        wave: WaveNumber,
    },
    /// The place is lost.
    Lost {
        /// The wave.
        wave: WaveNumber,
        /// Why.
        reason: RevocationReason,
    },
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The person's.
    Person,
    /// The programme's.
    Programme,
    /// Nobody's: it is over.
    Nobody,
}

impl NextStep {
    /// Whose turn it is.
    pub const fn turn(self) -> Turn {
        match self {
            Self::Register
            | Self::Mend
            | Self::Test
            | Self::Join { .. }
            | Self::Appeal { .. }
            | Self::Buy { .. }
            | Self::Learn { .. } => Turn::Person,
            Self::AwaitClose { .. }
            | Self::AwaitResults { .. }
            | Self::AwaitOpening { .. }
            | Self::Overdue { .. } => Turn::Programme,
            Self::Barred { .. } | Self::Lost { .. } => Turn::Nobody,
        }
    }
}

/// A join that was not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The wave.
    pub wave: WaveNumber,
    /// Its state.
    pub state: WaveState,
    /// When it closes.
    pub closes_at: Timestamp,
    /// When its results are announced.
    pub results_at: Timestamp,
    /// The decision, once it is announced.
    pub outcome: Option<DecisionOutcome>,
    /// An appeal of the person in this wave was filed.
    pub appealed: bool,
}

/// A wave that may be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenWave {
    /// The wave.
    pub wave: WaveNumber,
    /// When it closes.
    pub closes_at: Timestamp,
    /// The person is in it.
    pub is_joined: bool,
    /// What would refuse the person's join; that it was taken back, too.
    pub bar: Option<JoinBar>,
}

/// What the next step follows from.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Every check.
    pub checks: &'a [(CheckKind, CheckState)],
    /// The last grant, if there ever was one.
    pub grant: Option<(WaveNumber, BeneficiaryState)>,
    /// Joins that were not taken back, by wave.
    pub joined: &'a [Joined],
    /// Waves that take joins.
    pub open: &'a [OpenWave],
    /// The wave that opens next, and when.
    pub next: Option<(WaveNumber, Timestamp)>,
}

/// The next step; of a person who is not registered if there is no situation.
pub fn next_step(situation: Option<&Situation<'_>>, now: Timestamp) -> NextStep {
    let Some(situation) = situation else { return NextStep::Register };
    situation
        .grant
        .map(|(wave, state)| after_grant(wave, state, now))
        .or_else(|| situation.joined.iter().rev().find_map(fixed))
        // Whoever can never join again has nothing to mend for it, unless she is in a wave that is still to be drawn.
        .or_else(|| mend(situation.checks).filter(|_| may_be_drawn(situation)))
        .or_else(|| join(situation.open))
        .or_else(|| situation.joined.iter().rev().find_map(|joined| appeal(joined, now)))
        .or_else(|| situation.joined.iter().rev().find_map(waits))
        .or_else(|| barred(situation.open).map(told))
        .unwrap_or(NextStep::AwaitOpening { next: situation.next })
}

/// True if a draw may still come for the person: one was joined, or nothing final keeps her from joining another.
fn may_be_drawn(situation: &Situation<'_>) -> bool {
    let is_final = |(_, bar): (WaveNumber, JoinBar)| bar.rule().is_final();
    let is_ahead = |joined: &Joined| match joined.state {
        WaveState::Open { .. } | WaveState::Closed { .. } => true,
        WaveState::Draft
        | WaveState::Frozen { .. }
        | WaveState::Drawn { .. }
        | WaveState::Appointed { .. }
        | WaveState::Settled { .. }
        | WaveState::Cancelled { .. } => false,
    };
    situation.joined.iter().any(is_ahead)
        || join(situation.open).is_some()
        || !barred(situation.open).is_some_and(is_final)
}

fn after_grant(wave: WaveNumber, state: BeneficiaryState, now: Timestamp) -> NextStep {
    match state {
        BeneficiaryState::Appointed { due_at } if now < due_at => NextStep::Buy { wave, due_at },
        BeneficiaryState::Appointed { due_at } => NextStep::Overdue { wave, due_at },
        BeneficiaryState::Active { .. } => NextStep::Learn { wave },
        BeneficiaryState::Revoked { reason, .. } => NextStep::Lost { wave, reason },
    }
}

/// The wait for a draw that nothing done now changes any more.
const fn fixed(joined: &Joined) -> Option<NextStep> {
    match joined.state {
        WaveState::Frozen { .. } | WaveState::Drawn { .. } => {
            Some(NextStep::AwaitResults { wave: joined.wave, results_at: joined.results_at })
        }
        WaveState::Draft
        | WaveState::Open { .. }
        | WaveState::Closed { .. }
        | WaveState::Appointed { .. }
        | WaveState::Settled { .. }
        | WaveState::Cancelled { .. } => None,
    }
}

/// What keeps a person out of the next draw and is hers to do. The test is the last of it.
fn mend(checks: &[(CheckKind, CheckState)]) -> Option<NextStep> {
    let is_refuted = |(kind, state): &(CheckKind, CheckState)| {
        *kind != CheckKind::AbilityTest && *state == CheckState::Refuted
    };
    if checks.iter().any(is_refuted) {
        return Some(NextStep::Mend);
    }
    let is_untested = |(kind, state): &(CheckKind, CheckState)| {
        *kind == CheckKind::AbilityTest && *state != CheckState::Confirmed
    };
    checks.iter().any(is_untested).then_some(NextStep::Test)
}

fn join(open: &[OpenWave]) -> Option<NextStep> {
    let may_join = |wave: &&OpenWave| !wave.is_joined && wave.bar.is_none();
    let wave = open.iter().find(may_join)?;
    Some(NextStep::Join { wave: wave.wave, closes_at: wave.closes_at })
}

/// The wave that the person would join, were she not kept out.
fn barred(open: &[OpenWave]) -> Option<(WaveNumber, JoinBar)> {
    let bars = open.iter().filter(|wave| !wave.is_joined);
    // What she took back herself tells least of the others.
    bars.filter_map(|wave| Some((wave.wave, wave.bar?)))
        .min_by_key(|(_, bar)| *bar == JoinBar::Rule(Rule::NotWithdrawn))
}

const fn told((wave, bar): (WaveNumber, JoinBar)) -> NextStep {
    NextStep::Barred { wave, bar }
}

fn appeal(joined: &Joined, now: Timestamp) -> Option<NextStep> {
    let WaveState::Appointed { appointed_at } = joined.state else { return None };
    let until = filing_ends(appointed_at);
    let may_file = refuse_outcome(joined.outcome?).is_none() && !joined.appealed && now < until;
    may_file.then_some(NextStep::Appeal { wave: joined.wave, until })
}

const fn waits(joined: &Joined) -> Option<NextStep> {
    let Joined { wave, closes_at, results_at, .. } = *joined;
    match joined.state {
        WaveState::Open { .. } => Some(NextStep::AwaitClose { wave, closes_at }),
        WaveState::Closed { .. } | WaveState::Frozen { .. } | WaveState::Drawn { .. } => {
            Some(NextStep::AwaitResults { wave, results_at })
        }
        WaveState::Draft
        | WaveState::Appointed { .. }
        | WaveState::Settled { .. }
        | WaveState::Cancelled { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Named as _;

    const AT: Timestamp = Timestamp::from_micros(1_000_000_000_000_000);

    fn number(number: u16) -> WaveNumber {
        WaveNumber::new(number).expect("a number")
    }

    fn confirmed() -> Vec<(CheckKind, CheckState)> {
        CheckKind::ALL.iter().map(|kind| (*kind, CheckState::Confirmed)).collect()
    }

    fn with(kind: CheckKind, state: CheckState) -> Vec<(CheckKind, CheckState)> {
        let set = |(known, before)| (known, if known == kind { state } else { before });
        confirmed().into_iter().map(set).collect()
    }

    fn joined(state: WaveState, outcome: Option<DecisionOutcome>) -> Joined {
        let (closes_at, results_at) = (AT.plus_days(1), AT.plus_days(3));
        Joined { wave: number(7), state, closes_at, results_at, outcome, appealed: false }
    }

    fn open(is_joined: bool) -> OpenWave {
        OpenWave { wave: number(8), closes_at: AT.plus_days(4), is_joined, bar: None }
    }

    struct Case<'a> {
        checks: &'a [(CheckKind, CheckState)],
        grant: Option<BeneficiaryState>,
        joined: &'a [Joined],
        open: &'a [OpenWave],
        step: NextStep,
    }

    fn check(case: &Case<'_>) {
        let situation = Situation {
            checks: case.checks,
            grant: case.grant.map(|state| (number(6), state)),
            joined: case.joined,
            open: case.open,
            next: Some((number(9), AT.plus_days(30))),
        };
        let step = next_step(Some(&situation), AT);
        assert_eq!(step, case.step, "{situation:?}");
    }

    /// What a grant asks for comes before everything, and hangs on the deadline to the microsecond.
    #[test]
    fn grants() {
        use BeneficiaryState as B;
        let reason = RevocationReason::PurchaseDeadlineMissed;
        let (wave, late) = (number(6), AT.plus_micros(1));
        for (state, step) in [
            (B::Appointed { due_at: late }, NextStep::Buy { wave, due_at: late }),
            (B::Appointed { due_at: AT }, NextStep::Overdue { wave, due_at: AT }),
            (B::Active { activated_at: AT }, NextStep::Learn { wave }),
            (B::Revoked { revoked_at: AT, reason }, NextStep::Lost { wave, reason }),
        ] {
            let checks = with(CheckKind::PopulationRegister, CheckState::Refuted);
            let joined = [joined(WaveState::Drawn { drawn_at: AT }, None)];
            let open = [open(false)];
            let grant = Some(state);
            check(&Case { checks: &checks, grant, joined: &joined, open: &open, step });
        }
    }

    /// Every check in every state, with a wave open: only what contradicts is to be mended, and a test that is not
    /// passed is to be taken; what others have not answered yet holds nobody up.
    #[test]
    fn checks() {
        let join = NextStep::Join { wave: number(8), closes_at: AT.plus_days(4) };
        for kind in CheckKind::ALL {
            for state in CheckState::ALL {
                let step = match (*kind, *state) {
                    (_, CheckState::Confirmed) => join,
                    (CheckKind::AbilityTest, _) => NextStep::Test,
                    (_, CheckState::Refuted) => NextStep::Mend,
                    _ => join,
                };
                let (checks, open) = (with(*kind, *state), [open(false)]);
                check(&Case { checks: &checks, grant: None, joined: &[], open: &open, step });
            }
        }
    }

    /// Every state of a wave that was joined, with another one open, with that one joined as well, and with
    /// none open.
    #[test]
    fn waves() {
        use DecisionOutcome as D;
        let (wave, closes_at, results_at) = (number(7), AT.plus_days(1), AT.plus_days(3));
        let results = NextStep::AwaitResults { wave, results_at };
        let close = NextStep::AwaitClose { wave, closes_at };
        let appeal = NextStep::Appeal { wave, until: filing_ends(AT) };
        let opening = NextStep::AwaitOpening { next: Some((number(9), AT.plus_days(30))) };
        let join = NextStep::Join { wave: number(8), closes_at: AT.plus_days(4) };
        let appointed = |at| WaveState::Appointed { appointed_at: at };
        let over = AT.plus_days(-14);
        for (state, outcome, beside_open, alone) in [
            (WaveState::Draft, None, join, opening),
            (WaveState::Open { opened_at: AT }, None, join, close),
            (WaveState::Closed { closed_at: AT }, None, join, results),
            (WaveState::Frozen { frozen_at: AT }, None, results, results),
            (WaveState::Drawn { drawn_at: AT }, None, results, results),
            (appointed(AT), Some(D::NotSelected), join, opening),
            (appointed(AT), Some(D::Waitlisted), join, opening),
            (appointed(AT), Some(D::Ineligible), join, appeal),
            (appointed(AT), Some(D::HouseholdCap), join, appeal),
            (appointed(over), Some(D::Ineligible), join, opening),
            (WaveState::Settled { settled_at: AT }, Some(D::Ineligible), join, opening),
            (WaveState::Cancelled { cancelled_at: AT }, None, join, opening),
        ] {
            let (checks, joined) = (confirmed(), [joined(state, outcome)]);
            for (open, step) in [
                (&[open(false)][..], beside_open),
                (&[open(true)][..], alone),
                (&[open(true), open(false)][..], beside_open),
                (&[][..], alone),
            ] {
                check(&Case { checks: &checks, grant: None, joined: &joined, open, step });
            }
        }
        let filed = Joined { appealed: true, ..joined(appointed(AT), Some(D::Ineligible)) };
        let checks = confirmed();
        check(&Case { checks: &checks, grant: None, joined: &[filed], open: &[], step: opening });
    }

    /// Goal: nobody is asked to join, or to do anything for it, who cannot; what is final leaves nothing to be mended but
    /// for a wave that was joined, comes after what there is to wait for, and another open wave is joined. Method: every rule as a bar.
    #[test]
    fn bars() {
        let (wave, closes_at) = (number(8), AT.plus_days(4));
        let checks = with(CheckKind::AbilityTest, CheckState::NotAsked);
        let waiting = [joined(WaveState::Closed { closed_at: AT }, None)];
        let other = OpenWave { wave: number(9), ..open(false) };
        let taken_back = OpenWave { bar: Some(JoinBar::Rule(Rule::NotWithdrawn)), ..other };
        for rule in Rule::all() {
            let bar = JoinBar::Rule(rule);
            let told = NextStep::Barred { wave, bar };
            let out = OpenWave { bar: Some(bar), ..open(false) };
            let (all, grant) = (confirmed(), None);
            let test = if rule.is_final() { told } else { NextStep::Test };
            let waits = NextStep::AwaitResults { wave: number(7), results_at: AT.plus_days(3) };
            let join = NextStep::Join { wave: number(9), closes_at };
            for (checks, joined, open, step) in [
                (&all, &[][..], &[out][..], told),
                (&checks, &[], &[out], test),
                (&checks, &waiting, &[out], NextStep::Test),
                (&all, &waiting, &[out], waits),
                (&all, &[], &[out, other], join),
                (&checks, &[], &[taken_back, out], test),
            ] {
                check(&Case { checks, grant, joined, open, step });
            }
        }
    }

    /// Whoever is not registered registers, and each step is somebody's turn.
    #[test]
    fn turns() {
        assert_eq!(next_step(None, AT), NextStep::Register);
        let wave = number(6);
        let reason = RevocationReason::PurchaseDeadlineMissed;
        for (step, turn) in [
            (NextStep::Register, Turn::Person),
            (NextStep::Buy { wave, due_at: AT }, Turn::Person),
            (NextStep::Overdue { wave, due_at: AT }, Turn::Programme),
            (NextStep::AwaitOpening { next: None }, Turn::Programme),
            (NextStep::Barred { wave, bar: JoinBar::Rule(Rule::MinimumAge) }, Turn::Nobody),
            (NextStep::Lost { wave, reason }, Turn::Nobody),
        ] {
            assert_eq!(step.turn(), turn, "{step:?}");
        }
    }
}
