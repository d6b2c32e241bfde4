//! Refusals of officers' acts: status, stable code and words in both languages, in one place.

use app::act::ActError;
use app::appeals::{AppealRefusal, listed};
use app::contributions::ContributionRefusal;
use app::folders::PublicRefusal;
use app::officers::OfficerRefusal;
use app::proposals::ProposalRefusal;
use app::release::ReleaseRefusal;
use app::revoke::RevocationRefusal;
use app::roll_correct::{RollRefusal, listed_persons};
use axum::http::StatusCode;
use domain::appeals::GrantBar;
use domain::officers::NotAllowed;
use domain::policy::Named as _;
use domain::reasons::Language;
use domain::roll_correction::CorrectionBar;

use crate::problem::Problem;

/// A refusal as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OfficeRefusal {
    /// Status of the answer.
    pub(crate) status: StatusCode,
    /// The stable code.
    pub(crate) code: &'static str,
    words: [&'static str; 2],
    /// Ids or an instant that the words end with; empty if with none.
    named: String,
}

impl OfficeRefusal {
    /// What happened, for people.
    pub(crate) fn sentence(&self, language: Language) -> String {
        let [indonesian, english] = self.words;
        let words = match language {
            Language::Indonesian => indonesian,
            Language::English => english,
        };
        if self.named.is_empty() { words.to_owned() } else { format!("{words} {}.", self.named) }
    }
}

/// The problem of an act that an officer asked for. What is no refusal is a fault, and is logged as one; so is who asked
/// for what their roles do not allow (ASVS 5.0 16.3.2).
pub(super) fn refused(error: ActError) -> Problem {
    if let ActError::NotAllowed(NotAllowed { officer, role, .. }) = &error {
        tracing::warn!(%officer, role = role.name(), "an officer's act was refused");
    }
    match words_of(&error) {
        Some((status, words)) => Problem::Office(OfficeRefusal {
            status,
            code: error.code(),
            words,
            named: named(&error),
        }),
        None => error.into(),
    }
}

/// What a refusal names beside its words.
fn named(error: &ActError) -> String {
    match error {
        ActError::Appeal(AppealRefusal::FilingRuns { until, .. })
        | ActError::Roll(RollRefusal::Bar(CorrectionBar::TooLate { until, .. })) => {
            until.to_string()
        }
        ActError::Appeal(AppealRefusal::OutOfTurn { first, .. }) => listed(first),
        ActError::Roll(RollRefusal::NotMembers { persons, .. }) => listed_persons(persons),
        ActError::Contribution(ContributionRefusal::Missing { names, .. }) => names.join(", "),
        _ => String::new(),
    }
}

type Words = (StatusCode, [&'static str; 2]);

const fn no(words: [&'static str; 2]) -> Words {
    (StatusCode::UNPROCESSABLE_ENTITY, words)
}

const fn unknown(words: [&'static str; 2]) -> Words {
    (StatusCode::NOT_FOUND, words)
}

fn words_of(error: &ActError) -> Option<Words> {
    let words = match error {
        ActError::NotAllowed(_) => (
            StatusCode::FORBIDDEN,
            [
                "Peran Anda tidak mengizinkan tindakan ini. Mintalah petugas yang berwenang.",
                "Your roles do not allow this act. Ask an officer whose roles do.",
            ],
        ),
        ActError::SameOfficer(_) => no([
            "Anda sendiri yang mengusulkan tindakan ini. Mintalah petugas lain menyetujuinya.",
            "You prepared this act yourself. Ask a second officer to approve it.",
        ]),
        ActError::Proposal(refusal) => proposal(refusal),
        ActError::Revocation(RevocationRefusal::NoGrant(_)) => no([
            "Orang ini bukan penerima. Periksa id-nya.",
            "This person is no beneficiary. Check the id.",
        ]),
        ActError::Revocation(RevocationRefusal::Revoked(_)) => no([
            "Kepesertaan orang ini sudah dicabut.",
            "The place of this person has been revoked already.",
        ]),
        ActError::Release(ReleaseRefusal::NoAccount(_)) => no([
            "Tidak ada akun yang memakai orang ini. Periksa id-nya, atau biarkan orang itu mendaftar.",
            "No account has this person. Check the id, or let the person register.",
        ]),
        ActError::Appeal(refusal) => appeal(refusal),
        ActError::AppealsOpen { .. } => no([
            "Masih ada keberatan yang belum dijawab pada gelombang ini. Jawab dahulu semuanya.",
            "Appeals of this wave wait for an answer. Answer them first.",
        ]),
        ActError::WaveState { .. } => no([
            "Keadaan gelombang ini tidak mengizinkan tindakan itu. Lihat daftar gelombang.",
            "The state of this wave does not allow that act. Look at the list of waves.",
        ]),
        ActError::TooEarly { .. } => no([
            "Kalender belum mengizinkan tindakan ini. Lihat waktunya pada daftar gelombang.",
            "The calendar does not allow this act yet. Its instant is in the list of waves.",
        ]),
        ActError::RoundKnown { .. } => no([
            "Nilai acak gelombang ini sudah dapat diketahui, jadi daftar tidak boleh ditetapkan lagi. Gelombang ini memerlukan jadwal baru.",
            "The random value of this wave can be known already, so no roll may be fixed any more. The wave needs a later schedule.",
        ]),
        ActError::OpenRoll { .. } => no([
            "Gelombang lain sudah ditetapkan daftarnya dan menunggu SK. Tunggu SK itu.",
            "The roll of another wave is fixed and waits for its decree. Wait for that decree.",
        ]),
        ActError::Public(refusal) => public(refusal),
        ActError::Roll(refusal) => roll(refusal),
        ActError::Contribution(ContributionRefusal::Missing { .. }) => no([
            "Belum semua penyumbang nilai acak gelombang ini menyerahkan komitmen, jadi daftar belum dapat ditetapkan. Tunggu komitmen dari",
            "Not all contributors to the seed of this wave have committed themselves, so no roll can be fixed yet. Wait for",
        ]),
        ActError::DeadlineRuns { .. } => no([
            "Batas waktu pembelian masih berjalan. Tunggu sampai lewat.",
            "A deadline of a first purchase still runs. Wait until it has passed.",
        ]),
        ActError::PolicyChanged(_) | ActError::Policy(_) => no([
            "Berkas aturan gelombang ini pada server tidak sama dengan yang diterbitkan. Mintalah pengelola server memulihkannya.",
            "The policy file of this wave at the server is not the published one. Have it restored there.",
        ]),
        ActError::RollChanged(_) => no([
            "Daftar peserta berbeda dengan yang ditetapkan, jadi tidak diundi. Jalankan audit.",
            "The roll differs from the fixed one, so nothing was drawn. Run the audit.",
        ]),
        ActError::Officer(refusal) => officer(refusal),
        ActError::Published(_) => no([
            "Gelombang ini sudah diterbitkan. Gelombang yang diterbitkan tidak berubah; batalkan, lalu terbitkan nomor lain.",
            "This wave is published already. A published wave never changes; cancel it and publish another number.",
        ]),
        ActError::Calendar(_) => no([
            "Waktu buka, tutup, dan pengumuman tidak berurutan, atau bertabrakan dengan gelombang lain. Perbaiki waktunya.",
            "The instants of opening, close and results are out of order, or collide with another wave. Correct them.",
        ]),
        ActError::UnknownProvince(_) => no([
            "Provinsi ini tidak ada pada server. Periksa kodenya.",
            "The server knows no such province. Check the code.",
        ]),
        ActError::RegionsChanged(_) => no([
            "Daftar wilayah atau bobot pada server berbeda dengan yang sudah diterbitkan dengan versi itu. Mintalah pengelola server memeriksanya.",
            "The regions or weights of the server differ from those published under that version. Have them looked at there.",
        ]),
        ActError::OwnSeats(_) => no([
            "Gelombang pemulihan hanya memakai tempat yang dikembalikan. Isi tempat sendiri dengan 0.",
            "A recovery wave takes freed seats only. Give it 0 seats of its own.",
        ]),
        ActError::UnknownWave(_)
        | ActError::Storage(_)
        // Contributions are kept, and records opened, at the command line alone.
        | ActError::Contribution(_)
        | ActError::Openings(_)
        | ActError::NotInCalendar(_)
        | ActError::ItemBank(_)
        | ActError::Amount(_)
        | ActError::Selection { .. } => return None,
    };
    Some(words)
}

const fn public(refusal: &PublicRefusal) -> Words {
    match refusal {
        PublicRefusal::Unwitnessed { .. } => no([
            "Berkas publik gelombang ini belum dilihat cukup saksi pada waktunya. Periksa antrean tugas dan para saksi.",
            "Not enough witnesses saw the public files of this wave in time. Look at the jobs, and at the witnesses.",
        ]),
        PublicRefusal::LateFreeze { .. } => no([
            "Daftar gelombang ini seharusnya sudah terbit sehari sebelum undian. Batalkan, lalu terbitkan nomor lain.",
            "The list of this wave had to be public a day before the draw. Cancel it and publish another number.",
        ]),
        PublicRefusal::NoRound { .. } => no([
            "Nilai acak untuk undian ini belum diambil. Ambil dengan perintah `gelombang wave beacon`.",
            "The random value of this draw has not been fetched. Fetch it by `gelombang wave beacon`.",
        ]),
    }
}

const fn proposal(refusal: &ProposalRefusal) -> Words {
    match refusal {
        ProposalRefusal::Open { .. } => no([
            "Tindakan ini sudah diusulkan. Setujui atau tolak dahulu usulan itu.",
            "This act is proposed already. Approve or reject that proposal first.",
        ]),
        ProposalRefusal::Decided { .. } => no([
            "Usulan ini sudah diputus, dan permintaan Anda tidak mengubah apa pun. Lihat daftar usulan.",
            "This proposal is decided already, and your request changed nothing. Look at the list of proposals.",
        ]),
        ProposalRefusal::Expired { .. } => no([
            "Usulan ini sudah terlalu lama. Usulkan lagi.",
            "This proposal is too old. Propose it again.",
        ]),
        ProposalRefusal::Differs { .. } => no([
            "Yang hendak disetujui berbeda dengan yang diusulkan. Lihat daftar usulan.",
            "What is to be approved is not what was proposed. Look at the list of proposals.",
        ]),
        ProposalRefusal::AnswerLost { .. } => no([
            "Tindakan ini sudah dilakukan dan usulannya disetujui; hanya jawabannya yang hilang.",
            "The act is done and its proposal approved; only the answer was lost.",
        ]),
        ProposalRefusal::NeedsDocuments(_) => no([
            "Usulan ini dibuat dengan berkas yang harus dibawa lagi. Setujui lewat baris perintah.",
            "This proposal was made with documents that have to be brought again. Approve it at the command line.",
        ]),
        ProposalRefusal::WritesFiles(_) => no([
            "Tindakan ini menulis berkas bagi petugas yang menyetujui. Setujui lewat baris perintah.",
            "This act writes files for whoever approves it. Approve it at the command line.",
        ]),
        ProposalRefusal::Retired => no([
            "Seorang petugas pada usulan ini sudah berhenti. Usulkan lagi.",
            "An officer of this proposal has retired. Propose it again.",
        ]),
        ProposalRefusal::None { .. } | ProposalRefusal::Unknown(_) => unknown([
            "Usulan ini tidak ada. Lihat daftar usulan.",
            "There is no such proposal. Look at the list of proposals.",
        ]),
    }
}

const fn officer(refusal: &OfficerRefusal) -> Words {
    match refusal {
        OfficerRefusal::Unknown(_) => unknown([
            "Petugas ini tidak ada. Lihat daftar petugas.",
            "There is no such officer. Look at the list of officers.",
        ]),
        OfficerRefusal::NameTaken(_) => no([
            "Nama ini sudah dipakai petugas lain. Pakai nama lain, atau sebut id petugas itu.",
            "Another officer has this name. Use another one, or name the id of that officer.",
        ]),
        OfficerRefusal::OtherName => no([
            "Petugas dengan id ini bernama lain. Lihat daftar petugas.",
            "The officer of this id has another name. Look at the list of officers.",
        ]),
        OfficerRefusal::Incomplete => no([
            "Petugas baru memerlukan nama, peran, dan kredensial.",
            "A new officer needs a name, a role and a credential.",
        ]),
        OfficerRefusal::NoName => no([
            "Nama petugas terdiri dari 1 sampai 100 bita tanpa karakter kendali.",
            "The name of an officer has 1 to 100 bytes and no control characters.",
        ]),
        OfficerRefusal::NothingGiven(_) => no([
            "Tidak ada yang diberikan kepada petugas ini. Sebut peran atau kredensial.",
            "Nothing is given to this officer. Name a role or a credential.",
        ]),
        OfficerRefusal::CredentialUsed => no([
            "Petugas ini pernah memakai kredensial itu. Buat yang baru.",
            "The officer had this credential before. Make a new one.",
        ]),
        OfficerRefusal::Retired(_) => no([
            "Petugas ini sudah berhenti. Tambahkan petugas baru.",
            "This officer has retired. Add a new officer instead.",
        ]),
        OfficerRefusal::LastAdministrators(_) => no([
            "Ini salah satu dari dua administrator terakhir. Tambahkan administrator lain dahulu.",
            "This is one of the last two administrators. Add another one first.",
        ]),
        OfficerRefusal::UnknownCredential => (
            StatusCode::UNAUTHORIZED,
            [
                "Kredensial ini tidak berlaku lagi. Tunjukkan yang berlaku.",
                "This credential is not in force any more. Show the one in force.",
            ],
        ),
        OfficerRefusal::Reason(_) => no([
            "Alasan ini tidak dapat dipakai. Tulis alasan singkat tanpa data pribadi.",
            "This is no reason that can be kept. Write a short one without personal data.",
        ]),
        OfficerRefusal::Founded | OfficerRefusal::FounderRole | OfficerRefusal::WrongCode => no([
            "Petugas pertama ditambahkan, dan kode pemulihan dipakai, lewat baris perintah.",
            "The first officers are added, and recovery codes used, at the command line.",
        ]),
    }
}

const fn appeal(refusal: &AppealRefusal) -> Words {
    match refusal {
        AppealRefusal::Unknown(_) => unknown([
            "Keberatan ini tidak ada. Lihat daftar keberatan.",
            "There is no such appeal. Look at the list of appeals.",
        ]),
        AppealRefusal::Answered(..) => {
            no(["Keberatan ini sudah dijawab.", "This appeal is answered already."])
        }
        AppealRefusal::Barred(GrantBar::Rule(_)) => no([
            "Satu syarat masih belum terpenuhi menurut data sekarang. Mintalah pusat data itu memperbaiki jawabannya dahulu.",
            "A rule still keeps the person out by what is known now. Have the answer of its register corrected first.",
        ]),
        AppealRefusal::Barred(GrantBar::Restated) => no([
            "Orang ini sudah mengubah kartu keluarga, tanggal lahir, atau kabupaten/kota setelah SK, jadi isian saat ikut tidak benar. Jawab dengan decision_stands.",
            "The person has corrected family card, birth date or region since the decree, so what was stated at the join was not so. Answer decision_stands.",
        ]),
        AppealRefusal::Barred(GrantBar::TicketBehind) => no([
            "Nomor undian orang ini tetap di belakang yang terpilih. Jawab dengan ticket_behind.",
            "The ticket of this person is behind those that were drawn. Answer ticket_behind.",
        ]),
        AppealRefusal::Barred(GrantBar::NoSeat) => no([
            "Tidak ada tempat bebas di daerah orang ini. Jawab dengan no_seat, atau tunggu tempat kembali.",
            "No seat of the person's region waits. Answer no_seat, or wait until one comes free.",
        ]),
        AppealRefusal::NotSo(_) => no([
            "Jawaban itu tidak sesuai kenyataan. Periksa lagi keberatan ini.",
            "That answer is not so. Look at the appeal again.",
        ]),
        AppealRefusal::FilingRuns { .. } => no([
            "Orang lain di daerah ini dengan nomor undian lebih baik masih dapat mengajukan keberatan. Jawaban ini dapat diberikan mulai",
            "Somebody else of this region with a better ticket may still appeal. This answer can be given from",
        ]),
        AppealRefusal::OutOfTurn { .. } => no([
            "Jawaban ini menunggu giliran menurut nomor undian di daerah ini. Jawab dahulu keberatan",
            "This answer waits for its turn among the tickets of this region. First answer the appeals",
        ]),
    }
}

const fn roll(refusal: &RollRefusal) -> Words {
    match refusal {
        RollRefusal::NotPublished(_) => no([
            "Gelombang ini tidak diterbitkan sebagai folder, jadi daftarnya tetap. Yang seharusnya ada di dalamnya dapat mengajukan keberatan setelah SK.",
            "This wave is not published as a folder, so its list stays. Whoever should be in it may appeal after the decree.",
        ]),
        RollRefusal::Bar(CorrectionBar::NotFrozen { .. }) => no([
            "Daftar hanya dapat dikoreksi antara penetapan dan undiannya. Lihat daftar gelombang.",
            "A list can be corrected between its freeze and its draw only. Look at the list of waves.",
        ]),
        RollRefusal::Bar(CorrectionBar::UsedUp { .. }) => no([
            "Daftar ini sudah dikoreksi sebanyak yang diizinkan aturannya. Yang seharusnya ada di dalamnya dapat mengajukan keberatan setelah SK.",
            "This list was corrected as often as its rules allow. Whoever should be in it may appeal after the decree.",
        ]),
        RollRefusal::Bar(CorrectionBar::TooLate { .. }) => no([
            "Para saksi tidak sempat lagi melihat koreksi sebelum undian. Daftar dapat dikoreksi sampai",
            "Witnesses could not see a correction before the draw any more. The list could be corrected until",
        ]),
        RollRefusal::NoRoom { .. } => no([
            "Undian tidak dapat dimundurkan, karena pengumumannya bertabrakan dengan gelombang berikutnya.",
            "The draw cannot be moved, since its announcement would collide with the next wave.",
        ]),
        RollRefusal::Number { .. } => {
            no(["Sebut 1 sampai 1.000 orang.", "Name 1 to 1,000 persons."])
        }
        RollRefusal::NotMembers { .. } => no([
            "Sebagian id bukan peserta gelombang ini, atau sudah mengundurkan diri. Perbaiki atau hilangkan:",
            "Some ids are no members of this wave, or have withdrawn. Correct or leave out:",
        ]),
        RollRefusal::OtherPlan { .. } => no([
            "Daftar ini sudah dikoreksi sejak usulan dibuat. Usulkan lagi.",
            "This list was corrected since the proposal was made. Propose it again.",
        ]),
        RollRefusal::Unchanged(_) => no([
            "Menurut data sekarang daftar ini tidak akan berubah. Mintalah pusat data memperbaiki jawabannya dahulu.",
            "On what is known now the list would stay as it is. Have the answer of the register corrected first.",
        ]),
    }
}
