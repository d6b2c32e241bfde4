//! The page for those who are turned away at a rush: small, written once, and with nothing to compute.

use crate::language::Language;
use crate::routes::STYLE;

/// The page. Reading again is done by itself; what is sent is never sent by itself, and never lost without a word.
pub fn busy_page(language: Language, is_sent: bool) -> String {
    let (tag, style) = (language.tag(), &STYLE.path);
    let refresh = if is_sent { "" } else { "<meta http-equiv=\"refresh\" content=\"10\">" };
    let [title, chance, what] = match (language, is_sent) {
        (Language::Indonesian, false) => [
            "Sedang sangat ramai",
            "Waktu mendaftar tidak memengaruhi peluang Anda.",
            "Halaman ini mencoba lagi dengan sendirinya dalam beberapa detik. Yang sudah Anda simpan tetap aman.",
        ],
        (Language::Indonesian, true) => [
            "Kiriman Anda belum diterima",
            "Waktu mendaftar tidak memengaruhi peluang Anda.",
            "Saat ini sangat ramai. Tunggu beberapa detik, lalu muat ulang halaman ini untuk mengirim lagi, atau \
             kembali: isian Anda masih ada. Kiriman yang sama tidak akan tercatat dua kali.",
        ],
        (Language::English, false) => [
            "It is very busy",
            "When you register does not change your chance.",
            "This page tries again by itself in a few seconds. What you have saved is safe.",
        ],
        (Language::English, true) => [
            "What you sent has not been taken yet",
            "When you register does not change your chance.",
            "It is very busy. Wait a few seconds, then reload this page to send it again, or go back: what you typed \
             is still there. The same form is never recorded twice.",
        ],
    };
    format!(
        "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{refresh}\
         <meta name=\"robots\" content=\"noindex\"><title>{title} · Gelombang</title>\
         <link rel=\"stylesheet\" href=\"{style}\"></head><body><header><div class=\"wide\">\
         <span class=\"brand\"><b>Gelombang</b></span></div></header><main class=\"wide\"><h1>{title}</h1>\
         <p class=\"large\">{chance}</p><p>{what}</p></main></body></html>"
    )
}
