//! Every table that hangs on an account or a person, and what an erasure does with its rows: a new one fails here until
//! somebody has decided.

use app::ability::begin_test;
use app::accounts::open_sessions;
use app::act::ActError;
use app::complaints::{ComplaintAnswer, answer_complaint, file_complaint};
use app::contact::begin_phone;
use app::draft::save_answers;
use app::entry::{Accepted, Opening, open_by_code};
use app::passwords::Passwords;
use app::rights::ask_erasure;
use domain::account::Password;
use domain::client_key::ClientKey;
use domain::complaints::{ComplaintText, ComplaintTopic};
use domain::draft::DraftField;
use domain::identity::{Email, Phone};
use domain::ids::{AccountId, PersonId};
use domain::reasons::Language;
use domain::rights::erased_at;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use storage::accounts::account_lock_by_email;
use storage::error::StorageError;

use crate::erasing::{member, work};
use crate::support::World;

use Fate::{Emptied, Kept, Removed};

/// What an erasure does with the rows of a table.
enum Fate {
    /// They go; which are those of account `$A` and person `$P`, with the sittings `$S`.
    Removed(&'static str),
    /// They stay; which are those of account `$A` and person `$P`, and what then holds for each.
    Emptied(&'static str, &'static str),
    /// They stay, because of this.
    Kept(&'static str),
}

const NO_NAME: &str =
    "a fact of the programme under a person's id, which names nobody once the identity is gone";
const OF_ACCOUNT: &str = "account_id = '$A'";
const OF_PERSON: &str = "person_id = '$P'";
const OF_SITTINGS: &str = "sitting_id = ANY ('{$S}')";

/// The tables, in the order of their names.
const TABLES: &[(&str, Fate)] = &[
    ("ability_answers", Removed(OF_SITTINGS)),
    ("ability_items", Removed(OF_SITTINGS)),
    ("ability_sittings", Removed(OF_PERSON)),
    ("account_contacts", Removed(OF_ACCOUNT)),
    ("account_releases", Kept("bars the account from a person whom officers took from it")),
    ("account_secrets", Removed(OF_ACCOUNT)),
    (
        "accounts",
        Emptied(
            OF_ACCOUNT,
            "person_id IS NULL AND email_confirmed_at IS NULL AND password_hash = '$argon2id$'",
        ),
    ),
    ("appeals", Kept(NO_NAME)),
    ("beneficiaries", Kept(NO_NAME)),
    ("client_keys", Removed("actor_id = '$A' OR answer = '$A'")),
    ("codes", Removed("account_id = '$A' OR owner = '$A'")),
    (
        "complaint_texts",
        Removed("complaint_id IN (SELECT complaint_id FROM complaints WHERE account_id = '$A')"),
    ),
    ("complaints", Emptied(OF_ACCOUNT, "state = 'closed'")),
    ("consents", Kept("shows what was agreed to when; under the account's id alone")),
    ("corrections", Kept(NO_NAME)),
    ("decisions", Kept(NO_NAME)),
    ("face_checks", Removed(OF_ACCOUNT)),
    ("household_slots", Kept("nobody is erased whose grant holds a place, so there is none")),
    ("judged_again", Kept(NO_NAME)),
    ("known_devices", Removed(OF_ACCOUNT)),
    (
        "member_classes",
        Kept("goes with the wave, since draw and appeals of others need it until then"),
    ),
    ("memberships", Kept(NO_NAME)),
    ("notices", Removed(OF_ACCOUNT)),
    ("person_identities", Emptied(OF_PERSON, "wrapped_key IS NULL AND sealed IS NULL")),
    ("person_niks", Kept("the number's keyed index, so that nobody is granted twice")),
    ("persons", Emptied(OF_PERSON, "district IS NULL")),
    (
        "registration_checks",
        Kept("what registers said, which decisions rest on; nobody asks again"),
    ),
    ("rights_requests", Kept("shows that the erasure was asked for and done")),
    ("roll_commitments", Kept("goes with the wave, since the published list commits to it")),
    ("sessions", Removed(OF_ACCOUNT)),
    ("statement_tries", Removed("holder_id IN ('$A', '$P')")),
    ("training_orders", Kept(NO_NAME)),
    ("transfers", Kept("the ledger")),
    ("withdrawals", Kept(NO_NAME)),
];

/// Tables with a column that can hold the id of an account or a person, and those that refer to one of them.
const HANGING: &str = "WITH RECURSIVE own AS (
         SELECT t.oid FROM pg_class t
         JOIN information_schema.columns c ON c.table_schema = 'gelombang' AND c.table_name = t.relname
         WHERE t.relnamespace = 'gelombang'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
           AND c.column_name IN ('account_id', 'person_id', 'actor_id', 'holder_id')
         UNION
         SELECT t.oid FROM own JOIN pg_constraint f ON f.contype = 'f' AND f.confrelid = own.oid
         JOIN pg_class t ON t.oid = f.conrelid AND NOT t.relispartition
     )
     SELECT relname FROM own JOIN pg_class USING (oid) ORDER BY relname::text";

/// Whose rows are counted.
struct Owner {
    account: AccountId,
    person: PersonId,
    sittings: String,
}

impl Owner {
    async fn new(world: &World, (account, person): (AccountId, PersonId)) -> Self {
        let own = format!(
            "SELECT sitting_id FROM ability_sittings WHERE person_id = '{}'",
            person.uuid()
        );
        let sittings = world.rows(&own).await.join(",").replace(['(', ')'], "");
        Self { account, person, sittings }
    }

    async fn count(&self, world: &World, table: &str, condition: &str) -> i64 {
        let condition = condition
            .replace("$A", &self.account.uuid().to_string())
            .replace("$P", &self.person.uuid().to_string())
            .replace("$S", &self.sittings);
        world.number(&format!("SELECT count(*) FROM {table} WHERE {condition}")).await
    }
}

/// Leaves rows of an account and its person in every table that is emptied.
async fn touch_everything(
    world: &mut World,
    (account, person): (AccountId, PersonId),
    at: Timestamp,
) {
    world.sit_test(person, at).await;
    let key = |text| ClientKey::parse(text).unwrap();
    let words = ComplaintText::parse("Nama saya Kutilang").unwrap();
    let about = (ComplaintTopic::Data, &words);
    for name in ["answered", "waits"] {
        let filed = file_complaint(&mut world.act(at), account, about, &key(name)).await.unwrap();
        let ComplaintAnswer::Filed(id) = filed else { panic!("{filed:?}") };
        if name == "answered" {
            answer_complaint(&mut world.act(at), id, &words).await.unwrap();
        }
    }
    let phone = Phone::parse("+6281255512345").unwrap();
    begin_phone(&mut world.act(at), account, phone).await.unwrap().unwrap();
    let [a, p] = [account.uuid(), person.uuid()];
    world
        .execute(&format!(
            "INSERT INTO account_secrets
             SELECT gen_random_uuid(), '{a}', kind, '\\x00', '\\x00', '{at}'
             FROM unnest(ARRAY['former_email', 'former_phone', 'declared', 'identity_photo', 'face_photo']) kind;
             INSERT INTO known_devices VALUES (gen_random_uuid(), '{a}', '{at}', '{at}', timestamptz '{at}' + interval '1 day');
             INSERT INTO face_checks (account_id, state) VALUES ('{a}', 'not_asked');
             INSERT INTO sessions VALUES (sha256('{a}'), '{a}', '{at}', timestamptz '{at}' + interval '1 day');
             INSERT INTO statement_tries VALUES ('{a}', 1, '{at}'), ('{p}', 1, '{at}');
             INSERT INTO account_releases (person_id, account_id, released_at, claimed_at)
             VALUES (gen_random_uuid(), '{a}', '{at}', '{at}');
             UPDATE persons SET district = region * 100 + 1 WHERE person_id = '{p}'"
        ))
        .await;
}

/// Goal: nobody adds a table that hangs on people without saying what an erasure does with it, and it does so: rows that
/// go are gone, rows that stay empty are empty, and nobody else's change. Method: the catalogue of the database beside the
/// list; two accounts that touched every table, one of them erased.
#[tokio::test]
async fn every_table() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let listed: Vec<String> = TABLES.iter().map(|(table, _)| format!("({table})")).collect();
    assert_eq!(world.rows(HANGING).await, listed, "say what an erasure does with it");

    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    let erased = member(&mut world, &passwords, ("kutilang", 3), at).await;
    let other = member(&mut world, &passwords, ("kenari", 4), at).await;
    for one in [erased, other] {
        touch_everything(&mut world, one, at).await;
    }
    ask_erasure(&mut world.act(at), erased.0).await.unwrap();
    let [erased, other] = [Owner::new(&world, erased).await, Owner::new(&world, other).await];
    let mut others = Vec::new();
    for (table, fate) in TABLES {
        if let Removed(own) | Emptied(own, _) = fate {
            assert!(erased.count(&world, table, own).await > 0, "nothing in {table} to begin with");
            others.push((table, own, other.count(&world, table, own).await));
        }
    }
    work(&mut world, erased_at(at)).await;
    for (table, fate) in TABLES {
        match fate {
            Removed(own) => {
                assert_eq!(erased.count(&world, table, own).await, 0, "left in {table}");
            }
            Emptied(own, empty) => {
                let rows = erased.count(&world, table, own).await;
                let empty = erased.count(&world, table, &format!("{own} AND {empty}")).await;
                assert_eq!((rows > 0, empty), (true, rows), "not empty in {table}");
            }
            Kept(why) => assert!(!why.is_empty()),
        }
    }
    for (table, own, before) in others {
        let after = other.count(&world, table, own).await;
        assert!(before > 0 && after == before, "another's rows in {table}: {before}, {after}");
    }
    world.assert_audit_clean().await;
}

/// Goal: nothing is left by which the address of an erased account is found. Method: one that was opened in a browser, and
/// has another address since.
#[tokio::test]
async fn former_addresses() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    let key = ClientKey::parse("open").unwrap();
    let email = Email::parse("kutilang@contoh.id").unwrap();
    let opening = Opening {
        email: email.clone(),
        password: Password::parse("kata sandi yang benar").unwrap(),
        language: Language::Indonesian,
        accepted: Accepted::both(true, true).unwrap(),
        key: &key,
    };
    open_by_code(&mut world.act(at), &passwords, opening, &|_| None).await.unwrap();
    let index = world.keys.email_index(&email);
    let mut tx = world.scratch.database().begin().await.unwrap();
    let account = account_lock_by_email(&mut tx, index).await.unwrap().unwrap().account_id;
    drop(tx);
    let moved = "UPDATE accounts SET email_index = gen_random_uuid()";
    world.execute(moved).await;
    ask_erasure(&mut world.act(at), account).await.unwrap();
    let kept = format!("SELECT count(*) FROM client_keys WHERE actor_id = '{index}'");
    assert_eq!(world.number(&kept).await, 1);
    work(&mut world, erased_at(at)).await;
    assert_eq!(world.number(&kept).await, 0);
}

/// Goal: what was under way when an account was erased leaves nothing behind. Method: each of its tables written to
/// afterwards, as the serving role does it.
#[tokio::test]
async fn nothing_comes_after() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    let (account, person) = member(&mut world, &passwords, ("kutilang", 3), at).await;
    ask_erasure(&mut world.act(at), account).await.unwrap();
    let done_at = erased_at(at);
    work(&mut world, done_at).await;
    let act = &mut world.act(done_at);
    let phone = Phone::parse("+6281255512345").unwrap();
    let late = [
        open_sessions(act, &[account]).await.map(|_| ()),
        begin_phone(act, account, phone).await.map(|_| ()),
        begin_test(act, person).await.map(|begun| assert!(begun.is_err())),
        save_answers(act, account, &[(DraftField::Name, "Kutilang")]).await.map(|_| ()),
    ];
    let refused = late.map(|done| match done {
        Err(ActError::Storage(StorageError::Conflict { constraint })) => constraint,
        other => format!("{other:?}"),
    });
    let empty = "accounts_erased_stays_empty_check";
    assert_eq!(refused, [empty, empty, "Ok(())", empty]);
    let left = "SELECT (SELECT count(*) FROM codes) + (SELECT count(*) FROM account_secrets)
                     + (SELECT count(*) FROM sessions) + (SELECT count(*) FROM ability_sittings)";
    assert_eq!(world.number(left).await, 0);
}

/// Goal: the serving role empties nobody who is not erased. Method: the functions asked for a member.
#[tokio::test]
async fn only_of_the_erased() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    let member = member(&mut world, &passwords, ("kutilang", 3), at).await;
    touch_everything(&mut world, member, at).await;
    let before = world.contents().await;
    let mut tx = world.scratch.database().begin().await.unwrap();
    for (function, id) in
        [("erase_rows_of_account", member.0.uuid()), ("erase_rows_of_person", member.1.uuid())]
    {
        let statement = format!("SELECT {function}('{id}')");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(world.contents().await, before);
}
