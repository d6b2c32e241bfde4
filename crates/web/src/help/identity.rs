//! Questions on identity, photos and the test.

use super::{Both, Question, Topic};

pub(super) const QUESTIONS: &[Question] = &[
    Question {
        anchor: "nik-tidak-cocok",
        topic: Topic::Identity,
        question: Both {
            id: "NIK atau KK saya tidak cocok. Apa sebabnya?",
            en: "My NIK or KK does not match. Why?",
        },
        answer: Both {
            id: "Data Anda kami tanyakan ke data kependudukan (Dukcapil). Halaman memberi tahu bagian mana yang tidak cocok: NIK, nomor KK, nama, atau tanggal lahir. Periksa lagi pada KTP dan KK. Bila sudah benar, minta Dukcapil memperbarui datanya; kami memeriksa ulang tanpa Anda mulai dari awal.",
            en: "We ask the population register (Dukcapil) about your data. The page says which part does not match: NIK, KK number, name or birth date. Look again at your KTP and KK. If they are right, ask Dukcapil to update its record; we check again without your starting over.",
        },
        words: Both {
            id: "dukcapil salah kartu keluarga cocok beda",
            en: "dukcapil wrong mismatch family card differ",
        },
    },
    Question {
        anchor: "sedang-diperiksa",
        topic: Topic::Identity,
        question: Both {
            id: "Mengapa data saya sedang diperiksa begitu lama?",
            en: "Why does the check of my data take so long?",
        },
        answer: Both {
            id: "Data kependudukan dijawab oleh lembaga lain, dan pada hari ramai jawabannya bisa lambat. Anda boleh menutup halaman: permintaan Anda tersimpan dan kami bertanya lagi dengan sendirinya. Urutan tidak memengaruhi peluang.",
            en: "Another institution answers for the population register, and on busy days it can be slow. You may close the page: your request is kept and we ask again by ourselves. The order does not change your chance.",
        },
        words: Both {
            id: "lama menunggu pending proses verifikasi",
            en: "slow waiting pending verification",
        },
    },
    Question {
        anchor: "nama-satu-kata",
        topic: Topic::Identity,
        question: Both {
            id: "Nama saya hanya satu kata. Bagaimana mengisinya?",
            en: "My name is a single word. How do I fill it in?",
        },
        answer: Both {
            id: "Tulis nama persis seperti pada KTP. Nama satu kata diterima; tidak perlu nama belakang atau gelar.",
            en: "Write your name exactly as on the KTP. A single word is accepted; no last name or title is needed.",
        },
        words: Both { id: "mononim gelar nama belakang", en: "mononym surname last title" },
    },
    Question {
        anchor: "foto-ktp",
        topic: Topic::Identity,
        question: Both {
            id: "Foto KTP saya ditolak. Foto seperti apa yang diterima?",
            en: "My photo of the KTP is refused. What kind is accepted?",
        },
        answer: Both {
            id: "Pakai KTP asli yang tidak rusak. Letakkan di tempat terang tanpa lampu kilat, ambil seluruh kartu, dan pastikan semua huruf terbaca. Foto diambil langsung dengan kamera ponsel. Anda boleh mengulang tanpa mengisi data dari awal.",
            en: "Use the original KTP, undamaged. Lay it in good light without flash, take the whole card, and make sure that every letter can be read. Take the photo with the camera of your phone. You may try again without filling in your data anew.",
        },
        words: Both { id: "gambar buram kabur unggah kamera", en: "picture blurred upload camera" },
    },
    Question {
        anchor: "periksa-wajah",
        topic: Topic::Identity,
        question: Both {
            id: "Pemeriksaan wajah gagal. Apa yang membantu?",
            en: "The face check fails. What helps?",
        },
        answer: Both {
            id: "Lepas kacamata, topi, dan masker. Hadapkan wajah ke cahaya, jangan membelakangi jendela, dan pegang ponsel setinggi mata. Bila tetap gagal, coba di tempat lain atau minta pemeriksaan oleh petugas.",
            en: "Take off glasses, hat and mask. Face the light, do not stand with a window behind you, and hold the phone at eye level. If it still fails, try elsewhere or ask for an officer to check.",
        },
        words: Both { id: "selfie kedip kacamata foto wajah", en: "selfie blink glasses photo" },
    },
    Question {
        anchor: "tes",
        topic: Topic::Identity,
        question: Both {
            id: "Apakah nilai tes memengaruhi undian?",
            en: "Does the score of the test affect the draw?",
        },
        answer: Both {
            id: "Tidak. Tes kemampuan dasar wajib diselesaikan, tetapi nilainya tidak mengubah peluang. Anda boleh memakai kertas untuk menghitung.",
            en: "No. The basic ability test must be finished, but the score does not change your chance. You may use paper to work things out.",
        },
        words: Both {
            id: "soal ujian kemampuan dasar lulus skor",
            en: "exam questions ability pass",
        },
    },
    Question {
        anchor: "tes-terputus",
        topic: Topic::Identity,
        question: Both {
            id: "Sambungan terputus saat tes. Apakah jawaban saya hilang?",
            en: "The line dropped during the test. Are my answers lost?",
        },
        answer: Both {
            id: "Tidak. Setiap jawaban tersimpan begitu dikirim. Masuk lagi, juga dari perangkat lain, dan lanjutkan; waktu tetap berjalan. Bila waktu habis, jawaban yang tersimpan dikirim dengan sendirinya.",
            en: "No. Every answer is kept once it is sent. Sign in again, from another device too, and go on; the clock keeps running. When time is up, the kept answers are handed in by themselves.",
        },
        words: Both {
            id: "internet koneksi offline ujian",
            en: "internet connection offline exam",
        },
    },
];
