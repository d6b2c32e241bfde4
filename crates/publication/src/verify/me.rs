//! What became of the holder of one receipt (sections 10 and 16.9).
//!
//! Looks at one record, the few tiles above it, and the files that the log proves; the list and the draw
//! as a whole are for [`super::verify`].

use std::path::Path;

use selection::draw::{Admission, Limit, PoolLimits, Step, WAITLIST_CAPPED, admission};
use selection::receipt::ReceiptKind;
use selection::record::{HIDDEN_MASK, HouseholdTag, Record};
use selection::ticket::{Ticket, Ticketer};
use selection::tree::{inclusion_path, record_leaf, verify_inclusion};

use super::draw::Outcomes;
use super::folder::Folder;
use super::later::Later;
use super::memo::Memo;
use super::report::Fault;
use super::{Entries, Span, log, seed};
use crate::files::digest_of;
use crate::format::{PlanFile, RegionOutcome};
use crate::log::{Trust, read_tile};
use crate::receipt::SignedReceipt;

/// What the holder of the receipt has beside it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look<'l> {
    /// The NIK, 16 ASCII digits, to prove that the entry is of this person.
    pub nik: Option<&'l [u8; 16]>,
    /// Keys known from elsewhere; without them those of the policy are believed.
    pub trust: Option<&'l Trust>,
}

/// What became of the holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Number of the wave, once the folder could be read.
    pub wave: Option<u32>,
    /// Place in the list, from 0, if the holder is in it.
    pub record: Option<u64>,
    /// The draw number, if the wave was drawn.
    pub ticket: Option<Ticket>,
    /// The outcome of the draw, and why.
    pub standing: Standing,
    /// What happened to the holder's seat after the draw, if anything did.
    pub later: Option<Later>,
    /// What the receipt proves.
    pub proven: Proven,
    /// Whether the receipt was held against a NIK.
    pub nik_checked: bool,
    /// Whether the seed was predictable.
    pub test_beacon: bool,
    /// Whether keys were pinned.
    pub pinned: bool,
}

/// What a receipt proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// It has the commitment of the record, which is nobody else's.
    Entry,
    /// It is from before the list; a record with its entry may be another person's.
    Registration,
}

/// The outcome, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Has a seat.
    Selected {
        /// The limit that let the ticket in.
        against: Against,
    },
    /// In play without a seat.
    Waitlist {
        /// Place among the waiting of the region, from 1.
        rank: u32,
        /// The waiting of the region.
        waiting: u32,
        /// The highest limit for the class.
        against: Against,
    },
    /// Other members of the family card have smaller tickets.
    HouseholdCap,
    /// Not in the list, although the receipt is genuine.
    Missing {
        /// Time of the receipt, Unix seconds.
        registered_at_s: u64,
    },
    /// In the list of a wave that was not drawn yet.
    Undrawn {
        /// Time of the draw, Unix seconds.
        draw_at_s: u64,
    },
    /// Receipt, folder or NIK do not fit each other.
    Error(Refusal),
}

/// What the ticket was compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// A published limit.
    Threshold(Threshold),
    /// Nobody of this class has a seat, so there is no limit.
    NoSeats,
    /// The class is hidden, so its limit is known to auditors alone; the lists decide.
    Hidden,
}

/// A published limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Largest ticket with such a seat.
    pub ticket: Ticket,
    /// Name of the pool.
    pub pool: String,
    /// The step of the pool.
    pub step: Step,
}

/// Why a receipt has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no receipt.
    #[error("this file is not a valid receipt")]
    Unreadable,
    /// It is of another wave.
    #[error("this receipt is not of this wave")]
    OtherWave,
    /// The operator did not sign it.
    #[error("the signature on this receipt is not valid")]
    Forged,
    /// It is of another person.
    #[error("this receipt does not belong to the NIK given")]
    OtherNik,
    /// The list promises something else.
    #[error("the list has other data than your receipt; this receipt is proof for an appeal")]
    OtherRecord,
    /// The record is not under the root of the plan.
    #[error("your entry is not in the list that was witnessed")]
    NotWitnessed,
    /// The outcome does not follow from ticket and limits.
    #[error("the published outcome contradicts your ticket")]
    Contradiction,
    /// The folder is damaged or lies.
    #[error("the published folder cannot be trusted: {0}")]
    Folder(String),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Folder(fault.text)
    }
}

/// How an answer ends, in one word (section 16.9), and `undrawn` before the draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `selected`
    Selected,
    /// `waitlist`
    Waitlist,
    /// `household_cap`
    HouseholdCap,
    /// `missing`
    Missing,
    /// `error`
    Error,
    /// `undrawn`
    Undrawn,
}

impl Ending {
    /// The word.
    pub fn text(self) -> &'static str {
        match self {
            Self::Selected => "selected",
            Self::Waitlist => "waitlist",
            Self::HouseholdCap => "household_cap",
            Self::Missing => "missing",
            Self::Error => "error",
            Self::Undrawn => "undrawn",
        }
    }

    /// Whether something is wrong, so that the holder should appeal.
    pub fn is_fault(self) -> bool {
        matches!(self, Self::Missing | Self::Error)
    }
}

impl Answer {
    /// The outcome in one word.
    pub fn ending(&self) -> Ending {
        match self.standing {
            Standing::Selected { .. } => Ending::Selected,
            Standing::Waitlist { .. } => Ending::Waitlist,
            Standing::HouseholdCap => Ending::HouseholdCap,
            Standing::Missing { .. } => Ending::Missing,
            Standing::Undrawn { .. } => Ending::Undrawn,
            Standing::Error(_) => Ending::Error,
        }
    }
}

/// Looks up the holder of a receipt in a published folder.
pub fn me(folder: &Path, receipt: &[u8], look: Look<'_>) -> Answer {
    let mut answer = Answer {
        wave: None,
        record: None,
        ticket: None,
        standing: Standing::Error(Refusal::Unreadable),
        later: None,
        proven: Proven::Registration,
        nik_checked: look.nik.is_some(),
        test_beacon: false,
        pinned: look.trust.is_some(),
    };
    answer.standing = look_up(folder, receipt, look, &mut answer).unwrap_or_else(Standing::Error);
    answer
}

fn look_up(
    path: &Path,
    receipt: &[u8],
    look: Look<'_>,
    answer: &mut Answer,
) -> Result<Standing, Refusal> {
    let receipt = SignedReceipt::read(receipt).map_err(|_| Refusal::Unreadable)?;
    // The largest file by far takes as long as all others together, so it is read beside them.
    let (folder, waitlist) = rayon::join(|| Folder::load(path), || digest_of_waitlist(path));
    let folder = folder?;
    answer.wave = Some(folder.policy.wave().1);
    answer.test_beacon = folder.policy.policy().get().beacon.test;
    check_receipt(&folder, &receipt, look)?;
    let is_drawn = !folder.seed.is_missing() || !folder.result.is_missing();
    let (plan, _) = folder.plan.get("plan.json")?;
    log::check_some(&folder, look.trust, &believed(&folder, plan, is_drawn, waitlist)?)?;
    if is_drawn {
        check_seed(&folder)?;
    }
    answer.later = Later::of(&folder, receipt.receipt.entry_tag);
    let entries = open_list(&folder, plan)?;
    let Some((span, index)) = find(&folder, &entries, &receipt)? else {
        // A list that was cut or disordered must not pass for one that leaves somebody out.
        let digest = digest_of(&folder.path.join("entries.bin"));
        if digest.ok().flatten() != Some(plan.entries) {
            return Err(Refusal::Folder("entries.bin is not that of plan.json".to_owned()));
        }
        return Ok(Standing::Missing { registered_at_s: receipt.receipt.registered_at_s });
    };
    let record = entries.record(index)?;
    answer.record = Some(index);
    check_record(&receipt, &record)?;
    if receipt.receipt.commitment == record.parts().commitment {
        answer.proven = Proven::Entry;
    }
    check_included(&folder, plan, index, &record)?;
    if !is_drawn {
        return Ok(Standing::Undrawn { draw_at_s: plan.t4 });
    }
    let own = Own { folder: &folder, entries: &entries, receipt: &receipt, record, span, index };
    own.standing(answer)
}

/// SHA-256 of `waitlist.bin`, unless it is larger than its list allows.
fn digest_of_waitlist(path: &Path) -> Result<Option<[u8; 32]>, Fault> {
    let records = Entries::open(path).map_or(0, |entries| entries.records());
    log::digest_within(path, "waitlist.bin", records.saturating_mul(4))
}

/// The files that an answer rests on, with their digests; those that are missing have none.
fn believed<'f>(
    folder: &'f Folder,
    plan: &PlanFile,
    is_drawn: bool,
    waitlist: Result<Option<[u8; 32]>, Fault>,
) -> Result<Vec<(&'f str, Option<[u8; 32]>)>, Refusal> {
    let mut files =
        vec![("policy.json", Some(folder.policy.digest)), ("plan.json", folder.plan.digest())];
    if is_drawn {
        files.push(("seed.json", folder.seed.digest()));
        files.push(("result.json", folder.result.digest()));
        let bits = u64::from(plan.n).div_ceil(8);
        files.push(("selected.bin", log::digest_within(&folder.path, "selected.bin", bits)?));
        files.push(("waitlist.bin", waitlist?));
    }
    let batches = folder.revoked.iter().map(|(name, own)| (name.as_str(), own.digest()));
    files.extend(batches);
    let others = [
        ("reveals.json", folder.reveals.digest(), folder.reveals.is_missing()),
        ("corrections.json", folder.corrections.digest(), folder.corrections.is_missing()),
    ];
    let there = others.into_iter().filter(|(_, _, is_missing)| !is_missing);
    files.extend(there.map(|(name, digest, _)| (name, digest)));
    Ok(files)
}

/// The seed follows, and the result is of this seed and plan.
fn check_seed(folder: &Folder) -> Result<(), Refusal> {
    seed::check(folder, &mut Memo::default()).verdict?;
    let (seed, _) = folder.seed.get("seed.json")?;
    let (result, _) = folder.result.get("result.json")?;
    if result.seed == seed.seed && Some(result.plan) == folder.plan.digest() {
        Ok(())
    } else {
        Err(Refusal::Folder("result.json: it is of another plan or seed".to_owned()))
    }
}

pub(super) fn check_receipt(
    folder: &Folder,
    receipt: &SignedReceipt,
    look: Look<'_>,
) -> Result<(), Refusal> {
    if receipt.ctx != folder.ctx() {
        return Err(Refusal::OtherWave);
    }
    let pinned = look.trust.and_then(Trust::receipt_key);
    let ctx = &folder.policy.ctx;
    if !receipt.is_genuine(ctx, &pinned.unwrap_or(folder.policy.receipt_key)) {
        return Err(Refusal::Forged);
    }
    match look.nik {
        Some(nik) if !receipt.opens_with(ctx, nik) => Err(Refusal::OtherNik),
        _ => Ok(()),
    }
}

fn open_list(folder: &Folder, plan: &PlanFile) -> Result<Entries, Refusal> {
    let entries = Entries::open(&folder.path)
        .map_err(|error| Refusal::Folder(format!("entries.bin: {error}")))?;
    if entries.records() == u64::from(plan.n) {
        Ok(entries)
    } else {
        let text = format!("entries.bin has {} records, plan.json {}", entries.records(), plan.n);
        Err(Refusal::Folder(text))
    }
}

/// The record of the receipt; checks after the registration may have moved it to another region.
fn find(
    folder: &Folder,
    entries: &Entries,
    receipt: &SignedReceipt,
) -> Result<Option<(Span, u64)>, Refusal> {
    let regions = &folder.policy.policy().get().rules.regions;
    let codes = regions.iter().map(|region| region.code);
    for code in [receipt.receipt.region].into_iter().chain(codes) {
        let span = entries.span(code)?;
        if let Some(index) = entries.find(span, receipt.receipt.entry_tag)? {
            return Ok(Some((span, index)));
        }
    }
    Ok(None)
}

/// A receipt for the final record has what the record has, with the true mask.
fn check_record(receipt: &SignedReceipt, record: &Record) -> Result<(), Refusal> {
    let (own, parts) = (&receipt.receipt, record.parts());
    let same = own.commitment == parts.commitment
        && own.region == parts.region
        && own.weight == parts.weight
        && own.flags == parts.flags
        && [own.mask, HIDDEN_MASK].contains(&parts.mask);
    if same || own.kind == ReceiptKind::Registered { Ok(()) } else { Err(Refusal::OtherRecord) }
}

fn check_included(
    folder: &Folder,
    plan: &PlanFile,
    index: u64,
    record: &Record,
) -> Result<(), Refusal> {
    let size = u64::from(plan.n);
    let tree = folder.path.join("tree");
    let path = inclusion_path(index, size, |tile| read_tile(&tree, tile))
        .map_err(|error| Refusal::Folder(format!("tree/: {error}")))?;
    let (leaf, root) = (record_leaf(&record.to_bytes()), selection::tree::NodeHash(plan.root));
    verify_inclusion(&leaf, index, size, &path, &root).map_err(|_| Refusal::NotWitnessed)
}

/// The record of the holder.
struct Own<'o> {
    folder: &'o Folder,
    entries: &'o Entries,
    receipt: &'o SignedReceipt,
    record: Record,
    span: Span,
    index: u64,
}

impl Own<'_> {
    fn standing(&self, answer: &mut Answer) -> Result<Standing, Refusal> {
        let (seed, _) = self.folder.seed.get("seed.json")?;
        let (result, _) = self.folder.result.get("result.json")?;
        let parts = self.record.parts();
        let region = result.regions.iter().find(|own| own.code == parts.region);
        let missing = || Refusal::Folder(format!("result.json has no region {}", parts.region));
        let region = region.ok_or_else(missing)?;
        let ticketer = Ticketer::new(&selection::digest::Seed::from_bytes(seed.seed));
        let ticket = ticketer.ticket(&parts.entry_tag, parts.weight);
        answer.ticket = Some(ticket);
        let rules = &self.folder.policy.policy().get().rules;
        let outcomes = Outcomes::open(self.folder, self.entries.records())?;
        let all = outcomes.read(self.span)?;
        let place = usize::try_from(self.index - self.span.start).ok();
        let own = place.and_then(|place| all.get(place)).ok_or(Refusal::Contradiction)?;
        let limits = region.limits(rules);
        let admitted = admission(&limits, self.mask(), &ticket);
        let is_hidden = parts.mask == HIDDEN_MASK;
        match *own {
            (false, WAITLIST_CAPPED) if self.is_capped(&ticketer, ticket)? => {
                Ok(Standing::HouseholdCap)
            }
            (true, 0) if is_hidden || admitted.is_some() => {
                let limit = admitted.and_then(|own| self.reached(region, &limits, own));
                Ok(Standing::Selected {
                    against: limit.map_or(Against::Hidden, Against::Threshold),
                })
            }
            (false, rank) if rank > 0 && rank != WAITLIST_CAPPED && admitted.is_none() => {
                let waiting = all.iter().filter(|(_, code)| !matches!(code, 0 | &WAITLIST_CAPPED));
                let waiting = u32::try_from(waiting.count()).unwrap_or(u32::MAX);
                let limit = || self.highest(region, &limits);
                let against = if is_hidden {
                    Against::Hidden
                } else {
                    limit().map_or(Against::NoSeats, Against::Threshold)
                };
                Ok(Standing::Waitlist { rank, waiting, against })
            }
            _ => Err(Refusal::Contradiction),
        }
    }

    /// Whether enough members of the family card have smaller tickets.
    fn is_capped(&self, ticketer: &Ticketer, ticket: Ticket) -> Result<bool, Refusal> {
        let own = self.record.parts();
        let cap = self.folder.policy.policy().get().rules.household_cap;
        if cap == 0 || own.household == HouseholdTag::NONE {
            return Ok(false);
        }
        let places = match self.record.places_left() {
            0 => cap,
            left => left,
        };
        let mut smaller = 0_u64;
        self.entries.each(self.span, |_, record| {
            let other = record.parts();
            if other.household == own.household {
                let other_ticket = ticketer.ticket(&other.entry_tag, other.weight);
                smaller += u64::from((other_ticket, other.entry_tag) < (ticket, own.entry_tag));
            }
            Ok(())
        })?;
        Ok(smaller >= u64::from(places))
    }

    /// The true mask as far as it is known; whoever does not know it has at least the limits that
    /// hold for everybody.
    fn mask(&self) -> u16 {
        match (self.record.parts().mask, self.receipt.receipt.kind) {
            (HIDDEN_MASK, ReceiptKind::Entered) => self.receipt.receipt.mask,
            (HIDDEN_MASK, ReceiptKind::Registered) => 0,
            (mask, _) => mask,
        }
    }

    /// The limit that let the ticket in.
    fn reached(
        &self,
        region: &RegionOutcome,
        limits: &[PoolLimits],
        own: Admission,
    ) -> Option<Threshold> {
        let (pool, limit) = (region.pools.get(own.pool)?, limits.get(own.pool)?);
        let (ticket, step) = match own.limit {
            Limit::Close => (*limit.close_of(self.mask())?, Step::Guarantee),
            Limit::Cutoff => (limit.cutoff?, Step::Ticket),
        };
        Some(Threshold { ticket, pool: pool.name.clone(), step })
    }

    /// The highest limit for the mask.
    fn highest(&self, region: &RegionOutcome, limits: &[PoolLimits]) -> Option<Threshold> {
        let mask = self.mask();
        let pools = region.pools.iter().zip(limits);
        let open = pools.filter(|(_, limit)| mask & limit.need == limit.need);
        let all = open.flat_map(|(pool, limit)| {
            let close = limit.close_of(mask).map(|ticket| (*ticket, Step::Guarantee));
            let cutoff = limit.cutoff.map(|ticket| (ticket, Step::Ticket));
            let threshold = |(ticket, step)| Threshold { ticket, pool: pool.name.clone(), step };
            close.into_iter().chain(cutoff).map(threshold)
        });
        all.max_by_key(|own| own.ticket)
    }
}
