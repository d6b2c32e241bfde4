//! How many wait, who of them is called, and how fast.

use super::ticket::Place;

/// Overload that lasts as long opens the room; a moment of it is what the queues are for.
const TIGHT_SECONDS: i64 = 2;
/// Calm for as long, with nobody left to call, closes it.
const CALM_SECONDS: i64 = 30;
/// Those who come within as many seconds are one group, in random order. The first group is called when it is
/// complete: whoever waits for the opening has the same place as all others who did, whatever their line.
const GROUP_SECONDS: i64 = 10;
/// People called in a second: at least, first, and at most.
const RATE_MIN: u64 = 5;
const RATE_FIRST: u64 = 50;
const RATE_MAX: u64 = 2_000;
/// Seconds that are caught up when nobody has asked for a while.
const CATCH_UP_SECONDS: i64 = 5;

/// Who waits.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// Since when; `None` while the room is closed.
    opened_s: Option<i64>,
    /// People in each group, in the order of the groups.
    groups: Vec<u64>,
    /// People called, counted from the first.
    called: u64,
    rate: u64,
    ticked_s: i64,
    tight_since_s: Option<i64>,
    calm_since_s: Option<i64>,
}

/// Where somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// People before them.
    pub(super) before: u64,
    /// Seconds until they are called, at the present rate.
    pub(super) seconds: u64,
}

impl Crowd {
    /// True while people have to wait.
    pub(super) const fn is_open(&self) -> bool {
        self.opened_s.is_some()
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, now_s: i64, is_tight: bool) {
        let passed = now_s - self.ticked_s;
        if passed <= 0 {
            return;
        }
        self.ticked_s = now_s;
        if is_tight {
            self.tight_since_s.get_or_insert(now_s);
            self.calm_since_s = None;
        } else {
            self.calm_since_s.get_or_insert(now_s);
            self.tight_since_s = None;
        }
        match self.opened_s {
            None => {
                let is_lasting =
                    self.tight_since_s.is_some_and(|since| now_s - since >= TIGHT_SECONDS);
                if is_lasting {
                    *self = Self {
                        opened_s: Some(now_s),
                        rate: RATE_FIRST,
                        ticked_s: now_s,
                        tight_since_s: self.tight_since_s,
                        ..Self::default()
                    };
                }
            }
            Some(opened_s) => {
                if now_s - opened_s >= GROUP_SECONDS {
                    self.call(passed.min(CATCH_UP_SECONDS).unsigned_abs(), is_tight);
                }
                let is_calm = self.calm_since_s.is_some_and(|since| now_s - since >= CALM_SECONDS);
                if is_calm && self.called >= self.total() {
                    *self = Self { ticked_s: now_s, ..Self::default() };
                }
            }
        }
    }

    /// Fewer when those inside are too many, more when they are not.
    fn call(&mut self, seconds: u64, is_tight: bool) {
        self.rate = if is_tight {
            (self.rate * 4 / 5).max(RATE_MIN)
        } else {
            (self.rate + self.rate.div_ceil(8)).min(RATE_MAX)
        };
        self.called = (self.called + self.rate * seconds).min(self.total());
    }

    /// Puts somebody into the group of now.
    pub(super) fn add(&mut self, now_s: i64, random: u32) -> Place {
        let opened_s = self.opened_s.unwrap_or(now_s);
        let group = usize::try_from((now_s - opened_s) / GROUP_SECONDS).unwrap_or_default();
        if self.groups.len() <= group {
            self.groups.resize(group + 1, 0);
        }
        if let Some(people) = self.groups.get_mut(group) {
            *people += 1;
        }
        Place { opened_s, group: group as u64, random }
    }

    /// Where somebody stands; `None` once they are called. A place of an earlier opening of the room is called: whoever
    /// has it has waited.
    pub(super) fn standing(&self, place: Place) -> Option<Standing> {
        if self.opened_s != Some(place.opened_s) {
            return None;
        }
        let group = usize::try_from(place.group).ok()?;
        let own = self.groups.get(group)?;
        let earlier: u64 = self.groups.iter().take(group).sum();
        // A random number stands for a random place, however many come to the group after it.
        let within = (u128::from(place.random) * u128::from(*own)) >> 32;
        let at = earlier + u64::try_from(within).unwrap_or_default();
        (at >= self.called).then(|| {
            let before = at - self.called;
            Standing { before, seconds: before / self.rate.max(1) + 1 }
        })
    }

    fn total(&self) -> u64 {
        self.groups.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Crowd {
        let mut crowd = Crowd::default();
        for now_s in 100..103 {
            assert!(!crowd.is_open());
            crowd.tick(now_s, true);
        }
        assert!(crowd.is_open());
        crowd
    }

    /// A moment of overload opens nothing; lasting overload does; and lasting calm closes it once all are called.
    #[test]
    fn opens_and_closes() {
        let mut crowd = Crowd::default();
        for now_s in 100..200 {
            crowd.tick(now_s, now_s % 2 == 0);
        }
        assert!(!crowd.is_open());
        let mut crowd = opened();
        for _ in 0..100 {
            crowd.add(102, 7);
        }
        for now_s in 103..150 {
            crowd.tick(now_s, false);
        }
        assert!(!crowd.is_open());
    }

    /// Those who wait for the opening have random places, those of a later group stand behind all of them, and nobody
    /// is called before the first group is complete.
    #[test]
    fn random_within_a_group() {
        let mut crowd = opened();
        let late_but_lucky = {
            let early: Vec<Place> = (0..99).map(|_| crowd.add(102, u32::MAX / 2)).collect();
            let late = crowd.add(111, 0);
            assert!(
                crowd.standing(late).unwrap().before < crowd.standing(early[0]).unwrap().before
            );
            late
        };
        let second = crowd.add(112, 0);
        assert_eq!(crowd.standing(second).unwrap().before, 100);
        for now_s in 103..112 {
            crowd.tick(now_s, false);
        }
        assert!(crowd.standing(late_but_lucky).is_some(), "called too early");
        crowd.tick(112, false);
        assert_eq!(crowd.standing(late_but_lucky), None);
        assert!(crowd.standing(second).is_some());
    }

    /// The rate follows what is served, within its bounds, and only those who are there are called.
    #[test]
    fn rate_follows_load() {
        let mut crowd = opened();
        for _ in 0..1_000_000 {
            crowd.add(102, 1);
        }
        for now_s in 112..200 {
            crowd.tick(now_s, true);
        }
        assert_eq!(crowd.rate, RATE_MIN);
        for now_s in 200..300 {
            crowd.tick(now_s, false);
        }
        assert_eq!(crowd.rate, RATE_MAX);
        let called = crowd.called;
        crowd.tick(100_000, false);
        assert_eq!(crowd.called, called + RATE_MAX * 5);
    }

    /// A place of another opening holds nobody back.
    #[test]
    fn other_opening() {
        let crowd = opened();
        assert_eq!(crowd.standing(Place { opened_s: 1, group: 9, random: 9 }), None);
    }
}
