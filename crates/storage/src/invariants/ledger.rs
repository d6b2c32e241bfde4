//! Checks of the books. In the view `entries` a debit, which takes from an account, is positive.

use super::Invariant;

pub(super) const ALL: &[&Invariant] = &[
    &Invariant {
        name: "entries_balance",
        what: "the debits of every wave equal its credits",
        rows: "SELECT sum(amount_rupiah) = 0 AS ok, concat_ws(' ', 'wave', wave) AS id
               FROM entries GROUP BY wave",
    },
    &Invariant {
        name: "accounts_above_floor",
        what: "no account but the appropriation has given more than it got",
        rows: "SELECT sum(amount_rupiah) <= 0 AS ok,
                      concat_ws(' ', 'wave', wave, account, holder) AS id
               FROM (
                   SELECT wave, account, amount_rupiah, CASE
                              WHEN account IN ('training_balance', 'job_search_incentive',
                                               'survey_incentive') THEN person_id
                          END AS holder
                   FROM entries
                   WHERE account <> 'appropriation'
               ) e
               GROUP BY wave, account, holder",
    },
    &Invariant {
        name: "commitments_match_policy",
        what: "every beneficiary was committed the amounts of the policy, and nobody else any",
        rows: "SELECT b.person_id IS NOT NULL AND coalesce(c.training, 0) = t.training
                          AND coalesce(c.incentives, 0) = t.incentives
                          AND coalesce(c.surveys, 0) = t.surveys AS ok,
                      concat_ws(' ', 'wave', coalesce(b.wave, c.wave), 'person',
                                coalesce(b.person_id, c.person_id)) AS id
               FROM beneficiaries b
               FULL JOIN (
                   SELECT wave, person_id,
                          sum(amount_rupiah) FILTER (WHERE reason = 'training_commitment') AS training,
                          sum(amount_rupiah) FILTER (WHERE reason = 'incentive_commitment') AS incentives,
                          sum(amount_rupiah) FILTER (WHERE reason = 'survey_commitment') AS surveys
                   FROM transfers
                   WHERE reason IN ('training_commitment', 'incentive_commitment', 'survey_commitment')
                   GROUP BY wave, person_id
               ) c ON c.wave = b.wave AND c.person_id = b.person_id
               LEFT JOIN terms t ON t.wave = b.wave",
    },
    &Invariant {
        name: "decree_amounts",
        what: "every decree and its corrections state the amount that was committed under them",
        rows: "SELECT c.amount_rupiah
                          + (SELECT coalesce(sum(k.amount_rupiah), 0) FROM corrections k WHERE k.wave = c.wave)
                          = coalesce(t.committed, 0) AS ok,
                      concat_ws(' ', 'wave', c.wave) AS id
               FROM decrees c
               LEFT JOIN (
                   SELECT wave, sum(amount_rupiah) AS committed FROM transfers
                   WHERE reason IN ('training_commitment', 'incentive_commitment', 'survey_commitment')
                   GROUP BY wave
               ) t ON t.wave = c.wave",
    },
    &Invariant {
        name: "orders_posted",
        what: "every training order has its transfer of the same amount, and the reverse",
        rows: "SELECT o.price_rupiah = t.amount_rupiah AS ok,
                      concat_ws(' ', 'wave', coalesce(o.wave, t.wave), 'person',
                                coalesce(o.person_id, t.person_id), 'order',
                                coalesce(o.order_no, t.number)) AS id
               FROM training_orders o
               FULL JOIN (
                   SELECT wave, person_id, number, amount_rupiah FROM transfers WHERE reason = 'purchase'
               ) t ON t.wave = o.wave AND t.person_id = o.person_id AND t.number = o.order_no",
    },
    &Invariant {
        name: "settled_funds_empty",
        what: "nothing is left in the fund of a settled or cancelled wave",
        rows: "SELECT coalesce(e.balance, 0) = 0 AS ok, concat_ws(' ', 'wave', w.wave) AS id
               FROM waves w
               LEFT JOIN (
                   SELECT wave, sum(amount_rupiah) AS balance FROM entries WHERE account = 'programme_fund'
                   GROUP BY wave
               ) e ON e.wave = w.wave
               WHERE w.state IN ('settled', 'cancelled')",
    },
    &Invariant {
        name: "revoked_hold_nothing",
        what: "nothing is left on the accounts of a revoked grant",
        rows: "SELECT coalesce(max(abs(balance)), 0) = 0 AS ok,
                      concat_ws(' ', 'wave', wave, 'person', person_id) AS id
               FROM (
                   SELECT b.wave, b.person_id, sum(e.amount_rupiah) AS balance
                   FROM beneficiaries b
                   LEFT JOIN entries e ON e.wave = b.wave AND e.person_id = b.person_id
                       AND e.account IN ('training_balance', 'job_search_incentive', 'survey_incentive')
                   WHERE b.revoked_at IS NOT NULL
                   GROUP BY b.wave, b.person_id, e.account
               ) accounts
               GROUP BY wave, person_id",
    },
];
