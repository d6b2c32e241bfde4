//! Complaints: filed once by an account, answered by officers, read by the two sides alone.

use app::complaints::{
    ComplaintAnswer, ComplaintError, ComplaintRefusal, ListedComplaints, answer_complaint,
    close_complaint, file_complaint, list_complaints, read_own_complaint, take_complaint,
};
use app::own_page::read_notices;
use domain::client_key::ClientKey;
use domain::complaints::{
    ComplaintEvent, ComplaintState, ComplaintText, ComplaintTopic, InvalidComplaintEvent, OPEN_MAX,
    answer_due,
};
use domain::ids::{AccountId, ComplaintId};
use domain::notice::Template;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use storage::complaints::{complaint_texts_delete, complaints_waiting};
use uuid::Uuid;

use crate::claiming::account;
use crate::support::{HOUR, World};

const NAMED: &str = "Nama saya Siti Aminah, NIK saya ditolak";

fn text(words: &str) -> ComplaintText {
    ComplaintText::parse(words).unwrap()
}

async fn file(
    world: &mut World,
    account: AccountId,
    (topic, words): (ComplaintTopic, &str),
    key: &str,
    now: Timestamp,
) -> ComplaintAnswer {
    let key = ClientKey::parse(key).unwrap();
    let written = text(words);
    file_complaint(&mut world.act(now), account, (topic, &written), &key).await.unwrap()
}

async fn filed(world: &mut World, account: AccountId, key: &str, now: Timestamp) -> ComplaintId {
    match file(world, account, (ComplaintTopic::Data, NAMED), key, now).await {
        ComplaintAnswer::Filed(id) => id,
        answer => panic!("{answer:?}"),
    }
}

fn refused<T: std::fmt::Debug>(done: Result<T, ComplaintError>) -> ComplaintRefusal {
    match done {
        Err(ComplaintError::Refused(refusal)) => refusal,
        done => panic!("{done:?}"),
    }
}

/// Goal: a complaint goes through its states, each on record with nothing of its words; it is answered once, its
/// account is told, and nobody else's account reads it. Method: one complaint from filing to closing, every act sent
/// again where it is refused, and another account beside it; the whole database is searched for the words.
#[tokio::test]
async fn from_filing_to_closing() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let (siti, budi) = (account(&world, 1).await, account(&world, 2).await);
    let at = world.calendar(48).opens_at;
    let id = filed(&mut world, siti, "k", at).await;
    assert_eq!(filed(&mut world, siti, "k", at.plus_micros(1)).await, id, "the same key again");
    let other = file(&mut world, siti, (ComplaintTopic::Other, NAMED), "k", at).await;
    assert_eq!(other, ComplaintAnswer::KeyReused);

    let database = world.scratch.database().clone();
    let own = read_own_complaint(&database, &world.keys, (siti, id)).await.unwrap().unwrap();
    assert_eq!((own.row.state, own.text), (ComplaintState::Filed, Some(text(NAMED))));
    assert_eq!((own.row.due_at, own.answer), (answer_due(at), None));
    let others = read_own_complaint(&database, &world.keys, (budi, id)).await.unwrap();
    assert_eq!(others, None, "another account's complaint is none");

    let early = refused(close_complaint(&mut world.act(at), id).await);
    let event = ComplaintEvent::Close;
    let from = ComplaintState::Filed;
    assert_eq!(early, ComplaintRefusal::State(InvalidComplaintEvent { from, event }));
    let unknown = ComplaintId::from_uuid(Uuid::from_u128(7));
    let nothing = refused(take_complaint(&mut world.act(at), unknown).await);
    assert_eq!(nothing, ComplaintRefusal::Unknown(unknown));

    let read_at = at.plus_micros(HOUR);
    let read = take_complaint(&mut world.act(read_at), id).await.unwrap();
    assert_eq!((read.row.state, read.row.taken_at), (ComplaintState::InProgress, Some(read_at)));
    let again = take_complaint(&mut world.act(read_at.plus_micros(1)), id).await.unwrap();
    assert_eq!(again.row, read.row, "reading again changes nothing but the trail");

    let answer = text("Data Anda sudah kami minta diperiksa lagi.");
    answer_complaint(&mut world.act(read_at), id, &answer).await.unwrap();
    let twice = refused(answer_complaint(&mut world.act(read_at), id, &answer).await);
    assert!(matches!(twice, ComplaintRefusal::State(_)), "{twice:?}");
    let own = read_own_complaint(&database, &world.keys, (siti, id)).await.unwrap().unwrap();
    assert_eq!((own.row.state, own.answer), (ComplaintState::Answered, Some(answer)));
    let (told, has_more) = read_notices(&database, siti, 0).await.unwrap();
    assert_eq!((told.len(), told[0].parts.template), (1, Template::ComplaintAnswered));
    assert!(!has_more);
    assert_eq!(read_notices(&database, budi, 0).await.unwrap().0, []);

    close_complaint(&mut world.act(read_at), id).await.unwrap();
    let events =
        "SELECT act, to_state FROM audit_events WHERE subject LIKE 'complaint:%' ORDER BY event_id";
    let trail = world.rows(events).await;
    let acts =
        ["file,filed", "read,in_progress", "read,in_progress", "answer,answered", "close,closed"];
    let mut expected: Vec<String> = acts.iter().map(|act| format!("(complaint_{act})")).collect();
    let mut found = trail;
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let kept =
        world.number("SELECT count(*) FROM audit_events WHERE detail::text LIKE '%Siti%'").await;
    let sealed = "SELECT count(*) FROM complaint_texts WHERE position('Siti'::bytea IN sealed) > 0";
    assert_eq!((kept, world.number(sealed).await), (0, 0));
    world.assert_audit_clean().await;
}

/// Goal: an account waits for so many answers at most and may write again once one is answered; what is late is
/// counted from the very instant; the words are forgotten with nothing else lost.
#[tokio::test]
async fn limits_and_forgetting() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let (siti, budi) = (account(&world, 1).await, account(&world, 2).await);
    let at = world.calendar(48).opens_at;
    let mut ids = Vec::new();
    for number in 0..OPEN_MAX {
        ids.push(filed(&mut world, siti, &format!("k{number}"), at).await);
    }
    let wish = (ComplaintTopic::Other, NAMED);
    let before = world.contents().await;
    let full = file(&mut world, siti, wish, "more", at).await;
    assert_eq!((full, world.contents().await == before), (ComplaintAnswer::TooManyWait, true));
    let beside = filed(&mut world, budi, "k0", at).await;
    answer_complaint(&mut world.act(at), ids[0], &text("Sudah kami perbaiki.")).await.unwrap();
    let taken = file(&mut world, siti, wish, "more", at).await;
    assert!(matches!(taken, ComplaintAnswer::Filed(_)), "{taken:?}");

    let database = world.scratch.database().clone();
    let waiting = list_complaints(&database, ListedComplaints::Waiting, 10).await.unwrap();
    assert_eq!(waiting.len(), 4);
    let own = list_complaints(&database, ListedComplaints::Of(siti), 10).await.unwrap();
    assert_eq!(own.len(), 4);
    assert!(own.iter().all(|row| row.account_id == siti && row.complaint_id != beside));
    let mut tx = database.begin().await.unwrap();
    for (now, late) in [(answer_due(at).minus_micros(1), 0), (answer_due(at), 4)] {
        let counted = complaints_waiting(&mut tx, now).await.unwrap();
        assert_eq!((counted.waiting, counted.late), (4, late));
    }
    assert_eq!(complaint_texts_delete(&mut tx, siti).await.unwrap(), 5);
    tx.commit().await.unwrap();
    let read = read_own_complaint(&database, &world.keys, (siti, ids[0])).await.unwrap().unwrap();
    assert_eq!((read.text, read.answer, read.row.state), (None, None, ComplaintState::Answered));
    let read = read_own_complaint(&database, &world.keys, (budi, beside)).await.unwrap().unwrap();
    assert!(read.text.is_some(), "another account's words stay");
}
