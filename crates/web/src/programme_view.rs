//! The programme explained, from its rules as they are now: who can join and who cannot, what one receives, by when.

use askama::Template;
use domain::eligibility::Rule;
use domain::policy::{AgeReference, Benefits, MonthDay, RevokedBar};
use domain::rupiah::Rupiah;
use domain::time::MONTHS_INDONESIAN;

use crate::frame::Frame;
use crate::language::Language;
use crate::site::{Programme, Site};
use crate::texts::{ProgrammeTexts, Texts};

#[derive(Debug, Template)]
#[template(path = "programme.html")]
struct ProgrammePage {
    frame: Frame,
    texts: &'static ProgrammeTexts,
    needed: Vec<String>,
    barred: Vec<String>,
    /// Name, amount, meaning.
    amounts: Vec<(&'static str, String, String)>,
    deadlines: Vec<String>,
}

/// What a rule says to somebody who has not joined yet.
#[derive(Debug)]
enum Told {
    Needed(String),
    Barred(String),
    /// The rules of now do not have it, or another sentence says it too.
    Nothing,
}

/// The page as HTML.
pub(crate) fn render_programme(site: &Site, language: Language) -> askama::Result<String> {
    let texts = &Texts::of(language).front.programme;
    let shown = Shown { programme: &site.programme, texts, language };
    let (mut needed, mut barred) = (Vec::new(), Vec::new());
    let mut rules = Rule::all();
    // What everybody knows of themselves comes first.
    rules.sort_by_key(|rule| !matches!(rule, Rule::Citizenship | Rule::MinimumAge));
    for rule in rules {
        match shown.told(rule) {
            Told::Needed(sentence) => needed.push(sentence),
            Told::Barred(sentence) => barred.push(sentence),
            Told::Nothing => {}
        }
    }
    let total = rupiah(site.programme.grant.total, language);
    let page = ProgrammePage {
        frame: Frame::new(language, texts.title.to_owned(), |language| {
            language.programme_path().to_owned()
        })
        .shared(site, (texts.summary)(&total)),
        texts,
        needed,
        barred,
        amounts: shown.amounts(total),
        deadlines: shown.deadlines(),
    };
    page.render()
}

/// Puts the rules into the words of one language.
#[derive(Clone, Copy)]
struct Shown<'s> {
    programme: &'s Programme,
    texts: &'static ProgrammeTexts,
    language: Language,
}

impl Shown<'_> {
    fn told(self, rule: Rule) -> Told {
        let (texts, rules) = (self.texts, &self.programme.eligibility);
        let barred_if = |applies: bool, sentence: String| {
            if applies { Told::Barred(sentence) } else { Told::Nothing }
        };
        match rule {
            Rule::Registered => Told::Needed(texts.registered.to_owned()),
            Rule::WaveOpen => Told::Needed(texts.wave_open.to_owned()),
            Rule::MinimumAge => Told::Needed(self.age()),
            // The sentence on the lowest age has both.
            Rule::MaximumAge => Told::Nothing,
            Rule::NeverRevoked => {
                barred_if(rules.revoked_barred == RevokedBar::ForLife, texts.revoked.to_owned())
            }
            Rule::LifetimeGrants => Told::Barred((texts.lifetime)(rules.lifetime_grants)),
            Rule::HouseholdPlaces => rules
                .max_beneficiaries_per_kk
                .map_or(Told::Nothing, |places| Told::Barred((texts.household)(places))),
            Rule::HouseholdRegion => rules
                .max_beneficiaries_per_kk
                .map_or(Told::Nothing, |_| Told::Needed(texts.household_region.to_owned())),
            Rule::JoinAttempts => rules
                .join_attempts_max
                .map_or(Told::Nothing, |waves| Told::Barred((texts.attempts)(waves))),
            Rule::NotWithdrawn => Told::Barred(texts.withdrawn.to_owned()),
            Rule::IdentityConfirmed => Told::Needed(texts.identity.to_owned()),
            Rule::Citizenship => {
                if rules.require_citizen {
                    Told::Needed(texts.citizen.to_owned())
                } else {
                    Told::Nothing
                }
            }
            Rule::NotInFormalEducation => {
                barred_if(rules.exclude_in_formal_education, texts.education.to_owned())
            }
            Rule::NoOffice(office) => barred_if(
                rules.excluded_occupations.contains(&office),
                sentence_of(office.holder(self.language.of_sentences())),
            ),
            Rule::NoOtherAid(aid) => {
                barred_if(rules.exclude_other_aid.contains(&aid), (texts.aid)(aid.acronym()))
            }
            Rule::AbilityTest => Told::Needed((texts.test)(self.programme.test_minutes)),
            Rule::RegisterAnswered => Told::Needed(texts.answered.to_owned()),
        }
    }

    fn age(self) -> String {
        let rules = &self.programme.eligibility;
        let on = match rules.age_reference {
            AgeReference::WaveClosingDate => self.texts.age_on_closing,
            AgeReference::WaveOpeningDate => self.texts.age_on_opening,
        };
        format!("{}, {on}", (self.texts.age)(rules.min_age, rules.max_age))
    }

    fn amounts(self, total: String) -> Vec<(&'static str, String, String)> {
        let (texts, Programme { benefits, grant, .. }) = (self.texts, self.programme);
        let Benefits { incentive_amount, incentive_count, survey_amount, survey_count, .. } =
            benefits;
        let written = |amount| rupiah(amount, self.language);
        let mut amounts = vec![(
            texts.training,
            written(grant.training),
            (texts.training_means)(self.programme.training_hours_min),
        )];
        if *incentive_count > 0 {
            let means = (texts.incentive_means)(*incentive_count, &written(*incentive_amount));
            amounts.push((texts.incentive, written(grant.incentives), means));
        }
        if *survey_count > 0 {
            let means = (texts.surveys_means)(*survey_count, &written(*survey_amount));
            amounts.push((texts.surveys, written(grant.surveys), means));
        }
        amounts.push((texts.total, total, texts.total_means.to_owned()));
        amounts
    }

    fn deadlines(self) -> Vec<String> {
        let (texts, rules) = (self.texts, &self.programme.deadlines);
        let first =
            (texts.first_purchase)(rules.first_purchase_days, rules.deadline_counts_first_day);
        let mut told = vec![first];
        told.extend(rules.next_purchase_days.map(texts.next_purchase));
        let stops = [
            (rules.purchase_hard_stop, texts.purchase_stop),
            (rules.finish_hard_stop, texts.finish_stop),
            (rules.survey_hard_stop, texts.survey_stop),
            (rules.payout_link_hard_stop, texts.link_stop),
        ];
        let stops = stops.into_iter().filter_map(|(day, told)| Some(told(&self.day(day?))));
        told.extend(stops);
        if self.programme.benefits.survey_count > 0 {
            told.push((texts.survey_days)(rules.survey_answer_days, rules.survey_pay_within_days));
        }
        told
    }

    fn day(self, day: MonthDay) -> String {
        let month = match self.language {
            Language::Indonesian => {
                let place = usize::from(u8::from(day.month())) - 1;
                (*MONTHS_INDONESIAN.get(place).unwrap_or(&"")).to_owned()
            }
            Language::English => day.month().to_string(),
        };
        format!("{} {month}", day.day())
    }
}

/// Whole rupiah with the marks of the language: `Rp3.500.000` or `Rp3,500,000`.
fn rupiah(amount: Rupiah, language: Language) -> String {
    let written = amount.to_string();
    match language {
        Language::Indonesian => written,
        Language::English => written.replace('.', ","),
    }
}

/// A few words as a sentence.
fn sentence_of(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}
