//! Questions on training, incentives, personal data and complaints.

use super::{Both, Question, Topic};

pub(super) const QUESTIONS: &[Question] = &[
    Question {
        anchor: "cara-membeli",
        topic: Topic::Training,
        question: Both {
            id: "Bagaimana cara membeli pelatihan pertama?",
            en: "How do I buy the first training?",
        },
        answer: Both {
            id: "Buka salah satu platform mitra program, pilih pelatihan yang ditandai untuk program ini, lalu bayar dengan saldo pelatihan Anda. Anda tidak membayar dengan uang sendiri. Pembelian tercatat di halaman Akun; bila dalam sehari belum tercatat, kirim pengaduan sebelum batas waktu.",
            en: "Open a platform that is a partner of the programme, choose a training marked for it, and pay with your training balance. You pay nothing of your own. The purchase shows on the page Account; if it does not within a day, send a complaint before the deadline.",
        },
        words: Both {
            id: "beli pembelian pelatihan platform mitra saldo kartu",
            en: "buy purchase training platform partner balance",
        },
    },
    Question {
        anchor: "batas-pembelian",
        topic: Topic::Training,
        question: Both {
            id: "Sampai kapan saya harus membeli pelatihan pertama?",
            en: "By when must I buy the first training?",
        },
        answer: Both {
            id: "Tanggal dan hitungan hari ada di akun Anda. Hari pengumuman dihitung sebagai hari pertama, dan batas berakhir pukul 23.59 WIB. Kami mengirim pengingat sebelum hari itu.",
            en: "The date and the days left are in your account. The day of the announcement is day one, and the deadline ends at 23:59 WIB. We send reminders before that day.",
        },
        words: Both { id: "batas waktu tenggat tanggal beli hari", en: "deadline date buy days" },
    },
    Question {
        anchor: "batas-terlewat",
        topic: Topic::Training,
        question: Both {
            id: "Batas waktunya terlewat. Apa akibatnya?",
            en: "I missed the deadline. What follows?",
        },
        answer: Both {
            id: "Kepesertaan dicabut, saldo kembali, dan tempatnya diberikan pada gelombang berikutnya. Menurut peraturan Anda tidak dapat ikut lagi. Bila pencabutan itu keliru, kirim keberatan dari akun Anda.",
            en: "The place is revoked, the balance goes back, and the place is given away in a later wave. By the rules you cannot join again. If the revocation was a mistake, send an objection from your account.",
        },
        words: Both {
            id: "dicabut hangus telat lewat pencabutan",
            en: "revoked late expired revocation missed",
        },
    },
    Question {
        anchor: "saldo",
        topic: Topic::Training,
        question: Both {
            id: "Bisakah saldo pelatihan diambil tunai?",
            en: "Can the training balance be taken in cash?",
        },
        answer: Both {
            id: "Tidak. Saldo hanya untuk membeli pelatihan di mitra program, dan tidak dapat ditambah dengan uang sendiri. Anda boleh membeli beberapa pelatihan selama saldonya cukup.",
            en: "No. The balance only buys training from partners of the programme, and cannot be topped up with your own money. You may buy several trainings while the balance lasts.",
        },
        words: Both { id: "uang tunai cair saldo tarik", en: "cash money withdraw balance" },
    },
    Question {
        anchor: "sertifikat",
        topic: Topic::Training,
        question: Both {
            id: "Sertifikat saya belum tampil. Siapa yang harus bertindak?",
            en: "My certificate is not shown yet. Whose turn is it?",
        },
        answer: Both {
            id: "Lembaga pelatihan melaporkan kelulusan, lalu sertifikat tampil di akun, biasanya dalam satu hari kerja. Akun Anda menunjukkan giliran siapa sekarang. Bila lebih dari tiga hari kerja, kirim pengaduan.",
            en: "The training provider reports that you passed, then the certificate is shown in your account, as a rule within one working day. Your account shows whose turn it is. If it takes more than three working days, send a complaint.",
        },
        words: Both { id: "lulus lembaga belum muncul", en: "passed provider missing" },
    },
    Question {
        anchor: "insentif-kapan",
        topic: Topic::Incentive,
        question: Both { id: "Kapan insentif dibayar?", en: "When is the incentive paid?" },
        answer: Both {
            id: "Setelah pelatihan pertama selesai, sertifikat terbit, Anda memberi nilai dan ulasan, dan rekening atau dompet elektronik tersambung. Jadwalnya tampil dalam 24 jam; uang tiba tiga sampai lima hari kerja sesudah tanggal itu.",
            en: "Once the first training is finished, the certificate is there, you have rated and reviewed it, and an account or e-wallet is linked. The date is shown within 24 hours; the money arrives three to five working days after it.",
        },
        words: Both { id: "uang cair bayar jadwal transfer", en: "money paid schedule transfer" },
    },
    Question {
        anchor: "insentif-gagal",
        topic: Topic::Incentive,
        question: Both {
            id: "Insentif gagal dikirim. Apa sebabnya?",
            en: "The incentive could not be sent. Why?",
        },
        answer: Both {
            id: "Akun Anda menyebut sebabnya: rekening tidak aktif, NIK atau nama berbeda, dompet belum terverifikasi, atau dompet penuh. Perbaiki di bank atau dompet, lalu tekan Kirim lagi. Uangnya tetap milik Anda sampai batas akhir tahun.",
            en: "Your account names the reason: the bank account is not active, NIK or name differ, the wallet is not verified, or it is full. Put it right with the bank or wallet, then press Send again. The money stays yours until the end of the year's deadline.",
        },
        words: Both {
            id: "rekening dompet gagal ovo dana gopay bank",
            en: "bank wallet failed account",
        },
    },
    Question {
        anchor: "rekening",
        topic: Topic::Incentive,
        question: Both { id: "Rekening mana yang dapat dipakai?", en: "Which account can I use?" },
        answer: Both {
            id: "Rekening atau dompet elektronik atas nama Anda sendiri, dengan NIK yang sama dan sudah terverifikasi. Rekening orang lain, juga suami, istri, atau anak, tidak dapat dipakai.",
            en: "A bank account or e-wallet in your own name, with the same NIK and verified. Accounts of others, also of husband, wife or child, cannot be used.",
        },
        words: Both {
            id: "bank dompet gopay ovo dana linkaja sambung",
            en: "bank wallet gopay ovo dana linkaja link",
        },
    },
    Question {
        anchor: "survei",
        topic: Topic::Incentive,
        question: Both { id: "Apakah survei wajib diisi?", en: "Must I answer the surveys?" },
        answer: Both {
            id: "Tidak wajib, tetapi setiap survei yang diisi dibayar. Isi jawaban tidak memengaruhi pembayaran, dan tidak dikaitkan dengan nama Anda dalam laporan.",
            en: "No, but every survey that you answer is paid. What you answer does not touch the payment, and reports do not link it to your name.",
        },
        words: Both { id: "kuesioner evaluasi", en: "questionnaire evaluation" },
    },
    Question {
        anchor: "data-saya",
        topic: Topic::Rights,
        question: Both {
            id: "Data apa yang disimpan, dan dapatkah saya melihatnya?",
            en: "Which data are kept, and can I see them?",
        },
        answer: Both {
            id: "Anda dapat mengunduh semua data tentang Anda dari akun, beserta catatan siapa yang menanyakannya. Data pribadi disimpan tersandi dan tidak dipasang dalam statistik.",
            en: "You can download all data about you from your account, with a record of who was asked. Personal data are kept encrypted and are not part of the statistics.",
        },
        words: Both {
            id: "privasi unduh pdp perlindungan salinan",
            en: "privacy download protection copy",
        },
    },
    Question {
        anchor: "hapus-data",
        topic: Topic::Rights,
        question: Both {
            id: "Bagaimana cara menghapus data atau menarik persetujuan?",
            en: "How do I erase my data or withdraw consent?",
        },
        answer: Both {
            id: "Minta dari halaman Akun. Kami menghentikan pemrosesan dalam 3 x 24 jam. Catatan yang wajib disimpan menurut peraturan, misalnya pembayaran, tetap ada tanpa data yang tidak perlu; halaman itu menjelaskannya sebelum Anda memutuskan.",
            en: "Ask on the page Account. We stop processing within 3 x 24 hours. Records that the law has us keep, such as payments, remain without needless data; the page explains it before you decide.",
        },
        words: Both {
            id: "hapus akun penghapusan persetujuan pdp tutup",
            en: "delete erasure consent close account erase",
        },
    },
    Question {
        anchor: "pengaduan",
        topic: Topic::Rights,
        question: Both {
            id: "Bagaimana cara mengirim pengaduan?",
            en: "How do I send a complaint?",
        },
        answer: Both {
            id: "Masuk ke akun, buka Pengaduan, dan ceritakan apa yang terjadi. Anda melihat nomor, keadaan, dan batas waktu jawaban. Bila tidak puas, Anda dapat meminta pemeriksaan kedua.",
            en: "Sign in, open Complaints and tell what happened. You see its number, its state and the date by which it is answered. If you are not satisfied, you can ask for a second look.",
        },
        words: Both {
            id: "lapor bantuan hubungi petugas aduan",
            en: "report contact officer support",
        },
    },
    Question {
        anchor: "penipuan",
        topic: Topic::Rights,
        question: Both {
            id: "Seseorang meminta uang agar saya lolos. Benarkah?",
            en: "Somebody asks for money so that I am selected. Is that real?",
        },
        answer: Both {
            id: "Tidak. Program ini tidak dipungut biaya dan tidak seorang pun dapat mengubah hasil undian. Jangan berikan kata sandi atau kode kepada siapa pun, juga kepada petugas. Laporkan lewat pengaduan.",
            en: "No. The programme costs nothing and nobody can change the result of the draw. Do not give your password or a code to anybody, not even to an officer. Report it as a complaint.",
        },
        words: Both { id: "penipu calo joki bayar biaya", en: "fraud scam broker fee cheat" },
    },
];
