//! Checks of joins, rolls, decisions and draws.

use super::Invariant;

pub(super) const ALL: &[&Invariant] = &[
    &Invariant {
        name: "joins_once",
        what: "nobody joined a wave twice",
        rows: "SELECT count(*) = 1 AS ok, concat_ws(' ', 'wave', wave, 'person', person_id) AS id
               FROM memberships GROUP BY wave, person_id",
    },
    &Invariant {
        name: "joins_within_opening",
        what: "every join was made while its wave was open by the calendar",
        rows: "SELECT m.joined_at >= w.opens_at AND m.joined_at < w.closes_at AS ok,
                      concat_ws(' ', 'wave', m.wave, 'person', m.person_id) AS id
               FROM memberships m LEFT JOIN waves w ON w.wave = m.wave",
    },
    &Invariant {
        name: "joins_of_allowed_age",
        what: "every member's age is within the limits of the wave's policy",
        rows: "SELECT m.age >= t.min_age AND (t.max_age IS NULL OR m.age <= t.max_age) AS ok,
                      concat_ws(' ', 'wave', m.wave, 'person', m.person_id) AS id
               FROM memberships m LEFT JOIN terms t ON t.wave = m.wave",
    },
    &Invariant {
        name: "rolls_complete",
        what: "every frozen roll has as many entries as the wave has members who neither withdrew nor are ineligible",
        rows: "SELECT r.entries = coalesce(m.members, 0) - coalesce(d.ineligible, 0) AS ok,
                      concat_ws(' ', 'wave', w.wave) AS id
               FROM waves w
               LEFT JOIN rolls r ON r.wave = w.wave
               LEFT JOIN (
                   SELECT m.wave, count(*) - count(x.person_id) AS members
                   FROM memberships m
                   LEFT JOIN withdrawals x ON x.wave = m.wave AND x.person_id = m.person_id
                   GROUP BY m.wave
               ) m ON m.wave = w.wave
               LEFT JOIN (
                   SELECT wave, count(*) AS ineligible FROM decisions WHERE outcome = 'ineligible'
                   GROUP BY wave
               ) d ON d.wave = w.wave
               WHERE w.state IN ('frozen', 'drawn', 'appointed', 'settled')",
    },
    &Invariant {
        name: "members_decided",
        what: "every member of a drawn wave has a decision, or withdrew and has none",
        rows: "SELECT (d.person_id IS NOT NULL) <> (x.person_id IS NOT NULL) AS ok,
                      concat_ws(' ', 'wave', m.wave, 'person', m.person_id) AS id
               FROM memberships m
               LEFT JOIN decisions d ON d.wave = m.wave AND d.person_id = m.person_id
               LEFT JOIN withdrawals x ON x.wave = m.wave AND x.person_id = m.person_id
               WHERE m.wave IN (
                   SELECT wave FROM waves WHERE state IN ('drawn', 'appointed', 'settled'))",
    },
    &Invariant {
        name: "decisions_of_members",
        what: "every decision is about a member of its wave",
        rows: "SELECT m.person_id IS NOT NULL AS ok,
                      concat_ws(' ', 'wave', d.wave, 'person', d.person_id) AS id
               FROM decisions d LEFT JOIN memberships m ON m.wave = d.wave AND m.person_id = d.person_id",
    },
    &Invariant {
        name: "withdrawals_of_members",
        what: "every withdrawal takes back a join, while its wave was open",
        rows: "SELECT x.withdrawn_at >= m.joined_at AND x.withdrawn_at < w.closes_at AS ok,
                      concat_ws(' ', 'wave', x.wave, 'person', x.person_id) AS id
               FROM withdrawals x
               LEFT JOIN memberships m ON m.wave = x.wave AND m.person_id = x.person_id
               LEFT JOIN waves w ON w.wave = x.wave",
    },
    &Invariant {
        name: "decisions_once",
        what: "nobody has two decisions in a wave",
        rows: "SELECT count(*) = 1 AS ok, concat_ws(' ', 'wave', wave, 'person', person_id) AS id
               FROM decisions GROUP BY wave, person_id",
    },
    &Invariant {
        name: "draws_counted",
        what: "every drawn wave has a draw that states the number of its selected decisions",
        rows: "SELECT r.selected = coalesce(d.selected, 0) AS ok, concat_ws(' ', 'wave', w.wave) AS id
               FROM waves w
               LEFT JOIN draws r ON r.wave = w.wave
               LEFT JOIN (
                   SELECT wave, count(*) AS selected FROM decisions WHERE outcome = 'selected'
                   GROUP BY wave
               ) d ON d.wave = w.wave
               WHERE w.state IN ('drawn', 'appointed', 'settled')",
    },
    &Invariant {
        name: "digests_chained",
        what: "every draw names the digest of its roll, and every decree that of its draw",
        rows: "SELECT d.roll_digest = r.digest
                          AND (c.wave IS NULL OR c.result_digest = d.result_digest) AS ok,
                      concat_ws(' ', 'wave', d.wave) AS id
               FROM draws d
               LEFT JOIN rolls r ON r.wave = d.wave
               LEFT JOIN decrees c ON c.wave = d.wave",
    },
];
