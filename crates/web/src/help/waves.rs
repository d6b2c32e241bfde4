//! Questions on waves and the draw.

use super::{Both, Question, Topic};

pub(super) const QUESTIONS: &[Question] = &[
    Question {
        anchor: "siapa-boleh-ikut",
        topic: Topic::Waves,
        question: Both {
            id: "Siapa yang boleh ikut, dan apa syaratnya?",
            en: "Who may join, and what are the conditions?",
        },
        answer: Both {
            id: "Warga negara Indonesia yang memiliki KTP, berumur 18 sampai 64 tahun, dan tidak sedang bersekolah atau kuliah. Anda boleh sedang mencari kerja, terkena PHK, bekerja, atau menjalankan usaha. Yang tidak dapat ikut antara lain pejabat negara, aparatur sipil negara (ASN), anggota TNI dan Polri, perangkat desa, pimpinan BUMN dan BUMD, serta orang yang sudah pernah menjadi penerima. Halaman Program memuat semua syarat yang sedang berlaku.",
            en: "Citizens of Indonesia with a KTP, aged 18 to 64, who are not at school or university. You may be looking for work, laid off, employed, or running a business. Among those who cannot join are state officials, civil servants (ASN), members of the armed forces (TNI) and the police (Polri), village staff, directors of state and regional companies (BUMN, BUMD), and those who have been beneficiaries before. The page The programme has all conditions in force.",
        },
        words: Both {
            id: "syarat persyaratan ketentuan kriteria umur usia tahun muda tua pns pegawai karyawan buruh pengangguran mahasiswa pelajar sekolah ibu rumah tangga daftar bisa",
            en: "requirements eligible eligibility criteria age old young unemployed worker student civil servant allowed",
        },
    },
    Question {
        anchor: "bpjs-bantuan",
        topic: Topic::Waves,
        question: Both {
            id: "Saya peserta BPJS atau menerima bantuan sosial. Bolehkah ikut?",
            en: "I am in BPJS or receive social aid. May I join?",
        },
        answer: Both {
            id: "Menjadi peserta BPJS Kesehatan atau BPJS Ketenagakerjaan bukan syarat dan bukan halangan. Bila suatu bantuan tidak boleh diterima bersamaan, namanya ada di halaman Program, di bawah Siapa yang tidak dapat ikut. Bila bantuan Anda tidak disebut di sana, bantuan itu tidak menghalangi Anda.",
            en: "Being in BPJS Kesehatan or BPJS Ketenagakerjaan is neither a condition nor a bar. If some aid may not be received at the same time, the page The programme names it under Who cannot join. If yours is not named there, it does not keep you out.",
        },
        words: Both {
            id: "syarat bansos pkh dtks bsu blt bpum jkp jaminan kesehatan ketenagakerjaan",
            en: "bansos benefit insurance welfare pkh dtks bsu jkp",
        },
    },
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
        anchor: "kapan-diumumkan",
        topic: Topic::Waves,
        question: Both { id: "Kapan hasil diumumkan?", en: "When are the results announced?" },
        answer: Both {
            id: "Tanggalnya ada di halaman setiap gelombang dan di akun Anda. Setelah gelombang ditutup, data peserta diperiksa, daftar diumumkan, lalu undian diadakan. Hasil Anda tampil di akun dan kami kirim lewat pesan, baik terpilih maupun belum, jadi Anda tidak perlu berjaga.",
            en: "The date is on the page of each wave and in your account. After a wave has closed, the data are checked, the list is published, and then the draw is held. Your result is shown in your account and sent to you as a message, whether you are selected or not, so there is no need to keep watch.",
        },
        words: Both {
            id: "pengumuman hasil kapan tanggal undian lolos terpilih keluar jadwal",
            en: "announcement result date draw selected outcome out",
        },
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
