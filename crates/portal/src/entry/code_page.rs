//! The page that asks for a code, and says what to do if none comes.

use app::codes::{CodeRefusal, CodeView, NotSent, SendAnswer};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::codes::CodePurpose;
use domain::notice::Channel;
use domain::policy::Named as _;
use domain::time::Timestamp;
use web::format::date_time;
use web::{Frame, Language};

use super::sent::went_to;
use crate::assets::COUNTDOWN;
use crate::fault::Fault;
use crate::field::{Control, Field, Line};
use crate::form::{CODE, Form};
use crate::page::{Hidden, page_with};
use crate::question::QuestionTexts;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::Visitor;

/// Name of the button that asks for a new one; its value is the way.
const AGAIN: &str = "ulang";

texts! {
    /// What the pages say; `{at}` is an instant, `{n}` a number.
    CodeTexts {
        code: "Kode 6 angka", "6-digit code";
        hint: "Misalnya 123456", "Such as 123456";
        shape: "Tulis kode yang terdiri dari 6 angka", "Write the code of 6 digits";
        wrong: "Kode tidak cocok. Sisa percobaan: {n}", "That is not the code. Tries left: {n}";
        no_code: "Kode ini sudah tidak berlaku. Minta kode baru di bawah", "This code is no longer valid. Ask for a new one below";
        locked: "Terlalu banyak percobaan. Anda dapat meminta kode baru pada {at}.", "Too many tries. You can ask for a new code on {at}.";
        sent_to: "Kode dikirim ke {to}.", "The code went to {to}.";
        written: "Alamat yang Anda tulis: {to}.", "The address you wrote: {to}.";
        title: "Kode tidak datang?", "No code?";
        wait: "Pesan dapat datang satu atau dua menit kemudian.", "A message can take a minute or two.";
        spam: "Periksa folder spam atau promosi di e-mail Anda.", "Look into the spam or promotions folder of your e-mail.";
        signal: "Periksa apakah ponsel Anda mendapat sinyal dan nomornya benar.", "Check that your phone has a signal and that the number is right.";
        last: "Hanya kode terakhir yang diterima, selama 10 menit.", "Only the last code is taken, for 10 minutes.";
        next: "Kode baru dapat diminta pada {at}.", "You can ask for a new code on {at}.";
        left: "Sisa waktu:", "Time left:";
        too_soon: "Kode baru belum dapat dikirim. Kode terakhir masih berlaku.", "A new code cannot be sent yet. The last one is still valid.";
        by_email: "Kirim kode baru lewat e-mail", "Send a new code by e-mail";
        by_sms: "Kirim kode baru lewat SMS", "Send a new code by text message";
        safe: "Sampai saat itu kami tidak mengirim dan tidak menerima kode, supaya tidak ada yang dapat menebaknya. Yang sudah Anda simpan tetap aman, dan menunggu tidak mengubah peluang Anda.", "Until then we send no code and take none, so that nobody can guess one. What you have saved is safe, and waiting does not change your chance.";
        meanwhile: "Sementara itu", "Meanwhile";
        steps_meanwhile: "Kerjakan langkah pendaftaran yang lain lebih dahulu.", "Do the other steps of your registration first.";
        steps: "Daftar langkah", "List of steps";
        contacts_meanwhile: "Kontak Anda yang lama tetap berlaku. Periksa apakah kontak baru itu Anda tulis dengan benar.", "Your present contacts stay valid. Check that you wrote the new one as it should be.";
        contacts: "Kontak saya", "My contacts";
        address_meanwhile: "Periksa apakah alamat e-mail itu benar. Bila salah tulis, buka akun dengan alamat yang benar sekarang juga.", "Check that the e-mail address is right. If it was mistyped, open an account with the right one now.";
        open: "Buka akun", "Open an account";
        device_meanwhile: "Di perangkat yang pernah Anda pakai, Anda tetap dapat masuk tanpa kode. Gelombang yang dibuka dan tanggalnya dapat dibaca siapa saja.", "On a device that you have used before you can still sign in without a code. Anybody can read which waves are open, and their dates.";
        waves: "Lihat gelombang", "See the waves";
        password_meanwhile: "Bila Anda ingat kata sandi Anda, Anda tetap dapat masuk. Tautan di e-mail kami yang terakhir juga tetap berlaku, tanpa kode.", "If you remember your password, you can still sign in. The link in our last e-mail is valid too, without a code.";
        sign_in: "Masuk", "Sign in";
        to_phone: "Kode lewat SMS dikirim ke nomor telepon akun, bila sudah dipastikan.", "A code by text message goes to the phone number of the account, if it is confirmed.";
    }
}

/// A page that asks for a code.
pub(crate) struct CodeQuestion<'a> {
    /// The heading.
    pub(crate) title: &'a str,
    /// Where the code went.
    pub(crate) lead: [&'a str; 2],
    /// Fields below the code.
    pub(crate) fields: Vec<Field>,
    /// The button.
    pub(crate) submit: &'a str,
    /// Where the page before stands.
    pub(crate) back: &'a str,
    /// What the code is for.
    pub(crate) purpose: CodePurpose,
}

#[derive(Debug, Template)]
#[template(path = "code.html")]
struct CodePage {
    frame: Frame,
    texts: &'static QuestionTexts,
    words: &'static CodeTexts,
    hidden: Hidden,
    back: String,
    title: String,
    lead: String,
    sent_to: Option<String>,
    fields: Vec<Field>,
    faults: Vec<(String, String)>,
    submit: String,
    is_early: bool,
    locked: Option<String>,
    /// What can be done until then, and where.
    meanwhile: (&'static str, String, &'static str),
    help: Vec<&'static str>,
    next: Option<(String, [i64; 2])>,
    again: Vec<(&'static str, &'static str)>,
    again_name: &'static str,
    script: &'static str,
}

/// What to do where codes are tried no more: words, address, words of the link.
fn meanwhile(visitor: &Visitor, words: &'static CodeTexts) -> (&'static str, String, &'static str) {
    let (what, path, link) = match &*visitor.path {
        "/pendaftaran/telepon/kode" => (words.steps_meanwhile, "/pendaftaran", words.steps),
        "/daftar/kode" => (words.address_meanwhile, "/daftar", words.open),
        "/lupa-sandi/kode" => (words.password_meanwhile, "/masuk", words.sign_in),
        "/masuk/kode" => {
            let waves = visitor.language.waves_path().to_owned();
            return (words.device_meanwhile, waves, words.waves);
        }
        _ => (words.contacts_meanwhile, "/akun/kontak", words.contacts),
    };
    (what, visitor.link(path), link)
}

/// Where a code went; about a forgotten password nobody is told whether one did.
const fn sent_to(words: &CodeTexts, purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::ResetPassword => words.written,
        CodePurpose::ConfirmEmail
        | CodePurpose::SignIn
        | CodePurpose::ConfirmPhone
        | CodePurpose::ChangeEmail
        | CodePurpose::ChangePhone => words.sent_to,
    }
}

/// The button of a way.
const fn again_words(texts: &'static CodeTexts, channel: Channel) -> &'static str {
    match channel {
        Channel::Email => texts.by_email,
        Channel::Sms => texts.by_sms,
    }
}

impl CodeQuestion<'_> {
    /// The page as the codes stand.
    pub(crate) fn show(
        self,
        (portal, visitor): (&Portal, &Visitor),
        view: &CodeView,
        (fault, is_early): (Option<String>, bool),
    ) -> Result<Response, Fault> {
        let words = CodeTexts::of(visitor.language);
        let texts = QuestionTexts::of(visitor.language);
        let now = portal.service.clock.now();
        let code = Field::new(CODE, words.code, Control::Line(Line::CODE)).hint(words.hint);
        let fields: Vec<Field> = [code.fault(fault)].into_iter().chain(self.fields).collect();
        let faults: Vec<(String, String)> = fields
            .iter()
            .filter_map(|field| Some((field.first_id(), field.fault.clone()?)))
            .collect();
        let is_right = faults.is_empty() || view.locked_until.is_some();
        let status = if is_right { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let mut frame = visitor.frame(self.title);
        if !is_right {
            frame.title = format!("{} {}", texts.fault, frame.title);
        }
        let at = |at: Timestamp| date_time(next_minute(at), visitor.language);
        let [by_email, by_sms] = self.lead;
        let (lead, help) = match view.channel {
            Channel::Email => (by_email, [words.wait, words.spam, words.last]),
            Channel::Sms => (by_sms, [words.wait, words.signal, words.last]),
        };
        let more = view.other.map(|_| words.to_phone);
        let seconds = |at: Timestamp| [at.unix_seconds(), now.unix_seconds()];
        let again = [Some(view.channel), view.other].into_iter().flatten();
        let page = CodePage {
            frame,
            texts,
            words,
            hidden: Hidden::new(portal, visitor),
            back: visitor.link(self.back),
            title: self.title.to_owned(),
            lead: lead.to_owned(),
            sent_to: went_to(visitor, self.purpose, view.channel)
                .map(|to| sent_to(words, self.purpose).replace("{to}", &to)),
            fields,
            faults,
            submit: self.submit.to_owned(),
            is_early,
            locked: view.locked_until.map(|until| words.locked.replace("{at}", &at(until))),
            meanwhile: meanwhile(visitor, words),
            help: help.into_iter().chain(more).collect(),
            next: view.next_at.map(|next| (words.next.replace("{at}", &at(next)), seconds(next))),
            again: again.map(|way| (way.name(), again_words(words, way))).collect(),
            again_name: AGAIN,
            script: &COUNTDOWN.path,
        };
        page_with(status, &page)
    }
}

/// The first full minute from an instant on, since pages tell no seconds.
pub(crate) const fn next_minute(at: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60_000_000;
    at.plus_micros(at.micros().wrapping_neg().rem_euclid(MINUTE))
}

/// What is wrong with a code.
pub(crate) fn code_fault(refusal: CodeRefusal, language: Language) -> String {
    let words = CodeTexts::of(language);
    match refusal {
        CodeRefusal::Wrong { left } => words.wrong.replace("{n}", &left.to_string()),
        CodeRefusal::NoCode => words.no_code.to_owned(),
        CodeRefusal::Locked { until } => {
            words.locked.replace("{at}", &date_time(next_minute(until), language))
        }
    }
}

/// What is wrong with a text that is no code.
pub(crate) fn shape_fault(language: Language) -> String {
    CodeTexts::of(language).shape.to_owned()
}

/// The way on which a new code is asked for, if the form asks for one.
pub(crate) fn asks_again(form: &Form) -> Option<Channel> {
    Channel::from_name(form.text(AGAIN))
}

/// True if a new code was asked for too early.
pub(crate) const fn is_early(answer: SendAnswer) -> bool {
    match answer {
        SendAnswer::Elsewhere { .. } | SendAnswer::Not(NotSent::TooSoon { .. }) => true,
        SendAnswer::Sent | SendAnswer::Not(NotSent::Waits { .. }) => false,
    }
}
