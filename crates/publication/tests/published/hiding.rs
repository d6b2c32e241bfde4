//! Hidden classes: whom the rule hides, and what stays public of them.

use publication::format::{ResultFile, SeedFile};
use publication::verify::{Options, StepName, verify};
use publication::write::{FromEarlier, OpenedRecord};
use selection::digest::Seed;
use selection::draw::MaskResult;
use selection::policy::Share;
use selection::record::{HIDDEN_MASK, Record, RecordParts};
use selection::ticket::Ticketer;

use crate::faults::{replan, test_signature};
use crate::maker::{Made, Someone, draw_key, earlier, people, records};
use crate::support::FOLDERS;
use crate::verifying::{detail, failed};

/// Goal: a policy that hides nobody is kept; method: hide one record of a wave whose small cells are
/// shown, with tree, plan and announcements to match.
#[test]
fn nobody_is_hidden_without_the_rule() {
    let (folder, label) = FOLDERS[0];
    let made = Made::announced(folder, label);
    let mut entries = made.read("entries.bin");
    entries[3 * 64 + 50..][..2].fill(0xff);
    entries[3 * 64 + 53] |= 1;
    replan(&made, &entries);
    let report = verify(&made.path, &Options::default());
    assert!(failed(&report).contains(&StepName::Entries), "{report}");
    let step = &report.steps[1];
    assert!(step.index == Some(3) && step.detail.contains("hides its class"), "{report}");
}

/// Goal: more people than small cells can hold cannot be hidden; method: hide everybody with a trait.
#[test]
fn few_are_hidden() {
    let (folder, label) = FOLDERS[3];
    let drawn = |hide: &dyn Fn(&OpenedRecord) -> bool| {
        let mut made = Made::begin(folder, |_| ());
        let mut list = records(made.writer.policy(), &draw_key(label), &people(folder));
        for own in list.iter_mut().filter(|own| own.true_mask.is_none() && hide(own)) {
            let parts = *own.record.parts();
            own.true_mask = Some(parts.mask);
            let (mask, flags) = (HIDDEN_MASK, parts.flags | 1);
            own.record = Record::new(RecordParts { mask, flags, ..parts }).unwrap();
        }
        let (_, plan) = made.commit(1, &list, earlier(folder));
        made.draw(&test_signature(&made, plan.round));
        made.announce_everything(1);
        verify(&made.path, &Options::default())
    };
    let report = drawn(&|_| false);
    assert!(report.ok() && !detail(&report, StepName::Draw).contains("EVERY"), "{report}");
    let report = drawn(&|own| own.record.parts().mask != 0);
    assert_eq!(failed(&report), [StepName::Entries], "{report}");
    assert!(detail(&report, StepName::Entries).contains("records, small cells hold"), "{report}");
}

/// A wave of three people of one region whose classes are all different, for two seats by ticket.
fn three_people() -> Made {
    let (folder, label) = FOLDERS[3];
    let mut made = Made::begin(folder, |parts| {
        let rules = &mut parts.policy.rules;
        (rules.base, rules.reserve, rules.household_cap) = (2, Share::NONE, 0);
        rules.regions.iter_mut().for_each(|region| region.floor = 0);
        rules.pools.iter_mut().for_each(|pool| pool.guarantees.clear());
        rules.national.clear();
    });
    let everybody = people(folder);
    let mut three: Vec<Someone> = Vec::new();
    for own in everybody {
        let region = three.first().map_or(own.region, |first| first.region);
        let new = three.iter().all(|one| one.mask != own.mask);
        if own.mask != 0 && own.region == region && new && three.len() < 3 {
            three.push(own);
        }
    }
    let list = records(made.writer.policy(), &draw_key(label), &three);
    let (_, plan) = made.commit(1, &list, FromEarlier::default());
    made.draw(&test_signature(&made, plan.round));
    made.announce_everything(1);
    made
}

/// Goal: hidden people cannot be passed over without a guarantee; method: in a region that hides every
/// class, and says so, give a seat by ticket to the last instead of the second.
#[test]
fn seats_by_ticket_go_by_ticket() {
    let made = three_people();
    let report = verify(&made.path, &Options::default());
    assert!(report.ok(), "{report}");
    let region = u16::from_be_bytes(made.read("entries.bin")[48..50].try_into().unwrap());
    let said = format!("EVERY class is hidden in regions {region}");
    assert!(detail(&report, StepName::Draw).contains(&said), "{report}");

    let seed = SeedFile::read(&made.read("seed.json")).unwrap().seed;
    let ticketer = Ticketer::new(&Seed::from_bytes(seed));
    let entries = made.read("entries.bin");
    let ticket = |bytes: &[u8; 64]| {
        let record = Record::from_bytes(bytes).unwrap();
        ticketer.ticket(&record.parts().entry_tag, record.parts().weight)
    };
    let tickets: Vec<_> = entries.as_chunks().0.iter().map(ticket).collect();
    let mut order = [0, 1, 2];
    order.sort_by_key(|at| tickets[*at]);
    let mut waitlist = [0; 12];
    waitlist[order[1] * 4 + 3] = 1;
    made.write("waitlist.bin", &waitlist);
    made.write("selected.bin", &[0xe0 & !(0x80 >> order[1])]);
    let mut result = ResultFile::read(&made.read("result.json")).unwrap();
    let own = result.regions.iter_mut().find(|own| own.code == region).unwrap();
    let row = MaskResult { mask: HIDDEN_MASK, n: 3, selected: 2, step1: 0, close: None };
    assert_eq!(own.pools[0].masks, [row]);
    own.pools[0].cutoff = Some(tickets[order[0]]);
    made.write("result.json", &result.write());
    made.announce_anew();
    let report = verify(&made.path, &Options::default());
    assert_eq!(failed(&report), [StepName::Draw], "{report}");
    assert!(
        detail(&report, StepName::Draw).contains("more people have seats by ticket"),
        "{report}"
    );
}

/// Goal: how many people a pool met is for auditors where classes are hidden (section 16.10); method:
/// count one less.
#[test]
fn counts_of_hidden_regions_are_for_auditors() {
    let (folder, label) = FOLDERS[3];
    let made = Made::announced(folder, label);
    let mut result = ResultFile::read(&made.read("result.json")).unwrap();
    let mut hidden = result.regions.iter_mut().filter(|own| !own.public);
    let rows = &mut hidden.next().unwrap().pools[0].masks;
    rows.iter_mut().find(|row| row.n > row.selected).unwrap().n -= 1;
    made.write("result.json", &result.write());
    made.announce_anew();
    let report = verify(&made.path, &Options::default());
    assert!(report.ok(), "{report}");
}
