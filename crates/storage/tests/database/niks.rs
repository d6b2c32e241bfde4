//! A NIK is stated anew only while nothing rests on it, whoever writes it.

use storage::error::StorageError;

use crate::{attempt, world};

/// Goal: the index of a NIK changes only for a person whom the population register has not confirmed, who has no grant,
/// and no join that can come into a list or had an entry in one; and never its person. Method: a person who is refuted,
/// with each of these beside her.
#[tokio::test]
async fn nothing_rests_on_it() {
    const REFUTED: &str = "INSERT INTO person_niks VALUES (pg_temp.p(502), pg_temp.p(2));
        INSERT INTO registration_checks (person_id, kind, state, answered_at)
            VALUES (pg_temp.p(2), 'population_register', 'refuted', '2020-02-01Z')";
    const UPDATE: &str =
        "UPDATE person_niks SET nik_index = pg_temp.p(503) WHERE person_id = pg_temp.p(2)";
    const APPOINTED: &str =
        "UPDATE waves SET state = 'appointed', appointed_at = '2020-02-03Z' WHERE wave = 2";
    const OPEN: &str = "UPDATE waves SET state = 'open', opened_at = '2020-02-01Z' WHERE wave = 3";
    const BACK: &str = "INSERT INTO withdrawals VALUES (3, pg_temp.p(2), '2020-02-01Z')";
    const REPLACED: &str = "UPDATE waves SET public_digest = sha256('rules') WHERE wave = 2;
        INSERT INTO public_policies VALUES (2, 'rules', sha256('rules'));
        INSERT INTO replaced_plans VALUES
            (2, 1, 1, 0, 1, 0, sha256('roll'), '2020-02-03Z', '2020-02-02Z');
        INSERT INTO judged_again VALUES (2, 1, pg_temp.p(2), NULL, 'identity')";
    const GRANTED: &str = "INSERT INTO beneficiaries
            (person_id, card_number, appointed_at, purchase_due_at, wave, region)
        VALUES (pg_temp.p(2), 8000000000000002, '2020-02-03Z', '2020-03-03Z', 2, 1571)";
    let joined = |wave: u8| {
        format!(
            "INSERT INTO memberships VALUES ('2020-02-01Z', pg_temp.p(2), pg_temp.p(900), 'man', 'none', {wave}, \
             1571, 30, decode(repeat('00', 16), 'hex'), decode(repeat('00', 8), 'hex'))"
        )
    };
    let kept_out = |wave: u8| {
        format!(
            "{}; INSERT INTO decisions (decided_at, person_id, outcome, wave, reason)
                 VALUES ('2020-02-02Z', pg_temp.p(2), 'ineligible', {wave}, 'identity')",
            joined(wave)
        )
    };
    let (_scratch, mut conn) = world().await;
    let cases: [(&str, String, bool); 12] = [
        ("refuted", String::new(), true),
        ("confirmed", "UPDATE registration_checks SET state = 'confirmed'".to_owned(), false),
        ("no check", "DELETE FROM registration_checks".to_owned(), false),
        (
            "confirmed before something else was corrected",
            "INSERT INTO person_identities VALUES (pg_temp.p(2), pg_temp.p(900), '', '', NULL);
             UPDATE person_identities SET nik_confirmed = true WHERE person_id = pg_temp.p(2)"
                .to_owned(),
            false,
        ),
        ("granted", GRANTED.to_owned(), false),
        ("joined an open wave", format!("{OPEN}; {}", joined(3)), false),
        ("took the join back", format!("{OPEN}; {}; {BACK}", joined(3)), true),
        ("kept out of a list that is not drawn", kept_out(1), false),
        ("kept out, and the wave is decreed", format!("{}; {APPOINTED}", kept_out(2)), true),
        ("in the list", format!("{}; {APPOINTED}", joined(2)), false),
        ("in a list that was replaced", format!("{}; {APPOINTED}; {REPLACED}", kept_out(2)), false),
        (
            "in the list of a wave that was cancelled",
            format!(
                "{}; UPDATE waves SET state = 'cancelled', cancelled_at = '2020-02-03Z' WHERE wave = 1",
                joined(1)
            ),
            false,
        ),
    ];
    for (what, beside, is_free) in cases {
        let refused = attempt(&mut conn, &format!("{REFUTED}; {beside}; {UPDATE}")).await;
        match refused.map(StorageError::from) {
            None => assert!(is_free, "{what}"),
            Some(StorageError::Conflict { constraint }) => {
                assert_eq!(
                    (constraint.as_str(), is_free),
                    ("person_niks_bound_check", false),
                    "{what}"
                );
            }
            Some(other) => panic!("{what}: {other:?}"),
        }
    }
    for (taken, rule) in [
        ("nik_index = pg_temp.p(500)", "person_niks_pkey"),
        ("person_id = pg_temp.p(3)", "person_niks_bound_check"),
    ] {
        let update =
            format!("{REFUTED}; UPDATE person_niks SET {taken} WHERE person_id = pg_temp.p(2)");
        let refused = attempt(&mut conn, &update).await.expect("refused");
        match StorageError::from(refused) {
            StorageError::Conflict { constraint } => assert_eq!(constraint, rule),
            other => panic!("{taken}: {other:?}"),
        }
    }
}
