//! Files of persons, joins and purchases: good, bad, twice, and interrupted.

use std::cell::Cell;
use std::path::PathBuf;

use app::import::{
    ImportJob, ImportOutcome, ImportRefusal, ImportResult, Kind, Mode, Progress, import_file,
    survey_file,
};
use app::register::Registration;
use domain::ids::PersonId;
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tempfile::TempDir;

use crate::support::{HOUR, World, applicant, applicants, wave};

const HEADER: &str =
    "nik,family_card,name,born_on,phone,email,sex,education,employment,region,disability";

/// A world with one open wave, and a folder for files.
struct Desk {
    world: World,
    folder: TempDir,
    now: Timestamp,
    seed: Cell<u64>,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new(48, &[(WaveKind::Regular, 20)]).await;
        let now = world.calendar(48).opens_at.plus_micros(2 * HOUR);
        Self { world, folder: tempfile::tempdir().unwrap(), now, seed: Cell::new(0) }
    }

    fn report(&self) -> PathBuf {
        self.folder.path().join("report.csv")
    }

    /// Imports these bytes.
    async fn import(
        &mut self,
        kind: Kind,
        mode: Mode,
        bytes: &[u8],
    ) -> Result<ImportOutcome, ImportRefusal> {
        self.import_watched(kind, mode, bytes, &|_| {}).await
    }

    async fn import_watched(
        &mut self,
        kind: Kind,
        mode: Mode,
        bytes: &[u8],
        progress: &dyn Fn(Progress),
    ) -> Result<ImportOutcome, ImportRefusal> {
        let path = self.folder.path().join("file.csv");
        std::fs::write(&path, bytes).unwrap();
        let survey = survey_file(&path, kind)?;
        let report = self.report();
        let _ = std::fs::remove_file(&report);
        let seed = &self.seed;
        let job = ImportJob {
            database: self.world.scratch.database(),
            keys: &self.world.keys,
            policies: &self.world.reference.policies,
            now: self.now,
            actor: "test",
            rng: &|| {
                seed.set(seed.get() + 1);
                Box::new(ChaCha8Rng::seed_from_u64(seed.get()))
            },
            survey: &survey,
            kind,
            mode,
            report: &report,
            progress,
        };
        import_file(&job).await
    }

    /// Refuses a file and demands that nothing changed; gives the message.
    async fn refuse(&mut self, kind: Kind, bytes: &[u8]) -> String {
        let before = self.world.contents().await;
        let refusal = self.import(kind, Mode::SkipBad, bytes).await.unwrap_err();
        assert_eq!(self.world.contents().await, before, "{refusal}");
        refusal.to_string()
    }

    /// Imports a file with bad rows in every mode that writes nothing, demands that nothing changed, and
    /// gives the lines of the report.
    async fn refuse_rows(&mut self, kind: Kind, text: &str) -> Vec<String> {
        let before = self.world.contents().await;
        let checked = self.import(kind, Mode::CheckOnly, text.as_bytes()).await.unwrap();
        assert!(matches!(&checked, ImportOutcome::Checked(result) if result.counts.bad > 0));
        let outcome = self.import(kind, Mode::AllOrNothing, text.as_bytes()).await.unwrap();
        assert!(matches!(&outcome, ImportOutcome::Refused(result) if result.counts.bad > 0));
        assert_eq!(self.world.contents().await, before, "{outcome:?}");
        let report = std::fs::read_to_string(self.report()).unwrap();
        report.lines().skip(1).map(str::to_owned).collect()
    }
}

/// The person of this number as a row of a file.
fn row(number: u32) -> String {
    let Registration { identity, sex, education, employment, region, disability, .. } =
        applicant(number);
    let digits = |digits: &[u8; 16]| String::from_utf8(digits.to_vec()).unwrap();
    format!(
        "{},{},{},{},{},{},{},{},{},{region},{disability}",
        digits(identity.nik.expose()),
        digits(identity.family_card.expose()),
        identity.name.expose(),
        identity.born_on,
        identity.phone.expose(),
        identity.email.expose(),
        sex.name(),
        education.name(),
        employment.name(),
    )
}

fn file(numbers: impl IntoIterator<Item = u32>) -> String {
    numbers.into_iter().fold(format!("{HEADER}\n"), |text, number| text + &row(number) + "\n")
}

fn result(outcome: ImportOutcome) -> ImportResult {
    match outcome {
        ImportOutcome::Imported(result) => result,
        other => panic!("{other:?}"),
    }
}

/// Goal: a file comes in once, whatever its order of columns, its mark and line ends; a second import and a
/// file that repeats its rows change nothing. Method: import, compare all tables, import again.
#[tokio::test]
async fn persons_come_in_once() {
    let mut desk = Desk::new().await;
    let text = format!("\u{feff}{}", file(1..=3)).replace('\n', "\r\n");
    let dry = desk.import(Kind::Persons, Mode::CheckOnly, text.as_bytes()).await.unwrap();
    assert!(matches!(&dry, ImportOutcome::Checked(result) if result.counts.done == 3), "{dry:?}");
    assert_eq!(desk.world.number("SELECT count(*) FROM imports").await, 0);
    assert_eq!(desk.world.number("SELECT count(*) FROM persons").await, 0);

    let imported = desk.import(Kind::Persons, Mode::AllOrNothing, text.as_bytes()).await.unwrap();
    let imported = result(imported);
    assert_eq!((imported.counts.read, imported.counts.done, imported.report), (3, 3, None));
    let contents = desk.world.contents().await;
    let again = desk.import(Kind::Persons, Mode::AllOrNothing, text.as_bytes()).await.unwrap();
    assert!(
        matches!(again, ImportOutcome::Before { finished_at, counts }
            if finished_at == desk.now && counts == imported.counts),
        "{again:?}"
    );
    assert_eq!(desk.world.contents().await, contents);
    assert_eq!(desk.world.number("SELECT count(*) FROM import_chunks").await, 0);

    let more = result(
        desk.import(Kind::Persons, Mode::AllOrNothing, file(2..=4).as_bytes()).await.unwrap(),
    );
    assert_eq!((more.counts.done, more.counts.known), (1, 2));
    assert_eq!(desk.world.number("SELECT count(*) FROM persons").await, 4);
    let facts = "SELECT sex, education, employment, region, birth_year, disability, registered_at = (SELECT min(started_at) FROM imports) FROM persons ORDER BY region, sex";
    let expected = [
        "(woman,senior_high,job_seeker,1501,1990,f,t)",
        "(man,senior_high,job_seeker,1571,1990,f,t)",
        "(woman,senior_high,job_seeker,1571,1990,f,t)",
        "(man,senior_high,job_seeker,1572,1990,f,t)",
    ];
    assert_eq!(desk.world.rows(facts).await, expected);
    let events = "SELECT count(*) FROM audit_events WHERE request_id LIKE 'import:%'";
    assert_eq!(desk.world.number(events).await, 4);
}

/// Goal: whoever gives an id keeps it. Method: the person's own id comes out, another's is refused.
#[tokio::test]
async fn clients_ids_are_kept() {
    let mut desk = Desk::new().await;
    let id = applicant(7).person_id.uuid();
    let with = |rows: &[(String, u32)]| {
        rows.iter().fold(format!("person_id,{HEADER}\n"), |text, (id, number)| {
            text + &format!("{id},{}\n", row(*number))
        })
    };
    let text = with(&[(id.to_string(), 7), (String::new(), 8)]);
    let imported = desk.import(Kind::Persons, Mode::AllOrNothing, text.as_bytes()).await.unwrap();
    assert_eq!(result(imported).counts.done, 2);
    let known = format!("SELECT count(*) FROM persons WHERE person_id = '{id}'");
    assert_eq!(desk.world.number(&known).await, 1);
    let other = applicant(9).person_id.uuid();
    let text = with(&[
        (id.to_string(), 9),
        (other.to_string(), 10),
        (other.to_string(), 11),
        ("x".to_owned(), 12),
        (other.to_string(), 8),
    ]);
    let report = desk.refuse_rows(Kind::Persons, &text).await;
    let expected = [
        "1,2,person_id,id_taken,",
        "3,4,person_id,repeated,says the same as row 2",
        "4,5,person_id,uuid,must be a UUID",
        "5,6,nik,nik_taken,",
        "5,6,person_id,repeated,says the same as row 2",
    ];
    assert_starts(&report, &expected);
}

fn assert_starts(report: &[String], expected: &[&str]) {
    assert_eq!(report.len(), expected.len(), "{report:#?}");
    for (line, start) in report.iter().zip(expected) {
        assert!(line.trim_matches('"').starts_with(start), "{line} for {start}");
    }
}

/// Goal: every bad cell is reported with row, line, column, rule and text, never with what it says, and
/// nothing is imported; with leave, the others are. Method: a file with each fault once.
#[tokio::test]
async fn bad_cells_are_all_reported() {
    let mut desk = Desk::new().await;
    desk.world.register(&applicants([20])).await;
    let good = row(1);
    let bad = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let rows = [
        good.clone(),
        bad("1571010101900001", "157101010190000"),
        bad("1571010101900001", "").replacen("1571019999900001", "x", 1),
        bad("Kenari Kuning", "\"Kenari\nKuning\""),
        bad("1990-01-01", "01-01-1990"),
        bad("1990-01-01", "2090-01-01"),
        bad("+6281255512345", "081255512345"),
        bad("kenari@contoh.id", "kenari"),
        bad("woman", "Siti"),
        bad("senior_high", "sma"),
        bad("job_seeker", ""),
        bad("15.71", "1571010101900001"),
        bad("15.71", "15.99"),
        bad(",false", ",no"),
        bad(",false", ""),
        bad(",false", ",false,,,,"),
        bad("Kenari", "Ken\"ari"),
        good.clone(),
        row(20),
        row(21).replacen("1571010101900021", "0000000000000000", 1).replacen("Kenari", "K3nari", 1),
        row(22).replacen("1571019999900022", "1571010101900022", 1),
    ];
    let text = format!("{HEADER}\n{}", rows.join("\n"));
    let report = desk.refuse_rows(Kind::Persons, &text).await;
    let expected = [
        "2,3,nik,nik,\"must have 16 digits, has 15 characters",
        "3,4,family_card,family_card,\"must have digits only",
        "3,4,nik,nik,\"must have 16 digits, has 0",
        "4,5,name,name,must not contain control characters",
        "5,7,born_on,date,",
        "6,8,born_on,birth_date,",
        "7,9,phone,phone,must be an Indonesian number",
        "8,10,email,email,must be an e-mail address",
        "9,11,sex,choice,\"must be one of man, woman",
        "10,12,education,choice,",
        "11,13,employment,choice,",
        "12,14,region,region,must be the code",
        "13,15,nik,repeated,says the same as row 1;",
        "13,15,region,not_a_regency,choose the kabupaten/kota",
        "14,16,disability,truth,",
        "15,17,,cells,\"has 10 cells, the header has 11",
        "16,18,,cells,\"has 15 cells, the header has 11",
        "17,19,,quote,",
        "18,20,nik,repeated,says the same as row 1;",
        "19,21,nik,nik_taken,\"this NIK is registered already",
        "20,22,name,name,\"must have letters",
        "20,22,nik,nik,\"must begin with the number of a kecamatan",
        "21,23,family_card,family_card_is_nik,",
    ];
    assert_starts(&report, &expected);
    let said = report.concat();
    for personal in ["15710101", "Kenari", "812555", "kenari", "1990", "Siti"] {
        assert!(!said.contains(personal), "{personal} in {said}");
    }
    let imported = desk.import(Kind::Persons, Mode::SkipBad, text.as_bytes()).await.unwrap();
    let imported = result(imported);
    assert_eq!((imported.counts.done, imported.counts.bad, imported.bad_cells), (1, 20, 23));
    assert!(desk.report().exists());
    assert_eq!(desk.world.number("SELECT count(*) FROM persons").await, 2);
    let again = desk.import(Kind::Persons, Mode::SkipBad, text.as_bytes()).await.unwrap();
    assert!(matches!(again, ImportOutcome::Before { counts, .. } if counts == imported.counts));
}

/// Goal: what is no table of persons in UTF-8 is refused with line, byte and advice, and changes nothing.
/// Method: one file a fault.
#[tokio::test]
async fn other_files_are_refused() {
    let mut desk = Desk::new().await;
    let good = file(1..=2);
    let with = |bytes: &[u8]| [good.as_bytes(), bytes].concat();
    let at = good.len();
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: Vec<(Vec<u8>, Vec<String>)> = vec![
        (with(b"Ren\xe9,x\n"), vec![format!("byte {} on line 4", at + 3), "CSV UTF-8".into()]),
        (with(b"a\0b"), vec![format!("byte {} on line 4 is NUL", at + 1), "CSV UTF-8".into()]),
        ([b"\xff\xfe".as_slice(), &utf16].concat(), vec!["UTF-16".into(), "CSV UTF-8".into()]),
        (utf16.clone(), vec!["byte 1 on line 1 is NUL".into(), "UTF-16".into()]),
        (b"PK\x03\x04workbook".to_vec(), vec!["packed".into(), "unpack".into()]),
        (Vec::new(), vec!["no rows".into()]),
        (format!("{HEADER}\n").into_bytes(), vec!["no rows".into()]),
        (with(b"\"open\nx,y\n"), vec!["quote opened on line 4 is not closed".into()]),
        (with(&vec![b'x'; 70_000]), vec!["line 4 is longer than 65536 bytes".into()]),
        (good.replacen("nik,", "nik,colour,", 1).into(), vec!["`colour` is unknown".into()]),
        (good.replacen("nik,", "", 1).into(), vec!["`nik` is missing".into()]),
        (good.replacen("nik,", "nik,nik,", 1).into(), vec!["`nik` stands twice".into()]),
        (good.replace(',', ";").into(), vec!["separated by commas".into()]),
        (",".repeat(60_000).into(), vec!["60001 columns".into(), "at most 64".into()]),
        (good.lines().skip(1).collect::<Vec<_>>().join("\n").into(), vec!["names none".into()]),
    ];
    for (bytes, words) in cases {
        let said = desk.refuse(Kind::Persons, &bytes).await;
        for word in words {
            assert!(said.contains(&word), "no `{word}` in {said}");
        }
        assert!(!said.contains("15710101"), "{said}");
    }
}

/// Goal: a bomb of bad rows ends early and leaves nothing. Method: more rows than faults are kept.
#[tokio::test]
async fn bombs_are_refused() {
    let mut desk = Desk::new().await;
    let bomb = format!("{HEADER}\n{}", "\n".repeat(1_100_000));
    let said = desk.refuse(Kind::Persons, bomb.as_bytes()).await;
    assert!(said.contains("more than 1000000 bad cells"), "{said}");
    assert!(said.contains("nothing was imported"), "{said}");
}

/// Goal: joins name persons by id or NIK; each rule that refuses is reported, and joining again is known.
/// Method: good and bad joins of an open wave.
#[tokio::test]
async fn joins_are_judged() {
    let mut desk = Desk::new().await;
    let mut people = applicants(1..=4);
    people[3].identity.born_on = people[3].identity.born_on.replace_year(2010).unwrap();
    desk.world.register(&people).await;
    desk.world.open_with(48, &people[..1]).await;
    let opens_at = desk.world.calendar(48).opens_at;
    let line = |number: u32, at: Timestamp| {
        let nik = applicant(number).identity.nik;
        format!("{},{at}\n", String::from_utf8(nik.expose().to_vec()).unwrap())
    };
    let during = opens_at.plus_micros(HOUR);
    let kind = Kind::Joins(wave(48));
    let bad = [
        "nik,joined_at\n".to_owned(),
        line(1, during),
        line(2, during),
        line(2, during),
        line(3, opens_at.minus_micros(1)),
        line(4, during),
        line(5, during),
        "1,2\n".to_owned(),
    ];
    let report = desk.refuse_rows(kind, &bad.concat()).await;
    let expected = [
        "3,4,,repeated,",
        "4,5,,wave_open,",
        "5,6,,minimum_age,",
        "6,7,nik,registered,",
        "7,8,joined_at,instant,",
        "7,8,nik,nik,",
    ];
    assert_starts(&report, &expected);
    let imported = result(desk.import(kind, Mode::SkipBad, bad.concat().as_bytes()).await.unwrap());
    assert_eq!((imported.counts.done, imported.counts.known, imported.counts.bad), (1, 1, 5));

    let by_id = format!("joined_at,person_id\n{during},{}\n", people[2].person_id.uuid());
    let imported = result(desk.import(kind, Mode::AllOrNothing, by_id.as_bytes()).await.unwrap());
    assert_eq!(imported.counts.done, 1);
    assert_eq!(desk.world.number("SELECT count(*) FROM memberships").await, 3);
    let stranger =
        format!("joined_at,person_id\n{during},{}\n", PersonId::at(during, [7; 10]).uuid());
    assert_starts(&desk.refuse_rows(kind, &stranger).await, &["1,2,,registered,"]);
    let none = desk.refuse(Kind::Joins(wave(60)), by_id.as_bytes()).await;
    assert!(none.contains("there is no"), "{none}");

    desk.world.close(48).await.unwrap();
    let late = format!("joined_at,person_id\n{during},{}\n\n", people[3].person_id.uuid());
    let report = desk.refuse_rows(kind, &late).await;
    assert_starts(&report, &["1,2,,wave_open,", "2,3,,cells,"]);
}

/// Goal: purchases are recorded once, each refusal is reported. Method: beneficiaries of a decree, before
/// and after it.
#[tokio::test]
async fn purchases_are_judged() {
    let mut desk = Desk::new().await;
    let people = applicants(1..=4);
    desk.world.register(&people).await;
    desk.world.open_with(48, &people[..3]).await;
    let kind = Kind::Purchases(wave(48));
    let paid_at = desk.world.calendar(48).results_at.plus_micros(HOUR);
    let line = |at: usize, price: &str, paid_at: Timestamp| {
        format!("{},{price},{paid_at}\n", people[at].person_id.uuid())
    };
    let header = "person_id,price_rupiah,paid_at\n";
    let early = desk.refuse(kind, (header.to_owned() + &line(0, "1000", paid_at)).as_bytes()).await;
    assert!(early.contains("cannot"), "{early}");
    desk.world.grant(48).await;
    desk.now = paid_at.plus_micros(HOUR);
    let due = desk.world.due(48);
    let bad = [
        header.to_owned(),
        line(0, "1000", paid_at),
        line(0, "1000", paid_at),
        line(1, "99000000", paid_at),
        line(1, "1.000", paid_at),
        line(2, "1000", desk.now.plus_micros(1)),
        line(3, "1000", paid_at),
    ];
    let report = desk.refuse_rows(kind, &bad.concat()).await;
    let expected = [
        "2,3,,repeated,",
        "3,4,price_rupiah,price,",
        "4,5,price_rupiah,amount,",
        "5,6,paid_at,future,",
        "6,7,,no_grant,",
    ];
    assert_starts(&report, &expected);
    let imported = result(desk.import(kind, Mode::SkipBad, bad.concat().as_bytes()).await.unwrap());
    assert_eq!((imported.counts.done, imported.counts.bad), (1, 5));
    assert_eq!(desk.world.number("SELECT count(*) FROM training_orders").await, 1);
    let again = header.to_owned() + &line(0, "2000", paid_at);
    assert_starts(&desk.refuse_rows(kind, &again).await, &["1,2,,already_active,"]);
    desk.now = due.plus_micros(1);
    let late = header.to_owned() + &line(1, "1000", due);
    assert_starts(&desk.refuse_rows(kind, &late).await, &["1,2,paid_at,deadline_passed,"]);
    assert!(desk.world.instant(48, WaveEvent::Settle) == due);
}

/// Goal: an import that is stopped between any two chunks goes on, and ends with what an undisturbed one
/// has. Method: drop it after each chunk of both phases in turn, look for what was staged in clear, go on.
#[tokio::test]
async fn a_stopped_import_goes_on() {
    let rows = 20_000;
    let text = file(1..=rows);
    let (mut undisturbed, mut desk) = (Desk::new().await, Desk::new().await);
    let whole = undisturbed.import(Kind::Persons, Mode::AllOrNothing, text.as_bytes()).await;
    assert_eq!(result(whole.unwrap()).counts.done, u64::from(rows));

    let staged = "SELECT count(*) FROM import_chunks";
    let mut most_staged = 0;
    let mut stops = 0;
    loop {
        let stop = tokio::sync::Notify::new();
        let watch = |_: Progress| stop.notify_one();
        let work = desk.import_watched(Kind::Persons, Mode::AllOrNothing, text.as_bytes(), &watch);
        tokio::select! {
            biased;
            () = stop.notified() => stops += 1,
            done = work => {
                assert_eq!(result(done.unwrap()).counts.done, u64::from(rows));
                break;
            }
        }
        let held = desk.world.number(staged).await;
        most_staged = most_staged.max(held);
        assert!(desk.world.number("SELECT count(*) FROM import_chunks c JOIN imports i USING (import_id) WHERE c.applied AND i.state = 'staging'").await == 0);
        if held == 3 {
            look_for_people(&desk.world).await;
        }
    }
    assert!(stops >= 5 && most_staged == 3, "{stops} stops, {most_staged} chunks");
    let facts = "SELECT md5(string_agg(p::text, '|' ORDER BY p.person_id)) FROM
                 (SELECT person_id, registered_at, sex, education, region FROM persons) p";
    assert_eq!(desk.world.rows(facts).await, undisturbed.world.rows(facts).await);
    assert_eq!(desk.world.number("SELECT count(*) FROM person_niks").await, i64::from(rows));
}

/// Nothing of a person stands in clear in what was staged, as text or as bytes.
async fn look_for_people(world: &World) {
    let mut stored = world.rows("SELECT * FROM imports").await.concat();
    stored += &world.rows("SELECT * FROM import_faults").await.concat();
    let chunks =
        world.rows("SELECT encode(sealed, 'hex'), keys[1:9], lines[1:9] FROM import_chunks").await;
    stored += &chunks.concat();
    assert!(stored.len() > 1_000_000, "the chunks are looked at");
    for text in ["15710101019", "15710199999", "Kenari", "812555", "kenari@"] {
        let hex = text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert!(!stored.contains(text) && !stored.contains(&hex), "{text}");
    }
}
