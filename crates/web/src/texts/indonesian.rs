//! Bahasa Indonesia: *Anda*, short sentences, no blame, no acronym before it is spelled out.

use domain::funnel::Education;
use domain::nik::Sex;

use super::{
    Fault, Faults, FrameTexts, FunnelTexts, Statistics, StatusTexts, Summary, TableTexts, Texts,
};

pub(super) const TEXTS: Texts = Texts {
    frame: FrameTexts {
        skip: "Langsung ke isi",
        purpose: "Program bantuan pelatihan",
        other_language: "English",
        language_nav: "Bahasa",
        pages_nav: "Halaman",
        home: "Beranda",
        waves: "Gelombang",
        check: "Periksa",
        help: "Bantuan",
        account: "Akun",
        sign_out: "Keluar",
        footer: "Halaman ini terbuka untuk siapa saja, tanpa akun dan tanpa pelacak.",
        footer_own: "Halaman ini tanpa pelacak. Isian Anda disimpan dalam keadaan tersandi.",
        footer_programme: "Program",
        footer_statistics: "Statistik",
        footer_status: "Status layanan",
    },
    front: super::front::indonesian::TEXTS,
    table: TableTexts {
        show: "Lihat tabel",
        regency: "Kabupaten/kota",
        wave: "Gelombang",
        sex: "Jenis kelamin",
        age: "Usia",
        education: "Pendidikan",
        attempts: "Ikut gelombang",
        persons: "Orang",
        joins: "Ikut",
        unique: "Pendaftar unik",
        sk: "Penerima SK",
        effective: "Efektif",
        pending: "Menunggu",
        revoked: "Dicabut",
        total: "Jumlah",
        by_regency: "Angka menurut kabupaten/kota, berdasarkan tempat tinggal saat terakhir ikut",
        by_wave: "Angka menurut gelombang",
        by_sex: "Angka menurut jenis kelamin",
        by_age: "Angka menurut usia pada hari penutupan gelombang",
        by_education: "Angka menurut pendidikan terakhir",
        by_attempts: "Berapa kali orang ikut gelombang",
    },
    funnel: FunnelTexts {
        heading: "Dari mendaftar sampai menjadi penerima",
        joins: "Keikutsertaan gelombang",
        unique: "Pendaftar unik",
        of_joins: |share| format!("{share} dari keikutsertaan"),
        sk: "Penerima menurut surat keputusan (SK)",
        of_unique: |share| format!("{share} dari pendaftar unik"),
        effective: "Penerima efektif",
        of_sk: |share| format!("{share} dari penerima SK"),
        apart: "Penerima SK yang lain",
        pending: "Menunggu pembelian pelatihan",
        revoked: "Dicabut kepesertaannya",
        reallocated: |seats| {
            format!(
                "{seats} tempat dari kepesertaan yang dicabut sudah diberikan kepada orang lain \
                 pada gelombang sesudahnya."
            )
        },
    },
    statistics: Statistics {
        title: |region| format!("Statistik {region}"),
        page_summary: |region| {
            format!(
                "Berapa orang di {region} ikut gelombang, ditetapkan sebagai penerima, dan menjadi penerima efektif."
            )
        },
        as_of: |date| format!("Keadaan data {date}"),
        province: |name| format!("Lihat seluruh Provinsi {name}"),
        simulation: "Simulasi",
        simulation_short: "Angka di halaman ini dihitung dari orang buatan, bukan orang sungguhan.",
        simulation_partial: "Simulasi ini belum selesai: gelombang yang tersisa belum terhitung.",
        summary: |s: &Summary<'_>| {
            format!(
                "Di {}, {} orang mendaftar. Mereka ikut {} kali dalam {} gelombang. Sebanyak {} \
                 orang ditetapkan sebagai penerima, dan {} di antaranya membeli pelatihan pertama \
                 tepat waktu: {} dari setiap 100 pendaftar.",
                s.region, s.unique, s.joins, s.waves, s.sk, s.effective, s.of_hundred
            )
        },
        sexes: "Laki-laki dan perempuan",
        ages: "Usia",
        young: |share| format!("{share} pendaftar berusia 18–35 tahun."),
        attempts: "Berapa kali orang ikut",
        mean_attempts: |mean| format!("Rata-rata satu orang ikut {mean} gelombang."),
        times: |count| format!("{count} kali"),
        ten_or_more: "10 kali atau lebih",
        education: "Pendidikan terakhir",
        regencies: "Menurut kabupaten/kota",
        map: "Peta petak: setiap petak satu kabupaten/kota, kira-kira di letaknya. Angkanya jumlah \
              penerima efektif; makin gelap petaknya, makin banyak.",
        map_not_geographic: "Setiap petak satu kabupaten/kota, urut kode, bukan menurut letak di \
                             peta. Angkanya jumlah penerima efektif; makin gelap petaknya, makin \
                             banyak.",
        waves: "Menurut gelombang",
        waves_link: "Keadaan dan undian setiap gelombang",
        waves_chart: |wave, joins, sk| {
            format!(
                "Tinggi kolom: banyaknya orang yang ikut. Bagian gelap: penerima SK. Paling ramai \
                 gelombang {wave}: {joins} orang ikut, {sk} menjadi penerima SK."
            )
        },
        definitions: "Arti setiap angka",
        terms: [
            (
                "Keikutsertaan gelombang",
                "Satu orang yang ikut satu gelombang. Orang yang ikut lagi pada gelombang lain \
                 dihitung lagi. Hanya gelombang yang sudah ditutup dan tidak dibatalkan; yang \
                 mengundurkan diri tidak dihitung.",
            ),
            (
                "Pendaftar unik",
                "Orang yang pernah ikut, masing-masing dihitung satu kali, di wilayah dan kelompok \
                 tempat ia terakhir ikut.",
            ),
            (
                "Penerima SK",
                "Orang yang namanya tercantum dalam surat keputusan (SK) penetapan penerima.",
            ),
            (
                "Penerima efektif",
                "Penerima SK yang membeli pelatihan pertama dan kepesertaannya tidak dicabut.",
            ),
            (
                "Menunggu",
                "Penerima SK yang belum membeli pelatihan, sedangkan batas waktunya belum lewat.",
            ),
            (
                "Dicabut",
                "Penerima SK yang kehilangan kepesertaannya, misalnya karena belum membeli \
                 pelatihan pertama sampai batas waktu.",
            ),
            (
                "Dialihkan",
                "Tempat dari kepesertaan yang dicabut, lalu diberikan kepada orang lain pada \
                 gelombang sesudahnya.",
            ),
        ],
        data: "Ambil datanya",
        data_lead: "Semua angka di halaman ini dapat diambil dan dihitung ulang:",
        data_json: "JSON, untuk program",
        data_csv: "CSV, untuk lembar kerja",
        data_by: "Tambahkan by=regency, wave, sex, age, atau education untuk merinci, dan \
                  as_of=2023-12-31 untuk keadaan pada akhir hari itu (WIB).",
        data_simulated: "Data ini hasil simulasi. Orang-orangnya buatan; tidak satu baris pun \
                         tentang orang sungguhan. Aturan pendaftaran, undian, dan pencabutannya \
                         adalah aturan program.",
    },
    status: StatusTexts {
        title: "Status layanan",
        page_summary: "Apakah pendaftaran, gelombang, dan jadwal berjalan saat ini.",
        all_run: "Semua layanan berjalan.",
        others: "Data kependudukan (Dukcapil), SMS, dan e-mail dijalankan pihak lain dan tidak termasuk \
                 daftar ini. Bila salah satunya terganggu, yang sudah Anda kirim tetap tersimpan dan \
                 kami mencoba lagi dengan sendirinya.",
        some_fail: "Sebagian layanan terganggu. Yang sudah kami terima tetap tersimpan.",
        runs: "berjalan",
        fails: "terganggu",
        joining: "Pendaftaran dan gabung gelombang",
        accepts: "Pendaftaran dan permintaan gabung diterima.",
        accepts_not: "Permintaan belum dapat diterima saat ini. Coba lagi satu menit lagi; gabung \
                      lebih awal tidak menambah peluang.",
        data: "Penyimpanan data",
        data_runs: "Data dapat dibaca dan dicatat.",
        data_not: "Data belum dapat dibaca. Tidak ada data yang hilang.",
        waves: "Gelombang",
        wave_open: |wave, until| format!("Gelombang {wave} dibuka sampai {until}."),
        wave_next: |wave, from| format!("Gelombang {wave} dibuka mulai {from}."),
        no_wave: "Tidak ada gelombang yang dibuka atau dijadwalkan.",
        schedule: "Jadwal",
        on_schedule: "Buka, tutup, dan batas waktu berjalan sesuai jadwal.",
        behind_schedule: "Sebagian pekerjaan terjadwal tertunda; petugas sedang memeriksanya.",
        audit: "Rantai audit",
        sealed: "Semua tindakan tercatat dalam rantai audit.",
        sealed_until: |since| {
            format!("Semua tindakan sebelum {since} tercatat dalam rantai audit.")
        },
    },
    waves: super::waves::indonesian::TEXTS,
    faults: Faults {
        no_page: Fault {
            title: "Halaman tidak ditemukan",
            what: "Tidak ada halaman di alamat ini.",
            remedy: "Periksa alamatnya, atau mulai dari beranda.",
        },
        bad_code: Fault {
            title: "Kode wilayah tidak dikenali",
            what: "Bagian terakhir alamat ini bukan kode wilayah.",
            remedy: "Tulis kode provinsi dengan dua angka, misalnya 15 untuk Jambi, atau kode \
                     kabupaten/kota dengan titik, misalnya 15.71 untuk Kota Jambi.",
        },
        unknown_region: Fault {
            title: "Wilayah tidak ditemukan",
            what: "Tidak ada provinsi atau kabupaten/kota dengan kode ini.",
            remedy: "Tulis kode provinsi dengan dua angka, misalnya 15 untuk Jambi, atau kode \
                     kabupaten/kota dengan titik, misalnya 15.71 untuk Kota Jambi.",
        },
        no_data: Fault {
            title: "Belum ada angka",
            what: "Wilayah ini belum memiliki data.",
            remedy: "Pilih wilayah lain dari daftar.",
        },
        unavailable: Fault {
            title: "Angka belum dapat dibaca",
            what: "Kami tidak dapat membaca data saat ini. Tidak ada data yang hilang.",
            remedy: "Coba lagi satu menit lagi.",
        },
        no_wave: Fault {
            title: "Gelombang tidak ditemukan",
            what: "Tidak ada gelombang dengan nomor ini.",
            remedy: "Tulis nomornya saja, misalnya 72, atau pilih dari daftar gelombang.",
        },
    },
    sex: |sex| match sex {
        Sex::Man => "Laki-laki",
        Sex::Woman => "Perempuan",
    },
    education: |level| match level {
        Education::None => "Tidak tamat sekolah",
        Education::Primary => "SD",
        Education::JuniorHigh => "SMP",
        Education::SeniorHigh => "SMA",
        Education::Vocational => "SMK",
        Education::Diploma => "Diploma",
        Education::Bachelor => "Sarjana (S1)",
        Education::Postgraduate => "Pascasarjana",
    },
};
