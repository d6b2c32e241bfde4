//! Pages of waves in English.

use domain::wave::WaveState;

use super::{StepText, WaveTexts};

pub(in crate::texts) const TEXTS: WaveTexts = WaveTexts {
    list_title: "Waves",
    list_summary: "All waves: when they open, close and are announced, their places, and the files of their draws.",
    page_summary: |wave| {
        format!("The state of wave {wave}, its places by region, and how to check its draw.")
    },
    region_summary: |region, wave| format!("Places and results of wave {wave} in {region}."),
    list_lead: "Each wave opens, closes, is drawn and then announced. Joining early gives no better \
                chance.",
    open_heading: "Open now",
    open_until: |until, places| format!("Open until {until}, for {places} places."),
    open_link: |wave| format!("See wave {wave}"),
    all_heading: "All waves",
    no_waves: "There is no wave yet.",
    table_sideways: "Move the table sideways to see numbers and dates.",
    table_caption: "All waves, the newest first",
    number: "Wave",
    state: "State",
    places: "Places",
    entries: "In the list",
    selected: "Selected",
    opens: "Opens",
    closes: "Closes",
    results: "Announced",
    published: "published in full",
    published_so_far: "published step by step",
    coverage: |waves| {
        format!(
            "The full publication, from which anybody can recompute the draw, exists for waves \
             {waves}. Of other waves there are only counts; of those under way also the files \
             published so far."
        )
    },
    coverage_none: "No wave is published in full yet, so the public cannot recompute a draw. There \
                    are only counts; of waves under way also the files published so far.",

    title: |wave| format!("Wave {wave}"),
    states: |state| match state {
        WaveState::Draft => "not open yet",
        WaveState::Open { .. } => "open",
        WaveState::Closed { .. } => "closed, data are checked",
        WaveState::Frozen { .. } => "list fixed, waiting for the draw",
        WaveState::Drawn { .. } => "drawn, waiting for the decree",
        WaveState::Appointed { .. } => "beneficiaries appointed",
        WaveState::Settled { .. } => "settled",
        WaveState::Cancelled { .. } => "cancelled",
    },
    stage_rules: "rules published",
    stage_list: "list published, waiting for the draw",
    stage_result: "result published",
    state_is: |state| format!("State: {state}"),
    test_beacon: "TEST BEACON",
    test_beacon_means: "The random number of this draw could be predicted. This was no real draw.",
    lead_before: |places| format!("This wave has {places} places."),
    lead_listed: |entries, places| {
        format!("{entries} people are in the list of the draw, for {places} places.")
    },
    lead_drawn: |entries, places, selected| {
        format!(
            "{entries} people were in the list of the draw, for {places} places. {selected} were selected."
        )
    },
    unpublished: "This wave is not published in full. This page has counts alone; the draw cannot \
                  be recomputed from here.",
    all_waves: "All waves",
    check_receipt: "Check my result",

    timeline: "What is published when",
    timeline_lead: "The list is fixed and signed by witnesses before anybody can know the random \
                    number. That is why this order matters.",
    steps: [
        StepText { name: "T0: rules", what: "All rules are published before registration opens." },
        StepText {
            name: "T1: registration closes",
            what: "Everybody who registered holds a signed receipt.",
        },
        StepText {
            name: "T2: list and places",
            what: "The list under pseudonyms, the places of each region and the plan of the draw \
                   are published. From then on everybody can look for their own entry.",
        },
        StepText {
            name: "T3: contributions revealed",
            what: "Independent parties reveal the secret numbers that they committed to at T2.",
        },
        StepText {
            name: "T4: draw",
            what: "The public random beacon gives its value. The round follows from the rules; \
                   nobody picks it.",
        },
        StepText {
            name: "After T4: result",
            what: "Limits, counts, who is selected and who waits at which rank are published.",
        },
        StepText { name: "Later", what: "Appeals granted, and places taken away." },
    ],
    corrected: |plan, draw_at| {
        format!(
            "The list was corrected while everybody could look at it: this is plan {plan}, and its draw has moved to {draw_at}."
        )
    },
    there: "there",
    not_there: "not there yet",

    files: "Files to download",
    files_lead: |quorum, witnesses| {
        format!(
            "The digest of each file is in a log that only grows, signed by at least {quorum} of \
             {witnesses} witnesses. No NIK, name or address is in them."
        )
    },
    file_texts: [
        (
            "policy.json",
            "All rules of this wave, the times T1 to T4, the beacon, and the keys of the witnesses.",
        ),
        ("entries.bin", "The list under pseudonyms, 64 bytes for each person, by region."),
        (
            "quota.json",
            "The places of each region, pool and guarantee, and why a guarantee was lowered.",
        ),
        (
            "plan.json",
            "The plan of the draw: digests of the files above, and the round of the beacon.",
        ),
        ("reveals.json", "The secret numbers that independent parties revealed."),
        ("seed.json", "The beacon's value, and the seed of the draw that follows from it."),
        ("result.json", "Counts and limits of each region, pool and class."),
        ("selected.bin", "Who is selected: one bit for each entry, in the order of the list."),
        ("waitlist.bin", "The rank on the waitlist of each entry, in the order of the list."),
        ("corrections.json", "Appeals granted from the reserve."),
        ("revoked.json", "Places taken away, and who follows."),
        ("tree/", "The list's Merkle tree in tiles, with which a phone checks one entry alone."),
        ("log/", "A copy of the announcement log that the witnesses signed."),
        ("proofs/", "A proof for each file that the log has it."),
        (
            "registration/",
            "The registration log: digests of the receipts handed out before the list, hour by hour.",
        ),
    ],
    proof: "log proof",
    all_files: "Addresses of all files, one a line",

    seats: "Places and result by region",
    seats_none: "The places of each region are fixed once registration has closed.",
    source_base: |places| format!("{places} places are the wave's own."),
    source_returned: |places| format!("{places} came back from places taken away."),
    source_carried: |places| format!("{places} were left over by the wave before."),
    source_reserve: |places| format!("{places} are kept back for appeals."),
    by_region: "Places and result by regency and city",
    by_province: "Places and result by province; choose one to see its regencies and cities",
    region: "Regency or city",
    province: "Province",
    in_play: "In the draw",
    capped: |people| {
        format!(
            "{people} people in the list are not drawn, since only some members of one family card \
             can take part."
        )
    },
    general_limit: "General limit",
    total: "Total",
    limit_means: "Everybody in the draw gets one ticket, a very long number written with the digits \
                  0–9 and the letters a–f; only the first eight are shown here. Smaller tickets come \
                  first. The general limit is the largest ticket that still got a place whatever its \
                  class: a ticket that is not above it is selected. Classes with guaranteed places \
                  may have a limit of their own; see the page of the region.",
    limit_example: |region, hex, million| {
        format!(
            "For example, the general limit of {region}, {hex}…, is {million} on the line from 0 to \
             999,999 of the page Check my result."
        )
    },
    limit_none: "none",
    details: "Pools, guaranteed places and limits of classes are on the page of each region.",
    csv: "All regions and pools as CSV, for spreadsheets",

    region_title: |region, wave| format!("{region}, wave {wave}"),
    whole_wave: |wave| format!("All of wave {wave}"),
    whole_province: |province| format!("Province of {province}"),
    statistics: |region| format!("Statistics for {region}"),
    pools: "Pools",
    pools_lead: "The places of a region may be split into pools. The general pool takes everybody.",
    pools_caption: "Places by pool",
    pool: "Pool",
    open_pool: "general",
    short: "Guarantees not filled",
    guarantees: "Guaranteed places",
    guarantees_lead: "At least so many for people of the class. One person fills at most one \
                      guaranteed place.",
    guarantees_caption: "Guaranteed places by pool and class",
    class: "Class",
    asked: "By the rule",
    guaranteed: "Guaranteed",
    why: "Reason",
    too_few_people: "too few people",
    too_few_seats: "too few places",
    classes: "Result by class",
    classes_lead: "You are selected in a pool if your ticket is not above the limit of your class \
                   or the general limit of that pool.",
    classes_caption: "Result by class and pool",
    people: "People",
    class_limit: "Limit of the class",
    no_class: "no trait",
    hidden_class: "not published",
    has_hidden: "Classes of a few people are not published in this region. Auditors who hold the \
                 true classes can recompute all of it.",

    check: "Check it yourself",
    check_own: "If you hold a receipt, your browser can work out your ticket and your result. Your \
                receipt and your NIK are sent nowhere.",
    check_own_link: "Check my result",
    check_whole: "Anybody can recompute the whole draw from the files of this wave, by either of two \
                  programs that were written apart and share not a line.",
    check_fetch: "Download the folder of this wave:",
    check_site: "Put the address of this site for SITE.",
    check_run: "Then run one of these, or both:",
    check_keys: "Add --keys with keys that you got from the witnesses themselves; else those of the \
                 folder are used. If places come from an earlier wave, add --previous with its \
                 folder.",
    proves_heading: "What this proves",
    proves: [
        "List and places were fixed, and witnessed, before the random number existed.",
        "The places of each region, pool and guarantee follow from the rules.",
        "Random number, tickets, limits, selected people and waitlist could not be others.",
        "There was no second draw; and with keys from the witnesses themselves: nobody is shown \
         another version of these files.",
    ],
    proves_not_heading: "What it does not prove, and who would notice",
    proves_not: [
        (
            "That every entry is a real and eligible person",
            "auditors: they open all who are selected, and a random sample",
        ),
        ("That nobody who registered was left out", "that person, by the receipt"),
        (
            "That somebody's class and region are true",
            "that person by the receipt; auditors for those selected",
        ),
        ("Classes that are not published", "auditors who hold the true classes"),
        (
            "That the keys in the folder are those of the witnesses",
            "the witnesses, who know their own keys",
        ),
    ],
};
