//! Questions on accounts and codes.

use super::{Both, Question, Topic};

pub(super) const QUESTIONS: &[Question] = &[
    Question {
        anchor: "buat-akun",
        topic: Topic::Account,
        question: Both { id: "Bagaimana cara membuat akun?", en: "How do I open an account?" },
        answer: Both {
            id: "Buka halaman Daftar, lalu isi alamat e-mail dan kata sandi. Kami mengirim kode untuk memastikan alamat itu milik Anda. Setelah itu Anda melengkapi data satu pertanyaan per halaman, dan boleh berhenti kapan saja.",
            en: "Open the page Register and give an e-mail address and a password. We send a code to make sure that the address is yours. After that you complete your data, one question a page, and may stop at any time.",
        },
        words: Both {
            id: "daftar registrasi mendaftar buka",
            en: "register sign up registration create",
        },
    },
    Question {
        anchor: "satu-akun",
        topic: Topic::Account,
        question: Both {
            id: "Bolehkah satu orang memiliki dua akun?",
            en: "May one person have two accounts?",
        },
        answer: Both {
            id: "Tidak. Satu NIK, satu alamat e-mail, dan satu nomor telepon hanya untuk satu akun. Akun kedua tidak menambah peluang, karena undian dihitung per orang.",
            en: "No. One NIK, one e-mail address and one phone number belong to one account. A second account gives no better chance, because the draw counts people.",
        },
        words: Both { id: "ganda dobel keluarga bersama", en: "double second shared family" },
    },
    Question {
        anchor: "kode-tidak-datang",
        topic: Topic::Account,
        question: Both {
            id: "Kode tidak datang. Apa yang harus saya lakukan?",
            en: "The code does not arrive. What should I do?",
        },
        answer: Both {
            id: "Tunggu sampai hitungan di halaman selesai, lalu minta kode lagi atau pilih saluran lain bila halaman itu menawarkannya: e-mail atau SMS. Periksa juga folder spam. Setelah lima kali meminta, Anda perlu menunggu dua jam; data yang sudah diisi tetap tersimpan.",
            en: "Wait until the timer on the page ends, then ask again or choose another channel if the page offers one: e-mail or SMS. Look in the spam folder too. After five requests you have to wait two hours; what you have filled in stays kept.",
        },
        words: Both {
            id: "otp sms whatsapp email e-mail verifikasi angka terkirim masuk",
            en: "otp sms whatsapp e-mail verification digits received come",
        },
    },
    Question {
        anchor: "kode-salah",
        topic: Topic::Account,
        question: Both { id: "Mengapa kode saya ditolak?", en: "Why is my code refused?" },
        answer: Both {
            id: "Kode berlaku beberapa menit, dan hanya kode terakhir yang dikirim yang dipakai. Minta kode baru lewat tombol di halaman yang sama, lalu ketik atau tempel semua angkanya.",
            en: "A code holds for a few minutes, and only the last one that was sent counts. Ask for a new one with the button on the same page, then type or paste all its digits.",
        },
        words: Both { id: "otp salah kedaluwarsa kadaluarsa", en: "otp wrong expired" },
    },
    Question {
        anchor: "lupa-kata-sandi",
        topic: Topic::Account,
        question: Both {
            id: "Saya lupa kata sandi. Bagaimana masuk lagi?",
            en: "I have forgotten my password. How do I get back in?",
        },
        answer: Both {
            id: "Buka halaman Masuk dan pilih Lupa kata sandi. Kami mengirim kode ke alamat e-mail Anda; dengan kode itu Anda membuat kata sandi baru. Data dan keikutsertaan Anda tidak berubah.",
            en: "Open the page Sign in and choose Forgotten password. We send a code to your e-mail address, with which you set a new password. Your data and your joins do not change.",
        },
        words: Both { id: "password sandi reset masuk login", en: "reset sign in login" },
    },
    Question {
        anchor: "ganti-telepon",
        topic: Topic::Account,
        question: Both {
            id: "Nomor telepon atau e-mail saya berubah. Bisakah diganti?",
            en: "My phone number or e-mail has changed. Can I change it?",
        },
        answer: Both {
            id: "Bisa, di halaman Akun. Kami mengirim kode ke nomor atau alamat yang baru, dan memberi tahu yang lama. Gantilah sebelum pengumuman, agar pesan hasil sampai kepada Anda.",
            en: "Yes, on the page Account. We send a code to the new number or address, and tell the old one. Change it before results are announced, so that the message reaches you.",
        },
        words: Both {
            id: "hp ponsel hilang kartu sim ganti nomor ubah",
            en: "lost sim number change mobile",
        },
    },
    Question {
        anchor: "kontak-hilang",
        topic: Topic::Account,
        question: Both {
            id: "Ponsel saya hilang atau e-mail tidak dapat dibuka. Bagaimana masuk?",
            en: "My phone is lost or I cannot open my e-mail. How do I get in?",
        },
        answer: Both {
            id: "Bila hanya salah satu yang hilang, masuklah dengan yang masih ada, lalu ganti yang hilang di halaman Akun. Di sana Anda juga dapat mengeluarkan semua perangkat. Bila keduanya hilang: di perangkat tempat Anda memasukkan kode dalam 90 hari terakhir, kata sandi saja cukup. Bila tidak ada perangkat seperti itu, pulihkan dahulu nomor lama lewat operator seluler atau e-mail lewat penyedianya. Tanpa itu kami tidak dapat memastikan bahwa Anda pemilik akun. Jangan membuat akun kedua, karena NIK Anda sudah terikat pada akun ini.",
            en: "If only one is lost, get in with the other, then change the lost one on the page Account. There you can also sign out all devices. If both are lost: on a device where you have entered a code within the last 90 days, the password alone is enough. If there is no such device, first get your old number back from the mobile operator, or the e-mail from its provider. Without that we cannot make sure that the account is yours. Do not open a second account, because your NIK already belongs to this one.",
        },
        words: Both {
            id: "hp handphone telepon nomor sim dicuri rusak akun keduanya",
            en: "mobile number sim stolen broken access both",
        },
    },
    Question {
        anchor: "akun-diblokir",
        topic: Topic::Account,
        question: Both {
            id: "Akun saya diblokir. Apa yang dapat saya lakukan?",
            en: "My account is blocked. What can I do?",
        },
        answer: Both {
            id: "Saat masuk, Anda membaca sebab pemblokiran dan sampai kapan Anda dapat berkeberatan. Kirim keberatan di halaman yang sama. Petugas yang lain dari yang memblokir akan memeriksanya.",
            en: "When you sign in, you read why it was blocked and until when you may object. Send the objection on the same page. An officer other than the one who blocked it will look at it.",
        },
        words: Both { id: "blokir banding keberatan joki", en: "blocked appeal objection banned" },
    },
];
