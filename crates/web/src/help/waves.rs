//! Questions on waves and the draw.

use super::{Both, Question, Topic};

pub(super) const QUESTIONS: &[Question] = &[
    Question {
        anchor: "gabung",
        topic: Topic::Waves,
        question: Both { id: "Bagaimana cara gabung gelombang?", en: "How do I join a wave?" },
        answer: Both {
            id: "Masuk ke akun, lalu tekan Gabung pada gelombang yang dibuka. Tombol itu ada setelah semua langkah pendaftaran selesai. Anda menerima bukti; simpan atau foto layarnya.",
            en: "Sign in and press Join at the wave that is open. The button is there once all steps of the registration are done. You get a receipt; keep it or take a picture of the screen.",
        },
        words: Both { id: "ikut bergabung tombol daftar", en: "enter take part button" },
    },
    Question {
        anchor: "gabung-lebih-awal",
        topic: Topic::Waves,
        question: Both {
            id: "Apakah gabung lebih awal menambah peluang?",
            en: "Does joining early give a better chance?",
        },
        answer: Both {
            id: "Tidak. Penerima diundi setelah gelombang ditutup. Yang gabung pada menit pertama dan menit terakhir memiliki peluang yang sama, jadi tidak perlu berebut saat dibuka.",
            en: "No. The draw is held after the wave has closed. Whoever joins in the first minute and in the last has the same chance, so there is no need to rush at the opening.",
        },
        words: Both {
            id: "cepat duluan awal urutan peluang antre",
            en: "fast first order chance queue hurry",
        },
    },
    Question {
        anchor: "antrean",
        topic: Topic::Waves,
        question: Both {
            id: "Mengapa saya masuk ruang tunggu?",
            en: "Why am I in a waiting room?",
        },
        answer: Both {
            id: "Pada saat pembukaan banyak orang datang bersamaan. Ruang tunggu menjaga agar halaman tetap berjalan bagi semua. Halaman menyegarkan dirinya sendiri; tempat dalam antrean tidak memengaruhi undian.",
            en: "At the opening many people come at once. The waiting room keeps the pages running for all. The page refreshes itself; your place in the queue does not touch the draw.",
        },
        words: Both { id: "antre situs lambat penuh ramai", en: "queue slow site full busy" },
    },
    Question {
        anchor: "belum-terpilih",
        topic: Topic::Waves,
        question: Both { id: "Mengapa saya belum terpilih?", en: "Why was I not selected?" },
        answer: Both {
            id: "Bila Anda ikut undian dan belum terpilih, nomor undian Anda di atas batas di wilayah Anda; jumlah peserta dan tempatnya ditulis di akun. Bila Anda tidak masuk undian, akun menyebut aturan mana sebabnya dan apa yang dapat dilakukan. Anda dapat ikut gelombang berikutnya.",
            en: "If you were in the draw and were not selected, your ticket was above the limit in your region; how many people and places there were is written in your account. If you were not in the draw, your account names the rule and what can be done. You can join the next wave.",
        },
        words: Both {
            id: "gagal ditolak tidak lolos alasan",
            en: "rejected failed refused reason",
        },
    },
    Question {
        anchor: "berapa-kali",
        topic: Topic::Waves,
        question: Both {
            id: "Berapa kali saya boleh ikut gelombang?",
            en: "How often may I join waves?",
        },
        answer: Both {
            id: "Sesering gelombang dibuka, sampai Anda menjadi penerima. Data dan tes Anda tetap berlaku, sehingga pada gelombang berikutnya cukup menekan Gabung.",
            en: "As often as waves open, until you are a beneficiary. Your data and test stay valid, so at the next wave you only press Join.",
        },
        words: Both { id: "ulang lagi berkali batas", en: "again repeat limit times" },
    },
    Question {
        anchor: "batal",
        topic: Topic::Waves,
        question: Both {
            id: "Bisakah saya membatalkan keikutsertaan?",
            en: "Can I take back my join?",
        },
        answer: Both {
            id: "Bisa, selama gelombang masih dibuka. Pembatalan tidak dapat ditarik kembali untuk gelombang itu, tetapi Anda dapat ikut gelombang berikutnya.",
            en: "Yes, while the wave is open. It cannot be undone for that wave, but you can join the next one.",
        },
        words: Both { id: "keluar mundur batal gelombang", en: "leave withdraw cancel wave" },
    },
    Question {
        anchor: "periksa-hasil",
        topic: Topic::Waves,
        question: Both {
            id: "Bagaimana saya tahu undian itu jujur?",
            en: "How do I know that the draw is fair?",
        },
        answer: Both {
            id: "Aturan, daftar dengan nama samaran, dan bilangan acak diumumkan, dan siapa pun dapat menghitung ulang. Buka halaman Periksa, tempel bukti Anda, dan peramban Anda sendiri menghitung nomor serta hasilnya.",
            en: "Rules, the list under pseudonyms and the random number are published, and anybody can recompute. Open the page Check, paste your receipt, and your own browser works out your ticket and the result.",
        },
        words: Both {
            id: "bukti adil verifikasi curang qr receipt",
            en: "receipt proof honest verify cheat qr",
        },
    },
    Question {
        anchor: "satu-keluarga",
        topic: Topic::Waves,
        question: Both {
            id: "Berapa orang dalam satu keluarga dapat menjadi penerima?",
            en: "How many people of one family can be beneficiaries?",
        },
        answer: Both {
            id: "Peraturan membatasi jumlah penerima pada satu kartu keluarga; jumlahnya ada di halaman Program. Semua anggota boleh ikut undian. Bila lebih banyak yang terpilih, nomor undian terkecil yang didahulukan.",
            en: "The rules limit how many beneficiaries one family card may have; the page The programme says how many. All members may join the draw. If more are selected, the smaller tickets come first.",
        },
        words: Both {
            id: "kk kartu keluarga suami istri anak",
            en: "kk family card husband wife household",
        },
    },
];
