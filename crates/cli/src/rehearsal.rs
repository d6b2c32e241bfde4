//! A rehearsal of publishing: log, witnesses and contributor have keys that everybody can compute, so it shows how a wave is published
//! and proves nothing about who runs it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use app::contributions::LocalContributor;
use app::folders::{FolderDesk, PublicSetup, PublicTerms, Witnesses, test_facts};
use app::receipt::ReceiptKey;
use domain::wave::WaveNumber;
use publication::format::LogName;
use publication::key::SecretKey;
use publication::log::Witness;
use selection::policy::Share;
use sha2::{Digest as _, Sha256};
use simulator::replay::PublicReplay;

/// Name of the log of a rehearsal.
const ORIGIN: &str = "rehearsal.gelombang.invalid/log";
/// Its witnesses.
const WITNESSES: [&str; 3] = ["rehearsal-witness-1", "rehearsal-witness-2", "rehearsal-witness-3"];
/// Who contributes to its seeds.
const CONTRIBUTOR: &str = "rehearsal-contributor";
/// Who signs its receipts.
const RECEIPTS: &str = "receipts";
/// Witnesses whose signatures are enough.
const QUORUM: u8 = 2;
/// Seconds by which witnesses must have seen a plan.
const MARGIN_S: u32 = 3_600;

/// The key of a name in the rehearsal of a seed.
fn key_of(seed: u64, name: &str) -> SecretKey {
    SecretKey::from_bytes(&Sha256::digest(format!("rehearsal {seed}, key of {name}")).into())
}

/// The key that signs receipts in the rehearsal of a seed.
pub(crate) fn receipt_key(seed: u64) -> ReceiptKey {
    Arc::new(key_of(seed, RECEIPTS))
}

/// Waves from `first` on are published in the folder `root`; beside it witnesses keep what they have signed. The keys follow
/// from the seed, as everything of a replay does.
pub(crate) fn rehearse(root: &Path, seed: u64, first: WaveNumber) -> anyhow::Result<PublicReplay> {
    let key_of = |name: &str| key_of(seed, name);
    let log_key = key_of(ORIGIN);
    let log = LogName { origin: ORIGIN.to_owned(), key: log_key.public() };
    let memory = |witness: &str| root.with_file_name("rehearsal").join(format!("{witness}.txt"));
    let witnesses = WITNESSES.map(|name| Witness::new(name, key_of(name), &log, &memory(name)));
    for witness in &witnesses {
        if !memory(&witness.party().name).exists() {
            witness.begin(0).context("cannot begin the witnesses of the rehearsal")?;
        }
    }
    let contributor = LocalContributor::new(CONTRIBUTOR, key_of(CONTRIBUTOR));
    let terms = PublicTerms {
        origin: ORIGIN.to_owned(),
        quorum: QUORUM,
        margin_s: MARGIN_S,
        reserve: Share::NONE,
        witnesses: witnesses.iter().map(Witness::party).collect(),
        addresses: Vec::new(),
        beacon: test_facts(),
        contributors: vec![contributor.party()],
    };
    let (log_public, receipt_key) = (log_key.public(), key_of(RECEIPTS).public());
    let setup = PublicSetup { terms, log_key: log_public, receipt_key };
    let witnesses = Witnesses::Local(witnesses.into());
    let desk = Arc::new(FolderDesk { root: root.to_owned(), log_key, witnesses });
    Ok(PublicReplay { first, setup, desk, contributor: Arc::new(contributor) })
}
