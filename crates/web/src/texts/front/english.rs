//! First page, programme and help in English.

use super::{FrontTexts, HelpTexts, LandingTexts, ProgrammeTexts, RegionsTexts};

pub(in crate::texts) const TEXTS: FrontTexts = FrontTexts {
    landing: LandingTexts {
        title: "Gelombang: the training-benefit programme",
        heading: "Support to learn skills for work",
        lead: "Gelombang (“wave”) pays for training for job seekers, workers and small businesses. Its beneficiaries \
               are chosen by a draw that anybody can recompute.",
        summary: "Register, join a wave and check the draw of the training-benefit programme. Joining early gives no \
                  better chance.",
        open: |wave| format!("Wave {wave} is open"),
        next: |wave| format!("Next: wave {wave}"),
        opens: "Opens",
        closes: "Closes",
        results: "Results",
        places: "Places",
        join: |wave| format!("Join wave {wave}"),
        register: "Register",
        register_first: "No account yet? Register first",
        no_hurry: "When you join does not change your chance: everybody who joins before the wave closes is in the \
                   same draw.",
        register_early: "You can register now, and join when the wave opens.",
        none: "The next wave",
        none_now: "No wave is open, and the dates of the next one are not set yet. They will be shown here.",
        unreadable: "The state of the waves cannot be read just now. Try again in a minute; no data are lost.",
        numbers: "The programme in figures",
        numbers_none: "No figures yet: they appear after a wave has closed.",
        numbers_later: "The figures are not ready. Load this page again in a moment.",
        meanings: [
            ("joins of waves", "Somebody who joins another wave is counted again."),
            ("people have joined", "Each person is counted once, however many waves they joined."),
            ("people appointed as beneficiaries", "Their names stand in a signed decree (SK)."),
            (
                "people are effective beneficiaries",
                "They bought a first training in time and are still beneficiaries.",
            ),
        ],
        steps: "How it works",
        step_list: [
            (
                "Register",
                "Open an account and complete your data. You can stop and go on at any time.",
            ),
            (
                "Join a wave",
                "Once your data are complete, one button is enough. You get a receipt to keep.",
            ),
            (
                "The draw",
                "After the wave closes, places are drawn in every regency and city. All files are published.",
            ),
            (
                "Choose a training",
                "Beneficiaries spend a training balance on a training before the deadline.",
            ),
            (
                "Finish, and be paid",
                "Once you have passed and reviewed it, the incentive is sent to your account.",
            ),
        ],
        more: "Read more",
        programme_link: "Rules, benefits and deadlines",
        statistics_link: "Statistics by region",
        waves_link: "All waves and their draws",
        check_link: "Check my result",
        help_link: "Help: questions and answers",
    },
    regions: RegionsTexts {
        title: "Statistics by region",
        lead: "Who joined, who was selected and how many went on to learn, region by region. Every figure can be \
               taken away and counted again.",
        choose: "Choose a region",
        none: "No region has data yet.",
    },
    programme: ProgrammeTexts {
        title: "The programme: rules, benefits and draw",
        lead: "This page explains who can join, what one receives, which deadlines there are, and how beneficiaries \
               are chosen.",
        summary: |total| {
            format!(
                "Who can join the training-benefit programme, benefits worth {total}, the steps, the deadlines and \
                 how the draw works."
            )
        },
        who: "Who can join",
        age: |min, max| match max {
            Some(max) => format!("People aged {min} to {max}"),
            None => format!("People aged {min} or over"),
        },
        age_on_closing: "counted on the day the wave closes.",
        age_on_opening: "counted on the day the wave opens.",
        citizen: "Indonesian citizens with an identity card (KTP).",
        registered: "People who are registered: with an account and complete data.",
        identity: "Those whose identity number (NIK), family card number (KK), name and birth date agree with the \
                   population register (Dukcapil).",
        wave_open: "Those who join while the wave is open.",
        test: |minutes| match minutes {
            Some(minutes) => format!(
                "Those who have finished the basic ability test, {minutes} minutes at most. The score does not touch \
                 the draw."
            ),
            None => {
                "Those who have finished the basic ability test. The score does not touch the draw."
                    .to_owned()
            }
        },
        answered: "Those about whom every register we ask has answered before the list of the draw is fixed. If one \
                   has not, we ask again and you can join the next wave.",
        household_region: "Those who state the same regency or city as others on their family card, since a card has \
                           one domicile.",
        who_not: "Who cannot join",
        who_not_lead: "By the rules of the programme, these cannot be beneficiaries:",
        education: "Pupils and students in formal education.",
        aid: |acronym| format!("People who receive the aid {acronym} at the same time."),
        lifetime: |times| match times {
            1 => "Those who have been a beneficiary before: everybody receives once in a lifetime."
                .to_owned(),
            times => format!("Those who have been a beneficiary {times} times."),
        },
        revoked: "Those whose place was once revoked.",
        household: |places| {
            format!("Members of a family card that already has {places} beneficiaries.")
        },
        attempts: |waves| format!("Those who have joined {waves} waves."),
        withdrawn: "For one wave: those who took back their join of that wave.",
        wrong_data: "If a record about you is wrong, you are told which record was used and where to have it \
                     corrected.",
        benefits: "What you receive",
        training: "Training balance",
        training_means: |hours| {
            format!(
                "For buying training only, of {hours} hours at least. It cannot be cashed, nor topped up with your \
                 own money."
            )
        },
        incentive: "Incentive after the first training",
        incentive_means: |count, each| match count {
            1 => "Paid once, to a bank account or e-wallet in your own name.".to_owned(),
            count => format!("Paid {count} times, {each} each."),
        },
        surveys: "Incentive for surveys",
        surveys_means: |count, each| {
            format!("{count} surveys, {each} each. What you answer does not touch the payment.")
        },
        total: "All together",
        total_means: "Taking part costs nothing. Anybody who asks you for money is cheating you.",
        steps: "Step by step",
        step_list: [
            ("Open an account", "With an e-mail address, a password and a code that we send."),
            (
                "Prove who you are",
                "NIK, family card number, name and birth date; a photo of the KTP; a face check.",
            ),
            ("Complete your data", "Address, education, work and the training you want."),
            (
                "Take the basic ability test",
                "Answers are kept one by one, also when the line drops.",
            ),
            (
                "Join a wave",
                "You then get a receipt. Keep it, because with it the result can be checked.",
            ),
            (
                "Wait for the draw",
                "The result is shown in your account and sent as a message, with the reason.",
            ),
            (
                "Buy and attend a training",
                "If you are selected, buy a first training before the deadline.",
            ),
            (
                "Receive the incentive",
                "Once the certificate is there and you have rated and reviewed the training.",
            ),
        ],
        deadlines: "Deadlines",
        first_purchase: |days, counts_first| {
            let first = if counts_first { "; the day of the announcement is day one" } else { "" };
            format!(
                "The first training is bought within {days} days of being appointed{first}. After that the place is revoked."
            )
        },
        next_purchase: |days| {
            format!(
                "The next training is bought within {days} days of finishing and reviewing the one before."
            )
        },
        purchase_stop: |day| format!("Last purchase in every year: {day}."),
        finish_stop: |day| format!("Training is finished by {day}."),
        link_stop: |day| format!("The account for the incentive is linked by {day}."),
        survey_stop: |day| format!("Surveys are answered by {day}."),
        survey_days: |answer, pay| {
            format!(
                "Each survey can be answered for {answer} days, and is paid within {pay} days after that."
            )
        },
        day_ends: "Every deadline ends at 23:59 western Indonesian time (WIB, UTC+7).",
        draw: "How the draw works",
        draw_paragraphs: [
            "Joining early gives no better chance. Whoever joins in the first minute and whoever joins in the last \
             are in the same draw.",
            "Places are shared out by regency and city. After the wave closes, every member's data are checked; then \
             the list is fixed and published under pseudonyms, before anybody knows the random number.",
            "The random number comes from several parties and from a public beacon, so that no one person can choose \
             it. From it everybody gets a ticket; the smallest tickets get a place first, until there are none left.",
            "Anybody can recompute the whole draw. With your receipt, your own browser checks your ticket and your \
             result.",
        ],
        draw_link: "See the waves and the files of their draws",
        register: "Register",
        help_link: "Other questions: open the help",
    },
    help: HelpTexts {
        title: "Help",
        summary: "Short answers on registering, NIK and family card, photos, codes, the draw, deadlines, incentives \
                  and personal data.",
        lead: "Search for your question, or read by topic.",
        search_label: "What would you like to know?",
        search_hint: "Write one or a few words, such as: code does not arrive. Do not write a NIK, a KK or a name.",
        search: "Search",
        found: |count, words| format!("{count} answers for “{words}”"),
        nothing: |words| format!("No answer for “{words}”"),
        nothing_try: [
            "Try a more general word, such as “incentive” or “photo”.",
            "Read all questions by topic below.",
            "If it is still not there, sign in and send a complaint. You are told by when it will be answered.",
        ],
        all: "All questions",
        topics: "Topics",
        link_to: "Link to this answer",
    },
};
