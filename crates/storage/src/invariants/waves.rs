//! Checks of waves: partitions, the audit trail, and the second officer.

use super::Invariant;

pub(super) const ALL: &[&Invariant] = &[
    &Invariant {
        name: "wave_partitions",
        what: "every wave has its partitions of memberships, decisions and transfers",
        rows: "SELECT EXISTS (
                   SELECT FROM pg_inherits i
                   WHERE i.inhparent = to_regclass(t.name)
                     AND i.inhrelid = to_regclass(t.name || '_' || w.wave)
               ) AS ok,
               concat(t.name, '_', w.wave) AS id
               FROM waves w CROSS JOIN (VALUES ('memberships'), ('decisions'), ('transfers')) t (name)",
    },
    &Invariant {
        name: "wave_transitions",
        what: "every state a wave has reached has its audit event of the same instant",
        rows: "SELECT EXISTS (
                   SELECT FROM audit_events e
                   WHERE e.subject = 'wave:' || w.wave AND e.to_state = s.state AND e.occurred_at = s.at
               ) AS ok,
               concat_ws(' ', 'wave', w.wave, s.state) AS id
               FROM waves w CROSS JOIN LATERAL (VALUES
                   ('open', w.opened_at), ('closed', w.closed_at), ('frozen', w.frozen_at),
                   ('drawn', w.drawn_at), ('appointed', w.appointed_at), ('settled', w.settled_at),
                   ('cancelled', w.cancelled_at)
               ) s (state, at)
               WHERE s.at IS NOT NULL",
    },
    &Invariant {
        name: "acts_approved",
        what: "every publication, quota, draw, decree and cancellation of a wave has its approval",
        rows: "SELECT EXISTS (
                   SELECT FROM approvals a WHERE a.act = s.act AND a.subject = 'wave:' || w.wave
               ) AS ok,
               concat_ws(' ', 'wave', w.wave, s.act) AS id
               FROM waves w CROSS JOIN LATERAL (VALUES
                   ('publish_calendar', true), ('publish_quota', w.frozen_at IS NOT NULL),
                   ('draw', w.drawn_at IS NOT NULL), ('appoint', w.appointed_at IS NOT NULL),
                   ('cancel', w.cancelled_at IS NOT NULL)
               ) s (act, done)
               WHERE s.done",
    },
    &Invariant {
        name: "corrections_kept",
        what: "every correction of a list has its approval, and the plan that it replaced is kept",
        rows: "SELECT (SELECT count(*) FROM replaced_plans p WHERE p.wave = w.wave AND p.plan <= w.corrections)
                          = w.corrections
                          AND (SELECT count(*) FROM approvals a
                               WHERE a.act = 'correct_roll' AND starts_with(a.subject, concat('plan:', w.wave, ':')))
                          = w.corrections AS ok,
                      concat_ws(' ', 'wave', w.wave) AS id
               FROM waves w",
    },
    &Invariant {
        name: "approvals_by_two",
        what: "every approval names two different officers who exist",
        rows: "SELECT a.prepared_by <> a.approved_by AND p.officer_id IS NOT NULL
                          AND q.officer_id IS NOT NULL AS ok,
                      concat_ws(' ', a.subject, a.act) AS id
               FROM approvals a
               LEFT JOIN officers p ON p.officer_id = a.prepared_by
               LEFT JOIN officers q ON q.officer_id = a.approved_by",
    },
];
