//! Checks of decrees, beneficiaries, household places and purchases.

use super::Invariant;

pub(super) const ALL: &[&Invariant] = &[
    &Invariant {
        name: "selected_appointed",
        what: "the selected members of an appointed wave and those of its corrections are its beneficiaries, and \
               nobody else is",
        rows: "SELECT d.person_id IS NOT NULL AND b.person_id IS NOT NULL AS ok,
                      concat_ws(' ', 'wave', coalesce(b.wave, d.wave), 'person',
                                coalesce(b.person_id, d.person_id)) AS id
               FROM (
                   SELECT wave, person_id FROM decisions
                   WHERE outcome = 'selected'
                     AND wave IN (SELECT wave FROM waves WHERE state IN ('appointed', 'settled'))
                   UNION ALL
                   SELECT wave, person_id FROM corrections
               ) d
               FULL JOIN beneficiaries b ON b.wave = d.wave AND b.person_id = d.person_id",
    },
    &Invariant {
        name: "recipients_within_applicants",
        what: "there are no more persons with a decree than persons who joined",
        rows: "SELECT (SELECT count(*) FROM (SELECT FROM beneficiaries GROUP BY person_id) b)
                          <= (SELECT count(*) FROM (SELECT FROM memberships GROUP BY person_id) m) AS ok,
                      'all regions' AS id",
    },
    &Invariant {
        name: "decrees_add_up",
        what: "every decree and its corrections name as many persons as are effective, pending and revoked together",
        rows: "SELECT c.appointments + (SELECT count(*) FROM corrections k WHERE k.wave = w.wave)
                          = coalesce(b.effective + b.pending + b.revoked, 0) AS ok,
                      concat_ws(' ', 'wave', w.wave) AS id
               FROM waves w
               LEFT JOIN decrees c ON c.wave = w.wave
               LEFT JOIN (
                   SELECT wave, count(*) FILTER (WHERE state = 'active') AS effective,
                          count(*) FILTER (WHERE state = 'appointed') AS pending,
                          count(*) FILTER (WHERE state = 'revoked') AS revoked
                   FROM beneficiaries GROUP BY wave
               ) b ON b.wave = w.wave
               WHERE w.state IN ('appointed', 'settled')",
    },
    &Invariant {
        name: "appeals_answered",
        what: "every granted appeal has its correction, every correction its granted appeal against a decision that \
               kept the person out, and every answer its approval",
        rows: "SELECT a.appeal_id IS NOT NULL
                          AND (a.answer IS NOT DISTINCT FROM 'granted') = (c.person_id IS NOT NULL)
                          AND d.outcome IN ('ineligible', 'household_cap')
                          AND (a.answer IS NULL OR EXISTS (
                              SELECT FROM approvals p
                              WHERE p.act = 'answer_appeal' AND p.subject = concat('appeal:', a.appeal_id)
                          )) AS ok,
                      concat_ws(' ', 'appeal', coalesce(a.appeal_id, c.appeal_id)) AS id
               FROM appeals a
               FULL JOIN corrections c
                   ON c.appeal_id = a.appeal_id AND c.wave = a.wave AND c.person_id = a.person_id
               LEFT JOIN decisions d ON d.wave = a.wave AND d.person_id = a.person_id",
    },
    &Invariant {
        name: "pool_not_overdrawn",
        what: "no row of the seat pool has given more seats to corrections than it has",
        rows: "SELECT corrected <= seats AS ok, concat_ws(' ', 'wave', wave, 'region', region, cause) AS id
               FROM pool_seats",
    },
    &Invariant {
        name: "grant_states",
        what: "the state of every grant agrees with its purchase and its revocation",
        rows: "SELECT CASE state
                          WHEN 'appointed' THEN activated_at IS NULL AND revoked_at IS NULL
                          WHEN 'active' THEN activated_at IS NOT NULL AND revoked_at IS NULL
                          WHEN 'revoked' THEN revoked_at IS NOT NULL
                      END AS ok,
                      concat_ws(' ', 'wave', wave, 'person', person_id) AS id
               FROM beneficiaries",
    },
    &Invariant {
        name: "deadlines_kept",
        what: "every first purchase was made before the deadline, every revocation for missing it not before it, \
               and no other before the decree",
        rows: "SELECT (activated_at IS NULL
                       OR activated_at >= appointed_at AND activated_at < purchase_due_at)
                      AND (revoked_at IS NULL OR revoked_at >= CASE revocation
                               WHEN 'purchase_deadline_missed' THEN purchase_due_at
                               ELSE appointed_at
                           END) AS ok,
                      concat_ws(' ', 'wave', wave, 'person', person_id) AS id
               FROM beneficiaries",
    },
    &Invariant {
        name: "revocations_approved",
        what: "whoever lost the place after a purchase or for cause did so by the approval of two officers",
        rows: "SELECT EXISTS (
                   SELECT FROM approvals a
                   WHERE a.act = 'revoke' AND a.subject = concat('grant:', b.wave, ':', b.person_id)
               ) AS ok,
               concat_ws(' ', 'wave', b.wave, 'person', b.person_id) AS id
               FROM beneficiaries b
               WHERE b.state = 'revoked'
                 AND (b.revocation <> 'purchase_deadline_missed' OR b.activated_at IS NOT NULL)",
    },
    &Invariant {
        name: "first_purchases",
        what: "every first order is that of a beneficiary activated at its instant, and the reverse",
        rows: "SELECT b.person_id IS NOT NULL AND b.activated_at IS NOT DISTINCT FROM o.paid_at AS ok,
                      concat_ws(' ', 'wave', coalesce(b.wave, o.wave), 'person',
                                coalesce(b.person_id, o.person_id)) AS id
               FROM beneficiaries b
               FULL JOIN (SELECT wave, person_id, paid_at FROM training_orders WHERE order_no = 1) o
                   ON o.wave = b.wave AND o.person_id = b.person_id",
    },
    &Invariant {
        name: "one_live_grant",
        what: "nobody has two live grants",
        rows: "SELECT count(*) = 1 AS ok, concat_ws(' ', 'person', person_id) AS id
               FROM beneficiaries WHERE revoked_at IS NULL GROUP BY person_id",
    },
    &Invariant {
        name: "household_places",
        what: "every live grant holds exactly one place of a family card, and no place is held without one",
        rows: "SELECT coalesce(s.places, 0) = CASE WHEN g.holds THEN 1 ELSE 0 END AS ok,
                      concat_ws(' ', 'wave', coalesce(g.wave, s.wave), 'person',
                                coalesce(g.person_id, s.person_id)) AS id
               FROM (
                   SELECT b.wave, b.person_id, b.revoked_at IS NULL OR t.revoked_keeps_place AS holds
                   FROM beneficiaries b LEFT JOIN terms t ON t.wave = b.wave
               ) g
               FULL JOIN (
                   SELECT wave, person_id, count(*) AS places FROM household_slots
                   GROUP BY wave, person_id
               ) s ON s.wave = g.wave AND s.person_id = g.person_id",
    },
    // Only grants that still hold a place are at hand, so this asks for less than the rule at the time
    // of the grant did; whoever holds a place now and had an earlier wave held it then too.
    &Invariant {
        name: "household_cap",
        what: "no family card, counted by joins, holds more grants than the policy of its latest allows",
        rows: "SELECT g.terms IS NOT NULL AND (g.household_cap IS NULL OR g.held <= g.household_cap) AS ok,
                      concat_ws(' ', 'wave', g.wave, 'person', g.person_id) AS id
               FROM (
                   SELECT b.wave, b.person_id, t.wave AS terms, t.household_cap,
                          count(*) OVER (PARTITION BY m.kk_index ORDER BY b.wave) AS held
                   FROM beneficiaries b
                   JOIN memberships m ON m.wave = b.wave AND m.person_id = b.person_id
                   LEFT JOIN terms t ON t.wave = b.wave
                   WHERE b.revoked_at IS NULL OR t.revoked_keeps_place
               ) g",
    },
    &Invariant {
        name: "household_place_numbers",
        what: "every place of a family card is numbered within the cap of the policy of its grant",
        rows: "SELECT t.wave IS NOT NULL AND s.cap IS NOT DISTINCT FROM t.household_cap
                          AND s.slot >= 1 AND (s.cap IS NULL OR s.slot <= s.cap) AS ok,
                      concat_ws(' ', 'wave', s.wave, 'person', s.person_id) AS id
               FROM household_slots s LEFT JOIN terms t ON t.wave = s.wave",
    },
];
