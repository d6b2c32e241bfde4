//! What goes wrong, as a page that says what to do, or as a way to where it goes on.

use std::time::Duration;

use app::accounts::AccountError;
use app::act::ActError;
use app::passwords::HashError;
use askama::Template;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use web::Frame;

use crate::page::page_with;
use crate::texts::texts;
use crate::visitor::Visitor;

/// Why a page cannot be shown.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Nobody is signed in, or the session is over.
    NotSignedIn,
    /// The account has no person yet.
    NotRegistered,
    /// The page is to be read in the other language.
    Switched,
    /// The form has no token of this visit: another site sent it, or it is very old.
    Forged,
    /// The body is too large.
    TooLarge,
    /// A file that was on its way did not get here.
    Stalled,
    /// The address or session asks too often; how long to wait.
    TooManyRequests(Duration),
    /// So many come at this moment that this one was turned away.
    Busy,
    /// There is nothing at this address for whoever asks.
    NoPage,
    /// The database is away, or took too long.
    Unavailable,
    /// Something of ours broke; the log has it.
    Internal,
}

texts! {
    /// What the pages of faults say.
    FaultTexts {
        forged_title: "Halaman ini sudah terlalu lama terbuka", "This page has been open too long";
        forged_what: "Demi keamanan, isian dari halaman yang sudah lama tidak diterima. Belum ada yang berubah.", "For your safety, a form from an old page is not taken. Nothing has changed.";
        forged_remedy: "Buka halaman itu lagi, lalu kirim dari sana.", "Open that page anew, and send it from there.";
        large_title: "Kiriman terlalu besar", "What you sent is too large";
        large_what: "Server tidak menerima kiriman sebesar itu. Belum ada yang berubah.", "The server does not take that much at once. Nothing has changed.";
        large_remedy: "Foto diterima paling besar 6 MB: pilih ukuran yang lebih kecil di pengaturan kamera, ambil foto lagi, lalu kirim. Bila yang dikirim tulisan, singkatkan dahulu.", "A photo may have 6 MB at most: choose a smaller size in the settings of your camera, take the photo again, and send it. If you sent words, shorten them first.";
        stalled_title: "Foto belum sampai", "The photo has not arrived";
        stalled_what: "Sambungan terlalu lambat atau terputus saat foto dikirim. Foto masih ada di ponsel Anda.", "The connection was too slow or broke while the photo was being sent. The photo is still on your phone.";
        stalled_remedy: "Cari tempat dengan sinyal yang lebih baik, kembali ke halaman sebelumnya, lalu kirim lagi.", "Find a place with a better signal, go back to the page before, and send it again.";
        many_title: "Terlalu banyak permintaan", "Too many requests";
        many_what: "Banyak permintaan datang dari jaringan Anda dalam waktu singkat. Isian Anda yang sudah tersimpan tetap aman.", "Many requests came from your network within a short time. What you have saved is safe.";
        many_remedy: "Tunggu beberapa detik, lalu muat ulang halaman ini.", "Wait a few seconds, then reload this page.";
        busy_title: "Sedang sangat ramai", "It is very busy";
        busy_what: "Banyak orang datang pada saat yang sama. Waktu mendaftar tidak memengaruhi peluang Anda.", "Many people come at the same moment. When you register does not change your chance.";
        busy_remedy: "Coba lagi dalam beberapa detik.", "Try again in a few seconds.";
        none_title: "Halaman tidak ditemukan", "Page not found";
        none_what: "Tidak ada halaman di alamat ini.", "There is no page at this address.";
        none_remedy: "Periksa alamatnya, atau mulai dari akun Anda.", "Check the address, or start from your account.";
        away_title: "Layanan sedang tidak tersedia", "The service is away for a moment";
        away_what: "Permintaan ini belum dapat diterima. Yang sudah kami terima tetap tersimpan.", "This request could not be taken. What we have taken before is safe.";
        away_remedy: "Coba lagi dalam satu menit. Waktu mendaftar tidak memengaruhi peluang Anda.", "Try again in a minute. When you register does not change your chance.";
        internal_title: "Ada kesalahan pada layanan kami", "Something of ours went wrong";
        internal_what: "Permintaan ini tidak selesai dan tidak mengubah apa pun. Kesalahannya tercatat.", "This request was not done and has changed nothing. The error is on record.";
        internal_remedy: "Coba lagi. Bila tetap terjadi, sampaikan nomor di bawah ini kepada kami.", "Try again. If it happens again, tell us the number below.";
        number: "Nomor permintaan:", "Request number:";
        again: "Buka halaman itu lagi", "Open that page anew";
        account: "Akun saya", "My account";
    }
}

#[derive(Debug, Template)]
#[template(path = "trouble.html")]
struct FaultPage {
    frame: Frame,
    texts: &'static FaultTexts,
    what: &'static str,
    remedy: &'static str,
    /// Id of the request, where somebody may have to look it up.
    number: Option<String>,
    /// The page that the form stands on.
    again: Option<String>,
    account: String,
}

impl Fault {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn | Self::NotRegistered | Self::Switched => StatusCode::SEE_OTHER,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoPage => StatusCode::NOT_FOUND,
            // Not 408, after which a browser may send the same once more by itself.
            Self::Stalled | Self::Busy | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Title, what happened, what to do.
    const fn words(&self, texts: &'static FaultTexts) -> [&'static str; 3] {
        match self {
            Self::Forged => [texts.forged_title, texts.forged_what, texts.forged_remedy],
            Self::TooLarge => [texts.large_title, texts.large_what, texts.large_remedy],
            Self::Stalled => [texts.stalled_title, texts.stalled_what, texts.stalled_remedy],
            Self::TooManyRequests(_) => [texts.many_title, texts.many_what, texts.many_remedy],
            Self::Busy => [texts.busy_title, texts.busy_what, texts.busy_remedy],
            Self::NoPage => [texts.none_title, texts.none_what, texts.none_remedy],
            Self::Unavailable => [texts.away_title, texts.away_what, texts.away_remedy],
            // The first three are redirects and never shown.
            Self::NotSignedIn | Self::NotRegistered | Self::Switched | Self::Internal => {
                [texts.internal_title, texts.internal_what, texts.internal_remedy]
            }
        }
    }

    /// Seconds after which to come back.
    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests(wait) => Some(wait.as_secs().saturating_add(1)),
            Self::Busy | Self::Unavailable => Some(5),
            Self::NotSignedIn
            | Self::NotRegistered
            | Self::Switched
            | Self::Forged
            | Self::TooLarge
            | Self::Stalled
            | Self::NoPage
            | Self::Internal => None,
        }
    }
}

/// The page of a fault, or the way to the page that helps.
pub(crate) fn render(fault: &Fault, visitor: &Visitor) -> Response {
    match fault {
        // The guard leads back from there.
        Fault::NotSignedIn => return visitor.go("/masuk"),
        Fault::NotRegistered => return visitor.go("/akun"),
        Fault::Switched => return Redirect::to(&visitor.own_address()).into_response(),
        _ => {}
    }
    let texts = FaultTexts::of(visitor.language);
    let [title, what, remedy] = fault.words(texts);
    let number = matches!(fault, Fault::Internal).then(|| visitor.request_id.to_string());
    let (frame, account) = (visitor.frame(title), visitor.link("/akun"));
    let is_of_form = matches!(fault, Fault::Forged | Fault::TooLarge | Fault::Stalled);
    let again = is_of_form.then(|| visitor.link(visitor.page()));
    let page = FaultPage { frame, texts, what, remedy, number, again, account };
    let mut response = page_with(fault.status(), &page)
        .unwrap_or_else(|_| (fault.status(), title).into_response());
    if let Some(after) = fault.retry_after_s() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after));
    }
    response
}

impl IntoResponse for Fault {
    /// The guard writes it out, which knows the language.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ActError> for Fault {
    /// The chain of causes is logged here, once.
    fn from(error: ActError) -> Self {
        // Anybody may write any number into an address.
        if matches!(error, ActError::UnknownWave(_)) {
            return Self::NoPage;
        }
        let is_away = error.is_database_away();
        let causes = causes(&error);
        if is_away {
            tracing::warn!(error = causes, "the database is away");
            Self::Unavailable
        } else {
            tracing::error!(error = causes, "an act failed");
            Self::Internal
        }
    }
}

impl From<AccountError> for Fault {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Act(error) => error.into(),
            AccountError::Hash(HashError::Busy) => Self::Busy,
            AccountError::Hash(error @ HashError::Failed) => {
                tracing::error!(%error, "cannot hash a password");
                Self::Internal
            }
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line
}
