//! The next step in words: what to do, until when, and whose turn it is.

use domain::eligibility::Rule;
use domain::next_step::{NextStep, Turn};
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use web::Language;
use web::format::date_time;

use super::days::days_left;
use super::join::goes_on;
use super::{last_minute, wave_path};
use crate::texts::texts;
use crate::visitor::Visitor;

texts! {
    /// What the panel says; `{n}` is a wave, `{t}` an instant.
    StepTexts {
        register: "Lengkapi pendaftaran Anda", "Complete your registration";
        register_what: "Anda belum terdaftar. Isian yang sudah disimpan tetap ada, juga bila Anda pindah ke perangkat lain.", "You are not registered yet. What you have saved is kept, also if you change to another device.";
        register_do: "Lanjutkan pendaftaran", "Continue registering";
        mend: "Ada data yang perlu diperbaiki", "Something needs to be put right";
        mend_what: "Satu pemeriksaan tidak cocok dengan yang Anda isi. Selama belum diperbaiki, Anda tidak ikut diundi.", "One check does not agree with what you stated. Until that is put right, you are not in the draw.";
        mend_do: "Lihat pemeriksaan", "See the checks";
        test: "Kerjakan tes kemampuan dasar", "Take the basic ability test";
        test_what: "Tes perlu selesai sebelum gelombang ditutup. Nilainya tidak memengaruhi undian.", "The test has to be done before the wave closes. The score does not change the draw.";
        test_do: "Buka tes", "Open the test";
        join: "Gelombang {n} sedang dibuka", "Wave {n} is open";
        join_what: "Anda dapat gabung sampai {t}. Gabung lebih awal tidak menambah peluang.", "You can join until {t}. Joining early does not raise your chance.";
        join_do: "Gabung Gelombang {n}", "Join wave {n}";
        appeal: "Anda tidak ikut diundi pada Gelombang {n}", "You were not in the draw of wave {n}";
        appeal_what: "Bila alasannya keliru, Anda dapat mengajukan keberatan sampai {t}.", "If the reason is wrong, you can appeal until {t}.";
        appeal_do: "Lihat alasannya", "See the reason";
        close: "Anda ikut Gelombang {n}", "You have joined wave {n}";
        close_what: "Tidak ada yang perlu Anda lakukan. Gelombang ditutup {t}; sesudah itu undian dilakukan.", "There is nothing for you to do. The wave closes on {t}; the draw comes after that.";
        results: "Tunggu hasil Gelombang {n}", "Wait for the results of wave {n}";
        results_what: "Tidak ada yang perlu Anda lakukan. Hasilnya diumumkan di halaman ini dan dikirim ke e-mail Anda.", "There is nothing for you to do. The result is announced on this page and sent to your e-mail.";
        see_wave: "Lihat gelombang ini", "See this wave";
        barred: "Anda belum dapat ikut Gelombang {n}", "You cannot join wave {n} yet";
        barred_wave: "Anda tidak dapat ikut Gelombang {n}", "You cannot join wave {n}";
        barred_final: "Anda tidak dapat ikut gelombang", "You cannot join waves";
        opening: "Belum ada gelombang yang dibuka", "No wave is open yet";
        opening_at: "Gelombang {n} dibuka pada", "Wave {n} opens on";
        opening_what: "Data Anda sudah lengkap. Anda tidak perlu datang tepat pada jam pembukaan: waktu gabung tidak memengaruhi peluang.", "Your data are complete. You need not come at the very hour of opening: when you join does not change your chance.";
        opening_unknown: "Jadwal gelombang berikutnya belum ditetapkan. Tanggalnya akan tampil di halaman ini.", "The next wave has no date yet. It will stand on this page.";
        buy: "Beli pelatihan pertama Anda", "Buy your first training";
        buy_what: "Anda terpilih pada Gelombang {n}. Bila sampai batas waktu belum ada pembelian, tempat Anda dialihkan kepada orang lain dan Anda tidak dapat ikut lagi.", "You were selected in wave {n}. If nothing is bought by the deadline, your place goes to someone else and you cannot take part again.";
        buy_how: "Cara membeli pelatihan pertama", "How to buy the first training";
        buy_until: "Batas waktu: {t}.", "Deadline: {t}.";
        overdue: "Batas waktu pembelian sudah lewat", "The deadline has passed";
        overdue_what: "Batas waktu Gelombang {n} berakhir {t}, dan belum ada pembelian yang tercatat. Tempat Anda akan dialihkan. Bila Anda sudah membeli, kirim pengaduan.", "The deadline of wave {n} ended on {t}, and no purchase is on record. Your place will go to someone else. If you did buy, send a complaint.";
        learn: "Ikuti pelatihan Anda", "Follow your training";
        learn_what: "Pembelian pertama Anda dari Gelombang {n} sudah tercatat. Selesaikan pelatihan itu di tempat Anda membelinya.", "Your first purchase of wave {n} is on record. Finish the training where you bought it.";
        lost: "Kepesertaan Anda dicabut", "You have lost your place";
        lost_what: "Akun Anda tetap ada, dan riwayat di bawah ini tetap dapat dibaca. Bila pencabutan itu keliru, kirim pengaduan; kami menjawab dalam lima hari kerja.", "Your account stays, and you can still read what happened below. If this is wrong, send a complaint; we answer within five working days.";
        complain: "Kirim pengaduan", "Send a complaint";
        yours: "Giliran Anda", "Your turn";
        ours: "Giliran kami", "Our turn";
        nobodys: "Selesai", "Over";
    }
}

/// The panel of the next step.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    /// Class of the panel: its colour, beside its words.
    pub(crate) tone: &'static str,
    /// Whose turn it is.
    pub(crate) turn: &'static str,
    /// What to do.
    pub(crate) title: String,
    /// What stands in large.
    pub(crate) large: Option<String>,
    /// More about it.
    pub(crate) what: Vec<String>,
    /// Where to do it: address and words.
    pub(crate) action: Option<(String, String)>,
    /// Where to read how: address and words.
    pub(crate) help: Option<(String, String)>,
}

/// A step in words.
pub(crate) fn panel(step: NextStep, now: Timestamp, visitor: &Visitor) -> Panel {
    let texts = StepTexts::of(visitor.language);
    let language = visitor.language;
    let wave_link = |wave| visitor.link(&wave_path(wave));
    let plain = |title: String, what: String| Panel {
        tone: "",
        turn: turn(step, texts),
        title,
        large: None,
        what: vec![what],
        action: None,
        help: None,
    };
    let does = |panel: Panel, path: &str, words: &str| Panel {
        action: Some((visitor.link(path), words.to_owned())),
        ..panel
    };
    match step {
        NextStep::Register => does(
            plain(texts.register.to_owned(), texts.register_what.to_owned()),
            "/pendaftaran",
            texts.register_do,
        ),
        NextStep::Mend => Panel {
            tone: "bad",
            ..does(
                plain(texts.mend.to_owned(), texts.mend_what.to_owned()),
                "/pendaftaran/pemeriksaan",
                texts.mend_do,
            )
        },
        NextStep::Test => {
            does(plain(texts.test.to_owned(), texts.test_what.to_owned()), "/tes", texts.test_do)
        }
        NextStep::Join { wave, closes_at } => {
            let what = texts.join_what.replace("{t}", &last_minute(closes_at, language));
            let path = format!("{}/ikut", wave_path(wave));
            does(plain(of(texts.join, wave), what), &path, &of(texts.join_do, wave))
        }
        NextStep::Appeal { wave, until } => {
            let what = texts.appeal_what.replace("{t}", &last_minute(until, language));
            Panel {
                tone: "waits",
                ..does(plain(of(texts.appeal, wave), what), &wave_path(wave), texts.appeal_do)
            }
        }
        NextStep::AwaitClose { wave, closes_at } => {
            let what = texts.close_what.replace("{t}", &last_minute(closes_at, language));
            does(plain(of(texts.close, wave), what), &wave_path(wave), texts.see_wave)
        }
        NextStep::AwaitResults { wave, results_at } => Panel {
            large: Some(date_time(results_at, language)),
            ..does(
                plain(of(texts.results, wave), texts.results_what.to_owned()),
                &wave_path(wave),
                texts.see_wave,
            )
        },
        NextStep::Barred { wave, bar } => {
            let why = bar.sentence(language.of_sentences());
            let (path, words) = goes_on(bar.rule(), language);
            does(plain(barred_title(wave, bar.rule(), language), why), path, words)
        }
        NextStep::AwaitOpening { next: None } => {
            plain(texts.opening.to_owned(), texts.opening_unknown.to_owned())
        }
        NextStep::AwaitOpening { next: Some((wave, opens_at)) } => {
            let when = format!("{} {}.", of(texts.opening_at, wave), date_time(opens_at, language));
            let mut panel = plain(texts.opening.to_owned(), when);
            panel.what.push(texts.opening_what.to_owned());
            panel
        }
        NextStep::Buy { wave, due_at } => Panel {
            tone: "waits",
            large: Some(days_left(due_at, now, language)),
            what: vec![
                texts.buy_until.replace("{t}", &last_minute(due_at, language)),
                of(texts.buy_what, wave),
            ],
            action: Some((wave_link(wave), texts.see_wave.to_owned())),
            help: Some((
                format!("{}#cara-membeli", language.help_path()),
                texts.buy_how.to_owned(),
            )),
            ..plain(texts.buy.to_owned(), String::new())
        },
        NextStep::Overdue { wave, due_at } => {
            let what = of(texts.overdue_what, wave).replace("{t}", &last_minute(due_at, language));
            let panel = plain(texts.overdue.to_owned(), what);
            Panel { tone: "bad", ..does(panel, "/akun/pengaduan/baru", texts.complain) }
        }
        NextStep::Learn { wave } => {
            Panel { tone: "good", ..plain(texts.learn.to_owned(), of(texts.learn_what, wave)) }
        }
        NextStep::Lost { reason, .. } => {
            let why = reason.sentence(language.of_sentences()).to_owned();
            let mut panel = plain(texts.lost.to_owned(), why);
            panel.what.push(texts.lost_what.to_owned());
            Panel { tone: "bad", ..does(panel, "/akun/pengaduan/baru", texts.complain) }
        }
    }
}

/// The heading of a wave that nobody can join before it opens.
pub(super) fn not_yet_title(wave: WaveNumber, language: Language) -> String {
    of(StepTexts::of(language).barred, wave)
}

/// The heading of whoever cannot join a wave: what is final is never called so for now.
pub(super) fn barred_title(wave: WaveNumber, rule: Rule, language: Language) -> String {
    let texts = StepTexts::of(language);
    match rule {
        rule if rule.is_final() => texts.barred_final.to_owned(),
        Rule::WaveOpen | Rule::NotWithdrawn => of(texts.barred_wave, wave),
        _ => not_yet_title(wave, language),
    }
}

const fn turn(step: NextStep, texts: &'static StepTexts) -> &'static str {
    match step.turn() {
        Turn::Person => texts.yours,
        Turn::Programme => texts.ours,
        Turn::Nobody => texts.nobodys,
    }
}

/// A text with its wave.
fn of(text: &str, wave: WaveNumber) -> String {
    text.replace("{n}", &wave.to_string())
}
