//! English: plain, British spelling, Indonesian terms explained where they stay.

use domain::funnel::Education;
use domain::nik::Sex;

use super::{
    Fault, Faults, FrameTexts, FunnelTexts, Statistics, StatusTexts, Summary, TableTexts, Texts,
};

pub(super) const TEXTS: Texts = Texts {
    frame: FrameTexts {
        skip: "Skip to the content",
        purpose: "The training-benefit programme",
        other_language: "Indonesia",
        language_nav: "Language",
        pages_nav: "Pages",
        home: "Home",
        waves: "Waves",
        check: "Check",
        help: "Help",
        account: "Account",
        sign_out: "Sign out",
        footer: "This page is open to anyone, without an account and without tracking.",
        footer_own: "Nobody tracks you here. What you fill in is kept encrypted.",
        footer_programme: "The programme",
        footer_statistics: "Statistics",
        footer_status: "Service status",
    },
    front: super::front::english::TEXTS,
    table: TableTexts {
        show: "Show the table",
        regency: "Regency or city",
        wave: "Wave",
        sex: "Sex",
        age: "Age",
        education: "Education",
        attempts: "Waves joined",
        persons: "People",
        joins: "Joins",
        unique: "Unique applicants",
        sk: "Named in a decree",
        effective: "Effective",
        pending: "Pending",
        revoked: "Revoked",
        total: "Total",
        by_regency: "Figures by regency and city, by place of residence at the last join",
        by_wave: "Figures by wave",
        by_sex: "Figures by sex",
        by_age: "Figures by age on the closing day of the wave",
        by_education: "Figures by last education completed",
        by_attempts: "How many waves people joined",
    },
    funnel: FunnelTexts {
        heading: "From joining to becoming a beneficiary",
        joins: "Joins of a wave",
        unique: "Unique applicants",
        of_joins: |share| format!("{share} of the joins"),
        sk: "Named in a decree (SK)",
        of_unique: |share| format!("{share} of the unique applicants"),
        effective: "Effective beneficiaries",
        of_sk: |share| format!("{share} of those named"),
        apart: "The others named in a decree",
        pending: "Pending a first purchase",
        revoked: "Revoked",
        reallocated: |seats| {
            format!("{seats} places freed by a revocation went to someone else in a later wave.")
        },
    },
    statistics: Statistics {
        title: |region| format!("Statistics for {region}"),
        page_summary: |region| {
            format!(
                "How many people in {region} joined waves, were appointed and became effective beneficiaries."
            )
        },
        as_of: |date| format!("Data as of {date}"),
        province: |name| format!("See the whole province, {name}"),
        simulation: "Simulation",
        simulation_short: "The figures on this page are counted from synthetic people, not real \
                           ones.",
        simulation_partial: "This simulation has not finished: the waves that are left are not \
                             counted yet.",
        summary: |s: &Summary<'_>| {
            format!(
                "In {}, {} people applied. They joined {} times over {} waves. A decree named {} \
                 of them as beneficiaries, and {} bought a first training in time: {} of every 100 \
                 applicants.",
                s.region, s.unique, s.joins, s.waves, s.sk, s.effective, s.of_hundred
            )
        },
        sexes: "Men and women",
        ages: "Age",
        young: |share| format!("{share} of applicants are aged 18–35."),
        attempts: "How often people joined",
        mean_attempts: |mean| format!("On average a person joined {mean} waves."),
        times: |count| if count == "1" { "Once".to_owned() } else { format!("{count} times") },
        ten_or_more: "10 times or more",
        education: "Last education completed",
        regencies: "By regency and city",
        map: "Tile map: each tile is a regency or city, roughly where it lies. The figure is its \
              effective beneficiaries; the darker the tile, the more.",
        map_not_geographic: "Each tile is a regency or city, in order of its code, not where it \
                             lies on a map. The figure is its effective beneficiaries; the darker \
                             the tile, the more.",
        waves: "By wave",
        waves_link: "State and draw of each wave",
        waves_chart: |wave, joins, sk| {
            format!(
                "Height of a column: people who joined. Dark part: named in a decree. The busiest \
                 was wave {wave}: {joins} people joined and {sk} were named in a decree."
            )
        },
        definitions: "What each figure means",
        terms: [
            (
                "Join of a wave",
                "One person joining one wave. A person who joins another wave counts again. Only \
                 waves that have closed and were not cancelled; joins that were withdrawn do not \
                 count.",
            ),
            (
                "Unique applicants",
                "People who ever joined, each counted once, in the region and group of their last \
                 join.",
            ),
            (
                "Named in a decree",
                "People whose name stands in a decree (surat keputusan, SK) appointing \
                 beneficiaries.",
            ),
            (
                "Effective beneficiaries",
                "People named in a decree who bought a first training and were not revoked.",
            ),
            (
                "Pending",
                "People named in a decree who have bought nothing yet and whose deadline still \
                 runs.",
            ),
            (
                "Revoked",
                "People named in a decree who lost the place, for example because no first \
                 training was bought by the deadline.",
            ),
            (
                "Reallocated",
                "Places freed by a revocation and given to someone else in a later wave.",
            ),
        ],
        data: "Take the data",
        data_lead: "Every figure on this page can be taken away and counted again:",
        data_json: "JSON, for programs",
        data_csv: "CSV, for spreadsheets",
        data_by: "Add by=regency, wave, sex, age or education for detail, and as_of=2023-12-31 for \
                  the state at the end of that day (Jakarta time).",
        data_simulated: "These data come from a simulation. The people are synthetic; not one row \
                         describes a real person. The rules of joining, drawing and revoking are \
                         the rules of the programme.",
    },
    status: StatusTexts {
        title: "Service status",
        page_summary: "Whether registration, waves and schedules run at the moment.",
        all_run: "All services run.",
        others: "The population register (Dukcapil), text messages and e-mail are run by others and \
                 are not in this list. If one of them is disturbed, what you have sent stays kept \
                 and we try again by ourselves.",
        some_fail: "Some services are disturbed. What we have accepted stays kept.",
        runs: "runs",
        fails: "disturbed",
        joining: "Registering and joining a wave",
        accepts: "Registrations and joins are accepted.",
        accepts_not: "Requests cannot be accepted at the moment. Try again in a minute; joining early \
                      gives no better chance.",
        data: "Data",
        data_runs: "Data can be read and recorded.",
        data_not: "Data cannot be read at the moment. Nothing is lost.",
        waves: "Waves",
        wave_open: |wave, until| format!("Wave {wave} is open until {until}."),
        wave_next: |wave, from| format!("Wave {wave} opens at {from}."),
        no_wave: "No wave is open or planned.",
        schedule: "Schedule",
        on_schedule: "Opening, closing and deadlines run as planned.",
        behind_schedule: "Some planned work is late; an officer is looking at it.",
        audit: "Audit chain",
        sealed: "Every act is in the audit chain.",
        sealed_until: |since| format!("Every act before {since} is in the audit chain."),
    },
    waves: super::waves::english::TEXTS,
    faults: Faults {
        no_page: Fault {
            title: "Page not found",
            what: "There is no page at this address.",
            remedy: "Check the address, or start from the first page.",
        },
        bad_code: Fault {
            title: "Not a region code",
            what: "The last part of this address is not a region code.",
            remedy: "Write the code of a province in two digits, such as 15 for Jambi, or that of \
                     a regency or city with a dot, such as 15.71 for Kota Jambi.",
        },
        unknown_region: Fault {
            title: "Region not found",
            what: "No province, regency or city has this code.",
            remedy: "Write the code of a province in two digits, such as 15 for Jambi, or that of \
                     a regency or city with a dot, such as 15.71 for Kota Jambi.",
        },
        no_data: Fault {
            title: "No figures yet",
            what: "This region has no data yet.",
            remedy: "Choose another region from the list.",
        },
        unavailable: Fault {
            title: "The figures cannot be read now",
            what: "We could not read the data just now. No data are lost.",
            remedy: "Try again in a minute.",
        },
        no_wave: Fault {
            title: "Wave not found",
            what: "There is no wave of this number.",
            remedy: "Write the number alone, such as 72, or choose from the list of waves.",
        },
    },
    sex: |sex| match sex {
        Sex::Man => "Men",
        Sex::Woman => "Women",
    },
    education: |level| match level {
        Education::None => "No school completed",
        Education::Primary => "Primary school (SD)",
        Education::JuniorHigh => "Junior high (SMP)",
        Education::SeniorHigh => "Senior high (SMA)",
        Education::Vocational => "Vocational high (SMK)",
        Education::Diploma => "Diploma",
        Education::Bachelor => "Bachelor (S1)",
        Education::Postgraduate => "Postgraduate",
    },
};
