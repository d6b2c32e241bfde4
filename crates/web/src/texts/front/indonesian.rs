//! First page, programme and help in Bahasa Indonesia.

use super::{FrontTexts, HelpTexts, LandingTexts, ProgrammeTexts, RegionsTexts};

pub(in crate::texts) const TEXTS: FrontTexts = FrontTexts {
    landing: LandingTexts {
        title: "Gelombang: program bantuan pelatihan",
        heading: "Bantuan untuk belajar keterampilan kerja",
        lead: "Gelombang membiayai pelatihan bagi pencari kerja, pekerja, dan pelaku usaha kecil. \
               Penerimanya dipilih lewat undian yang dapat dihitung ulang oleh siapa pun.",
        summary: "Daftar, gabung gelombang, dan periksa hasil undian program bantuan pelatihan. Gabung lebih awal \
                  tidak menambah peluang.",
        open: |wave| format!("Gelombang {wave} dibuka"),
        next: |wave| format!("Berikutnya: gelombang {wave}"),
        opens: "Dibuka",
        closes: "Ditutup",
        results: "Hasil diumumkan",
        places: "Tempat",
        join: |wave| format!("Gabung gelombang {wave}"),
        register: "Daftar",
        register_first: "Belum punya akun? Daftar dahulu",
        no_hurry: "Waktu mendaftar tidak memengaruhi peluang: semua yang gabung sebelum ditutup ikut undian yang \
                   sama.",
        register_early: "Anda dapat mendaftar sekarang, lalu gabung saat gelombang dibuka.",
        none: "Gelombang berikutnya",
        none_now: "Tidak ada gelombang yang sedang dibuka, dan tanggal gelombang berikutnya belum ditetapkan. \
                   Tanggalnya akan tampil di sini.",
        unreadable: "Keadaan gelombang belum dapat dibaca saat ini. Coba lagi satu menit lagi; tidak ada data yang \
                     hilang.",
        numbers: "Program ini dalam angka",
        numbers_none: "Belum ada angka: angka tampil setelah sebuah gelombang ditutup.",
        numbers_later: "Angka belum siap. Muat ulang halaman ini sebentar lagi.",
        meanings: [
            ("kali orang ikut gelombang", "Orang yang ikut lagi di gelombang lain dihitung lagi."),
            (
                "orang pernah ikut",
                "Setiap orang dihitung satu kali, berapa pun gelombang yang ia ikuti.",
            ),
            ("orang ditetapkan sebagai penerima", "Namanya tercantum dalam surat keputusan (SK)."),
            (
                "orang menjadi penerima efektif",
                "Mereka membeli pelatihan pertama tepat waktu dan tetap menjadi penerima.",
            ),
        ],
        steps: "Cara kerjanya",
        step_list: [
            (
                "Daftar",
                "Buat akun, lalu lengkapi data diri. Anda dapat berhenti dan melanjutkan kapan saja.",
            ),
            (
                "Gabung gelombang",
                "Setelah data Anda lengkap, cukup satu tombol. Anda menerima bukti yang dapat disimpan.",
            ),
            (
                "Undian",
                "Setelah gelombang ditutup, penerima diundi di setiap kabupaten/kota. Semua berkasnya diumumkan.",
            ),
            (
                "Pilih pelatihan",
                "Penerima memakai saldo pelatihan untuk membeli pelatihan sebelum batas waktu.",
            ),
            (
                "Selesai dan insentif",
                "Setelah lulus dan memberi ulasan, insentif dikirim ke rekening Anda.",
            ),
        ],
        more: "Selengkapnya",
        programme_link: "Syarat, manfaat, dan batas waktu",
        statistics_link: "Statistik per wilayah",
        waves_link: "Semua gelombang dan undiannya",
        check_link: "Periksa hasil saya",
        help_link: "Bantuan: pertanyaan dan jawaban",
    },
    regions: RegionsTexts {
        title: "Statistik per wilayah",
        lead: "Siapa yang ikut, siapa yang terpilih, dan berapa yang jadi belajar, wilayah demi wilayah. Semua angka \
               dapat diambil dan dihitung ulang.",
        choose: "Pilih wilayah",
        none: "Belum ada wilayah yang memiliki data.",
    },
    programme: ProgrammeTexts {
        title: "Program: syarat, manfaat, dan undian",
        lead: "Halaman ini menjelaskan siapa yang dapat ikut, apa yang diterima, kapan batas waktunya, dan bagaimana \
               penerima dipilih.",
        summary: |total| {
            format!(
                "Siapa yang dapat ikut program bantuan pelatihan, manfaat senilai {total}, langkah, batas waktu, dan \
                 cara undian."
            )
        },
        who: "Siapa yang dapat ikut",
        age: |min, max| match max {
            Some(max) => format!("Berusia {min} sampai {max} tahun"),
            None => format!("Berusia {min} tahun atau lebih"),
        },
        age_on_closing: "dihitung pada hari penutupan gelombang.",
        age_on_opening: "dihitung pada hari pembukaan gelombang.",
        citizen: "Warga negara Indonesia yang memiliki kartu tanda penduduk (KTP).",
        registered: "Sudah terdaftar: akun dan data dirinya lengkap.",
        identity: "Nomor induk kependudukan (NIK), nomor kartu keluarga (KK), nama, dan tanggal lahirnya cocok \
                   dengan data kependudukan (Dukcapil).",
        wave_open: "Gabung selama gelombang dibuka.",
        test: |minutes| match minutes {
            Some(minutes) => format!(
                "Sudah menyelesaikan tes kemampuan dasar, paling lama {minutes} menit. Nilainya tidak memengaruhi \
                 undian."
            ),
            None => "Sudah menyelesaikan tes kemampuan dasar. Nilainya tidak memengaruhi undian."
                .to_owned(),
        },
        answered: "Semua lembaga yang kami tanyai sudah menjawab sebelum daftar undian ditetapkan. Bila belum, kami \
                   bertanya lagi dan Anda dapat ikut gelombang berikutnya.",
        household_region: "Kabupaten/kota yang diisi sama dengan anggota lain pada kartu keluarga yang sama, karena \
                           satu kartu keluarga hanya memiliki satu domisili.",
        who_not: "Siapa yang tidak dapat ikut",
        who_not_lead: "Menurut peraturan program, yang berikut tidak dapat menjadi penerima:",
        education: "Orang yang sedang menempuh pendidikan formal, di sekolah atau perguruan tinggi.",
        aid: |acronym| format!("Penerima bantuan {acronym} yang sedang berjalan."),
        lifetime: |times| {
            match times {
            1 => "Orang yang sudah pernah menjadi penerima: setiap orang menerima satu kali seumur hidup.".to_owned(),
            times => format!("Orang yang sudah {times} kali menjadi penerima."),
        }
        },
        revoked: "Orang yang kepesertaannya pernah dicabut.",
        household: |places| {
            format!("Anggota kartu keluarga yang sudah memiliki {places} penerima.")
        },
        attempts: |waves| format!("Orang yang sudah ikut {waves} gelombang."),
        withdrawn: "Untuk satu gelombang: orang yang sudah membatalkan keikutsertaannya di gelombang itu.",
        wrong_data: "Bila catatan tentang Anda keliru, Anda diberi tahu catatan mana yang dipakai dan di mana \
                     memperbaikinya.",
        benefits: "Apa yang diterima",
        training: "Saldo pelatihan",
        training_means: |hours| {
            format!(
                "Hanya untuk membeli pelatihan, paling singkat {hours} jam. Tidak dapat diuangkan dan tidak dapat \
                 ditambah dengan uang sendiri."
            )
        },
        incentive: "Insentif setelah pelatihan pertama",
        incentive_means: |count, each| match count {
            1 => "Dibayar satu kali ke rekening atau dompet elektronik atas nama Anda.".to_owned(),
            count => format!("Dibayar {count} kali, masing-masing {each}."),
        },
        surveys: "Insentif survei",
        surveys_means: |count, each| {
            format!(
                "{count} survei, masing-masing {each}. Isi jawaban tidak memengaruhi pembayaran."
            )
        },
        total: "Seluruhnya",
        total_means: "Ikut program ini tidak dipungut biaya. Siapa pun yang meminta bayaran menipu Anda.",
        steps: "Langkah demi langkah",
        step_list: [
            ("Buat akun", "Dengan alamat e-mail, kata sandi, dan kode yang kami kirim."),
            (
                "Buktikan identitas",
                "NIK, nomor KK, nama, dan tanggal lahir; foto KTP; lalu pemeriksaan wajah.",
            ),
            ("Lengkapi data diri", "Alamat, pendidikan, pekerjaan, dan pelatihan yang diinginkan."),
            (
                "Kerjakan tes kemampuan dasar",
                "Jawaban tersimpan satu per satu, juga bila sambungan terputus.",
            ),
            (
                "Gabung gelombang",
                "Setelah itu Anda menerima bukti. Simpan, karena dengan bukti itu hasil dapat diperiksa.",
            ),
            (
                "Tunggu undian",
                "Hasil tampil di akun Anda dan dikirim lewat pesan, beserta alasannya.",
            ),
            (
                "Beli dan ikuti pelatihan",
                "Bila terpilih, beli pelatihan pertama sebelum batas waktu.",
            ),
            ("Terima insentif", "Setelah sertifikat terbit dan Anda memberi nilai serta ulasan."),
        ],
        deadlines: "Batas waktu",
        first_purchase: |days, counts_first| {
            let first =
                if counts_first { "; hari pengumuman dihitung sebagai hari pertama" } else { "" };
            format!(
                "Pelatihan pertama dibeli dalam {days} hari setelah ditetapkan sebagai penerima{first}. Bila lewat, kepesertaan dicabut."
            )
        },
        next_purchase: |days| {
            format!(
                "Pelatihan berikutnya dibeli dalam {days} hari setelah pelatihan sebelumnya selesai dan diulas."
            )
        },
        purchase_stop: |day| format!("Pembelian terakhir setiap tahun: {day}."),
        finish_stop: |day| format!("Pelatihan selesai paling lambat {day}."),
        link_stop: |day| format!("Rekening untuk insentif disambungkan paling lambat {day}."),
        survey_stop: |day| format!("Survei diisi paling lambat {day}."),
        survey_days: |answer, pay| {
            format!(
                "Setiap survei dapat diisi selama {answer} hari, dan dibayar dalam {pay} hari sesudahnya."
            )
        },
        day_ends: "Setiap batas waktu berakhir pukul 23.59 waktu Indonesia barat (WIB).",
        draw: "Bagaimana undian berjalan",
        draw_paragraphs: [
            "Gabung lebih awal tidak menambah peluang. Yang gabung pada menit pertama dan yang gabung pada menit \
             terakhir ikut undian yang sama.",
            "Tempat dibagi per kabupaten/kota. Setelah gelombang ditutup, data setiap peserta diperiksa, lalu daftar \
             peserta ditetapkan dan diumumkan dengan nama samaran, sebelum ada yang tahu bilangan acaknya.",
            "Bilangan acak datang dari beberapa pihak dan dari suar acak publik, sehingga tidak ada satu orang pun \
             yang dapat memilihnya. Dari bilangan itu setiap peserta mendapat nomor undian; nomor terkecil mendapat \
             tempat lebih dahulu, sampai tempat habis.",
            "Siapa pun dapat menghitung ulang seluruh undian. Dengan bukti Anda, peramban Anda sendiri yang \
             memeriksa nomor dan hasil Anda.",
        ],
        draw_link: "Lihat gelombang dan berkas undiannya",
        register: "Daftar",
        help_link: "Pertanyaan lain: buka bantuan",
    },
    help: HelpTexts {
        title: "Bantuan",
        summary: "Jawaban singkat tentang mendaftar, NIK dan KK, foto KTP, kode, undian, batas waktu, insentif, dan \
                  data pribadi.",
        lead: "Cari pertanyaan Anda, atau baca menurut topik.",
        search_label: "Apa yang ingin Anda ketahui?",
        search_hint: "Tulis satu atau beberapa kata, misalnya: kode tidak datang. Jangan tulis NIK, KK, atau nama.",
        search: "Cari",
        found: |count, words| format!("{count} jawaban untuk “{words}”"),
        nothing: |words| format!("Tidak ada jawaban untuk “{words}”"),
        nothing_try: [
            "Tulis kata yang lebih umum, misalnya “insentif” atau “foto”.",
            "Baca semua pertanyaan menurut topik di bawah ini.",
            "Bila tetap tidak ketemu, masuk ke akun Anda dan kirim pengaduan. Anda diberi tahu kapan akan dijawab.",
        ],
        all: "Semua pertanyaan",
        topics: "Topik",
        link_to: "Tautan ke jawaban ini",
    },
};
