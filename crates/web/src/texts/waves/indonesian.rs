//! Pages of waves in Bahasa Indonesia.

use domain::wave::WaveState;

use super::{StepText, WaveTexts};

pub(in crate::texts) const TEXTS: WaveTexts = WaveTexts {
    list_title: "Gelombang",
    list_summary: "Semua gelombang: tanggal dibuka, ditutup, dan diumumkan, jumlah tempat, dan berkas undiannya.",
    page_summary: |wave| {
        format!("Keadaan gelombang {wave}, tempat per wilayah, dan cara memeriksa undiannya.")
    },
    region_summary: |region, wave| format!("Tempat dan hasil gelombang {wave} di {region}."),
    list_lead: "Setiap gelombang dibuka, ditutup, diundi, lalu diumumkan. Gabung lebih awal tidak \
                menambah peluang.",
    open_heading: "Dibuka sekarang",
    open_until: |until, places| format!("Dibuka sampai {until}, untuk {places} tempat."),
    open_link: |wave| format!("Lihat gelombang {wave}"),
    all_heading: "Semua gelombang",
    no_waves: "Belum ada gelombang.",
    table_sideways: "Geser tabel ke samping untuk melihat jumlah dan tanggal.",
    table_caption: "Semua gelombang, yang terbaru lebih dahulu",
    number: "Gelombang",
    state: "Keadaan",
    places: "Tempat",
    entries: "Dalam daftar",
    selected: "Terpilih",
    opens: "Dibuka",
    closes: "Ditutup",
    results: "Diumumkan",
    published: "dipublikasikan lengkap",
    published_so_far: "dipublikasikan bertahap",
    coverage: |waves| {
        format!(
            "Publikasi lengkap, yang dapat dihitung ulang oleh siapa pun, ada untuk gelombang \
             {waves}. Untuk gelombang lain hanya ada jumlah; untuk yang sedang berjalan juga berkas \
             yang sudah diumumkan."
        )
    },
    coverage_none: "Belum ada gelombang yang dipublikasikan lengkap, sehingga undiannya belum dapat \
                    dihitung ulang oleh umum. Yang ada hanya jumlah; untuk gelombang yang sedang berjalan \
                    juga berkas yang sudah diumumkan.",

    title: |wave| format!("Gelombang {wave}"),
    states: |state| match state {
        WaveState::Draft => "belum dibuka",
        WaveState::Open { .. } => "dibuka",
        WaveState::Closed { .. } => "ditutup, data diperiksa",
        WaveState::Frozen { .. } => "daftar ditetapkan, menunggu undian",
        WaveState::Drawn { .. } => "sudah diundi, menunggu surat keputusan",
        WaveState::Appointed { .. } => "penerima ditetapkan",
        WaveState::Settled { .. } => "selesai",
        WaveState::Cancelled { .. } => "dibatalkan",
    },
    stage_rules: "aturan diumumkan",
    stage_list: "daftar diumumkan, menunggu undian",
    stage_result: "hasil diumumkan",
    state_is: |state| format!("Keadaan: {state}"),
    test_beacon: "SUAR UJI (TEST BEACON)",
    test_beacon_means: "Bilangan acak undian ini dapat diramal sebelumnya. Ini bukan undian \
                        sungguhan.",
    lead_before: |places| format!("Gelombang ini untuk {places} tempat."),
    lead_listed: |entries, places| {
        format!("{entries} orang ada dalam daftar undian untuk {places} tempat.")
    },
    lead_drawn: |entries, places, selected| {
        format!(
            "{entries} orang ada dalam daftar undian untuk {places} tempat. {selected} orang terpilih."
        )
    },
    unpublished: "Gelombang ini tidak dipublikasikan lengkap. Yang ada di halaman ini hanya jumlah; \
                  undiannya tidak dapat dihitung ulang dari sini.",
    all_waves: "Semua gelombang",
    check_receipt: "Periksa hasil saya",

    timeline: "Apa diumumkan kapan",
    timeline_lead: "Daftar peserta ditetapkan dan ditandatangani para saksi sebelum ada yang tahu \
                    bilangan acaknya. Karena itu urutan ini penting.",
    steps: [
        StepText { name: "T0: aturan", what: "Semua aturan diumumkan sebelum pendaftaran dibuka." },
        StepText {
            name: "T1: pendaftaran ditutup",
            what: "Setiap pendaftar memegang bukti bertanda tangan.",
        },
        StepText {
            name: "T2: daftar dan tempat",
            what: "Daftar peserta dengan nama samaran, tempat setiap wilayah, dan rencana undian \
                   diumumkan. Sejak itu siapa pun dapat mencari catatannya sendiri.",
        },
        StepText {
            name: "T3: sumbangan acak dibuka",
            what: "Pihak-pihak independen membuka angka rahasia yang sudah mereka kunci pada T2.",
        },
        StepText {
            name: "T4: undian",
            what: "Suar acak publik mengeluarkan nilainya. Putarannya mengikuti aturan; tidak ada \
                   yang memilihnya.",
        },
        StepText {
            name: "Sesudah T4: hasil",
            what: "Batas, jumlah, yang terpilih, dan urutan tunggu diumumkan.",
        },
        StepText {
            name: "Kemudian",
            what: "Keberatan yang dikabulkan dan kepesertaan yang dicabut.",
        },
    ],
    corrected: |plan, draw_at| {
        format!(
            "Daftar peserta sudah dikoreksi selama masa pemeriksaan: ini rencana nomor {plan}, dan undiannya mundur ke {draw_at}."
        )
    },
    there: "ada",
    not_there: "belum ada",

    files: "Berkas untuk diunduh",
    files_lead: |quorum, witnesses| {
        format!(
            "Ringkasan isi setiap berkas tercatat dalam log yang hanya bertambah, ditandatangani \
             sedikitnya {quorum} dari {witnesses} saksi. Tidak ada NIK, nama, atau alamat di \
             dalamnya."
        )
    },
    file_texts: [
        (
            "policy.json",
            "Semua aturan gelombang ini, waktu T1 sampai T4, suar acak, dan kunci para saksi.",
        ),
        ("entries.bin", "Daftar peserta dengan nama samaran, 64 bita setiap orang, urut wilayah."),
        (
            "quota.json",
            "Tempat setiap wilayah, jalur, dan tempat terjamin, beserta alasan bila jaminan diturunkan.",
        ),
        (
            "plan.json",
            "Rencana undian: ringkasan semua berkas di atas dan putaran suar yang dipakai.",
        ),
        ("reveals.json", "Angka rahasia yang dibuka oleh pihak-pihak independen."),
        ("seed.json", "Nilai suar acak dan benih undian yang dihitung darinya."),
        ("result.json", "Jumlah dan batas nomor undian setiap wilayah, jalur, dan golongan."),
        ("selected.bin", "Siapa terpilih: satu bit setiap catatan, urut seperti daftar."),
        ("waitlist.bin", "Urutan tunggu setiap catatan, urut seperti daftar."),
        ("corrections.json", "Keberatan yang dikabulkan dari tempat cadangan."),
        ("revoked.json", "Kepesertaan yang dicabut, dan siapa penggantinya."),
        (
            "tree/",
            "Pohon Merkle daftar, terbagi dalam ubin; dengannya ponsel memeriksa satu catatan saja.",
        ),
        ("log/", "Salinan log pengumuman yang ditandatangani para saksi."),
        ("proofs/", "Bukti untuk setiap berkas bahwa log itu memuatnya."),
        (
            "registration/",
            "Catatan pendaftaran: ringkasan bukti yang diberikan sebelum daftar peserta, jam demi jam.",
        ),
    ],
    proof: "bukti log",
    all_files: "Daftar alamat semua berkas, satu setiap baris",

    seats: "Tempat dan hasil per wilayah",
    seats_none: "Tempat setiap wilayah ditetapkan sesudah pendaftaran ditutup.",
    source_base: |places| format!("{places} tempat adalah milik gelombang ini."),
    source_returned: |places| format!("{places} kembali dari kepesertaan yang dicabut."),
    source_carried: |places| format!("{places} sisa gelombang sebelumnya."),
    source_reserve: |places| format!("{places} disisihkan untuk keberatan."),
    by_region: "Tempat dan hasil menurut kabupaten/kota",
    by_province: "Tempat dan hasil menurut provinsi; pilih provinsi untuk melihat kabupaten/kotanya",
    region: "Kabupaten/kota",
    province: "Provinsi",
    in_play: "Ikut undian",
    capped: |people| {
        format!(
            "{people} orang dalam daftar tidak ikut diundi, karena dari satu kartu keluarga hanya \
             sebagian anggota yang dapat ikut."
        )
    },
    general_limit: "Batas umum",
    total: "Jumlah",
    limit_means: "Setiap peserta mendapat satu nomor undian, bilangan sangat panjang yang ditulis \
                  dengan angka 0–9 dan huruf a–f; di sini hanya delapan yang pertama. Nomor terkecil \
                  didahulukan. Batas umum adalah nomor terbesar yang masih mendapat tempat tanpa \
                  melihat golongan: nomor yang tidak melebihinya terpilih. Golongan dengan tempat \
                  terjamin dapat mempunyai batas sendiri, lihat halaman wilayahnya.",
    limit_example: |region, hex, million| {
        format!(
            "Contoh: batas umum {region} {hex}… sama dengan {million} pada garis 0–999.999 di \
             halaman Periksa hasil saya."
        )
    },
    limit_none: "tidak ada",
    details: "Rincian jalur, tempat terjamin, dan batas golongan ada di halaman setiap wilayah.",
    csv: "Semua wilayah dan jalur sebagai CSV, untuk lembar kerja",

    region_title: |region, wave| format!("{region}, gelombang {wave}"),
    whole_wave: |wave| format!("Seluruh gelombang {wave}"),
    whole_province: |province| format!("Provinsi {province}"),
    statistics: |region| format!("Statistik {region}"),
    pools: "Jalur",
    pools_lead: "Tempat sebuah wilayah dapat dibagi dalam jalur. Jalur umum menerima semua orang.",
    pools_caption: "Tempat menurut jalur",
    pool: "Jalur",
    open_pool: "umum",
    short: "Jaminan tak terisi",
    guarantees: "Tempat terjamin",
    guarantees_lead: "Sekurang-kurangnya sebanyak ini untuk orang dari golongan itu. Satu orang \
                      mengisi paling banyak satu tempat terjamin.",
    guarantees_caption: "Tempat terjamin menurut jalur dan golongan",
    class: "Golongan",
    asked: "Menurut aturan",
    guaranteed: "Dijamin",
    why: "Alasan",
    too_few_people: "orangnya kurang",
    too_few_seats: "tempatnya kurang",
    classes: "Hasil menurut golongan",
    classes_lead: "Anda terpilih pada sebuah jalur bila nomor Anda tidak melebihi batas golongan \
                   Anda atau batas umum jalur itu.",
    classes_caption: "Hasil menurut golongan dan jalur",
    people: "Orang",
    class_limit: "Batas golongan",
    no_class: "tanpa ciri khusus",
    hidden_class: "tidak diumumkan",
    has_hidden: "Golongan yang anggotanya sedikit tidak diumumkan di wilayah ini. Auditor yang \
                 memegang golongan sebenarnya dapat menghitung ulang seluruhnya.",

    check: "Periksa sendiri",
    check_own: "Bila Anda memegang bukti pendaftaran, peramban Anda dapat menghitung nomor undian \
                dan hasil Anda. Bukti dan NIK Anda tidak dikirim ke mana pun.",
    check_own_link: "Periksa hasil saya",
    check_whole: "Siapa pun dapat menghitung ulang seluruh undian dari berkas gelombang ini, dengan salah \
                  satu dari dua program yang ditulis terpisah dan tidak berbagi satu baris pun.",
    check_fetch: "Unduh folder gelombang ini:",
    check_site: "Isi SITUS dengan alamat situs ini.",
    check_run: "Lalu jalankan salah satu, atau keduanya:",
    check_keys: "Tambahkan --keys dengan kunci yang Anda terima langsung dari para saksi; tanpa itu \
                 dipakai kunci dari folder itu sendiri. Bila tempat berasal dari gelombang \
                 sebelumnya, tambahkan --previous dengan folder gelombang itu.",
    proves_heading: "Yang dibuktikan",
    proves: [
        "Daftar peserta dan tempat sudah tetap, dan disaksikan, sebelum bilangan acaknya ada.",
        "Tempat setiap wilayah, jalur, dan tempat terjamin mengikuti aturan.",
        "Bilangan acak, nomor undian, batas, yang terpilih, dan urutan tunggu tidak dapat lain.",
        "Tidak ada undian kedua; dan dengan kunci dari para saksi sendiri: tidak ada versi lain dari \
         berkas ini bagi orang lain.",
    ],
    proves_not_heading: "Yang tidak dibuktikan, dan siapa yang mengetahuinya",
    proves_not: [
        (
            "Setiap peserta benar orang yang ada dan berhak",
            "auditor: mereka membuka semua yang terpilih dan sebuah contoh acak",
        ),
        ("Tidak ada pendaftar yang ditinggalkan", "pendaftar itu sendiri, dengan buktinya"),
        (
            "Golongan dan wilayah seseorang benar",
            "orang itu sendiri dengan buktinya; auditor untuk yang terpilih",
        ),
        ("Golongan yang tidak diumumkan", "auditor yang memegang golongan sebenarnya"),
        ("Kunci dalam folder benar milik para saksi", "para saksi, yang mengenal kuncinya sendiri"),
    ],
};
