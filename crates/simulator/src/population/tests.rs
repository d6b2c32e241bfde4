use std::collections::{BTreeMap, BTreeSet};

use app::reference::Reference;
use domain::eligibility::Finding;
use domain::nik::Sex;
use domain::time::age_on;
use rayon::prelude::*;

use super::*;
use crate::plan::{Plan, Totals};
use crate::shapes::wave_shapes;

type Weights = Vec<(RegionCode, u64)>;
type Districts = Vec<(RegionCode, u32)>;

fn plan(joins: u64, people: u64, sk: u64, effective: u64) -> Plan {
    let reference = Reference::builtin().expect("built-in data");
    let shapes = wave_shapes(&reference).expect("a policy for each wave");
    Plan::new(&Totals { joins, people, sk, effective }, &shapes).expect("possible totals")
}

fn region(code: u16) -> RegionCode {
    RegionCode::new(code).expect("a code")
}

/// Regencies of a province by residents, and the numbers of its districts.
fn regions_of(province: u16) -> (Weights, Districts) {
    let reference = Reference::builtin().expect("built-in data");
    let weights = reference.regions.regency_weights(region(province)).expect("a province").weights;
    let rows = include_str!("../../../../data/districts.csv").lines().skip(1);
    let districts = rows.map(|row| {
        let (district, rest) = row.split_once(',').expect("a code");
        let (regency, _) = rest.split_once(',').expect("a regency");
        let district = district.replace('.', "").parse().expect("six digits");
        (RegionCode::parse(regency).expect("a regency"), district)
    });
    (weights, districts.collect())
}

fn jambi(seed: u64, plan: &Plan) -> Population {
    let (weights, districts) = regions_of(15);
    Population::new(seed, &weights, &districts, plan).expect("Jambi holds its people")
}

fn people_of(population: &Population) -> Vec<Registration> {
    (0..population.people()).into_par_iter().map(|number| population.person(number)).collect()
}

fn assert_unique<T: Ord + Send>(what: &str, mut values: Vec<T>) {
    let all = values.len();
    values.par_sort_unstable();
    values.dedup();
    assert_eq!(values.len(), all, "{what} repeats");
}

/// Checks what must be unique, and that each family has one card and one region.
fn check_numbers(population: &Population, people: &[Registration]) {
    let identities = || people.iter().map(|person| &person.identity);
    assert_unique("nik", identities().map(|identity| identity.nik.clone()).collect());
    assert_unique("person id", people.iter().map(|person| person.person_id).collect());
    assert_unique("phone", identities().map(|identity| identity.phone.expose()).collect());
    assert_unique("email", identities().map(|identity| identity.email.expose()).collect());
    let today = population.waves.last().expect("waves").last_day;
    let mut cards = BTreeMap::new();
    let mut families = BTreeMap::new();
    for (number, person) in (0..).zip(people) {
        let family = population.family_of(number);
        assert_eq!(*cards.entry(&person.identity.family_card).or_insert(family), family);
        let home = (&person.identity.family_card, person.region);
        assert_eq!(*families.entry(family).or_insert(home), home, "family {family}");
        assert_eq!(number_of(person.person_id), number);
        let parts = (population.person_id(number), population.born_on(number));
        assert_eq!(parts, (person.person_id, person.identity.born_on));
        let hints = person.identity.nik.hints(today);
        assert_eq!(hints.sex, person.sex);
        let born_on = person.identity.born_on;
        assert!(hints.born_on == Some(born_on), "NIK and birth date of {number} differ");
    }
}

/// A million people of Jambi, and of one regency with so few districts that serials repeat, have
/// numbers of their own, families theirs.
#[test]
fn unique_over_a_million() {
    let plan = plan(3_000_000, 1_000_000, 371_322, 360_690);
    let population = jambi(1, &plan);
    check_numbers(&population, &people_of(&population));
    let one = region(1571);
    let districts: Vec<_> = (157_101..=157_102).map(|district| (one, district)).collect();
    let crowded = Population::new(2, &[(one, 1)], &districts, &plan).expect("just enough numbers");
    check_numbers(&crowded, &people_of(&crowded));
}

/// The same seed gives the same people in whatever order they are asked for; another seed others.
#[test]
fn determined_by_seed_and_number() {
    let plan = plan(2_000, 700, 300, 290);
    let people = people_of(&jambi(7, &plan));
    let again = jambi(7, &plan);
    for number in (0..700).rev() {
        assert_eq!(again.person(number), people[number as usize]);
    }
    let other = people_of(&jambi(8, &plan));
    let same = people.iter().zip(&other).filter(|(a, b)| a.identity.nik == b.identity.nik);
    assert_eq!(same.count(), 0);
    let impostors = |population: &Population| -> Vec<Impostor> {
        (0..71).flat_map(|wave| population.impostors(wave)).collect()
    };
    assert_eq!(impostors(&again), impostors(&jambi(7, &plan)));
    assert_eq!(again.people(), 700);
    assert!(again.numbers_of_wave(again.first_wave_of(699)).contains(&699));
}

fn share(people: &[Registration], holds: impl Fn(&Registration) -> bool) -> f64 {
    let count = people.iter().filter(|person| holds(person)).count();
    count as f64 * 100.0 / people.len() as f64
}

fn check_share(what: &str, share: f64, expected: f64, tolerance: f64) {
    assert!((share - expected).abs() <= tolerance, "{what}: {share} % for {expected} %");
}

/// Shares of the reference case by sex, regency, age at the first wave, disability and findings, the
/// last in each wave too.
#[test]
fn shares() {
    let plan = plan(3_000_000, 794_900, 371_322, 360_690);
    let population = jambi(3, &plan);
    let people = people_of(&population);
    let mut ages = BTreeMap::<u8, u32>::new();
    for (place, (wave, planned)) in population.waves.iter().zip(plan.waves()).enumerate() {
        let numbers = population.numbers_of_wave(place);
        assert_eq!(numbers.len() as u64, planned.new_joiners);
        let new = &people[numbers.start as usize..numbers.end as usize];
        for (number, person) in numbers.zip(new) {
            assert_eq!(population.first_wave_of(number), place);
            let age = age_on(person.identity.born_on, wave.last_day);
            assert!(age >= 18 && planned.shape.max_age.is_none_or(|max| age <= max), "{age}");
            *ages.entry(age).or_default() += 1;
        }
        let one = 100.0 / new.len() as f64;
        check_share("women", share(new, |p| p.sex == Sex::Woman), 52.0, one);
        check_share("findings", share(new, |p| !p.findings.is_empty()), 6.0, 3.0 * one);
    }
    let all = people.len() as f64;
    let aged = |from: u8, to: u8| {
        ages.range(from..=to).map(|(_, count)| f64::from(*count)).sum::<f64>() * 100.0 / all
    };
    check_share("18 to 25", aged(18, 25), 36.0, 0.3);
    check_share("26 to 35", aged(26, 35), 33.0, 0.3);
    check_share("above 64", aged(65, 99), 1.1, 0.4);
    check_share("disability", share(&people, |p| p.disability), 3.0, 0.1);
    check_share("men", share(&people, |p| p.sex == Sex::Man), 48.0, 0.001);
    let (weights, _) = regions_of(15);
    let whole: u64 = weights.iter().map(|(_, weight)| weight).sum();
    assert_eq!(weights.len(), 11);
    for (code, weight) in weights {
        let expected = weight as f64 * 100.0 / whole as f64;
        check_share(&code.to_string(), share(&people, |p| p.region == code), expected, 0.1);
    }
}

/// Every kind of finding occurs, each answer reads back from its stored form, and tight totals have
/// fewer or none.
#[test]
fn findings() {
    let rooms = people_of(&jambi(4, &plan(60_000, 20_000, 5_000, 4_900)));
    let findings: Vec<Finding> = rooms.iter().flat_map(|person| person.findings.clone()).collect();
    let kind = |finding: &Finding| std::mem::discriminant(finding);
    for wanted in [
        Finding::IdentityRefuted,
        Finding::NotCitizen,
        Finding::InFormalEducation,
        Finding::TestNotDone,
        Finding::Holds(domain::policy::Occupation::Police),
        Finding::Receives(domain::policy::AidProgramme::WageSubsidy),
        Finding::Outstanding(domain::eligibility::CheckKind::SocialAid),
    ] {
        assert!(findings.iter().any(|finding| kind(finding) == kind(&wanted)), "{wanted:?}");
    }
    assert_eq!(findings.len(), 1_200);
    for finding in findings {
        let (kind, state, detail) = finding.answer();
        assert_eq!(Finding::from_answer(kind, state, detail), Some(finding));
    }
    let tight = people_of(&jambi(4, &plan(30_000, 20_000, 20_000, 19_000)));
    assert!(tight.iter().all(|person| person.findings.is_empty()));
}

/// Families have the sizes of the pattern, up to those cut between waves; where most people win,
/// none has more than two. Nobody first comes to a wave after two of the family did. There are twins
/// on one card, and namesakes of one birth date with different cards.
#[test]
fn families_and_likenesses() {
    let sizes = |plan: &Plan| {
        let population = jambi(5, plan);
        let mut first_waves = BTreeMap::new();
        for number in 0..population.people() {
            let waves: &mut Vec<usize> =
                first_waves.entry(population.family_of(number)).or_default();
            waves.push(population.first_wave_of(number));
        }
        let mut sizes = [0u32; 6];
        for waves in first_waves.values() {
            sizes[waves.len()] += 1;
            assert!(waves.len() <= 2 || waves[0] == waves[waves.len() - 1], "{waves:?}");
        }
        (sizes, people_of(&population))
    };
    let (mixed, people) = sizes(&plan(60_000, 20_000, 5_000, 4_900));
    for (size, pattern) in [10_400, 3_400, 500, 200, 100].into_iter().enumerate() {
        assert!(mixed[size + 1].abs_diff(pattern) <= 20, "{mixed:?}");
    }
    assert_eq!(sizes(&plan(60_000, 20_000, 19_000, 18_800)).0, [0, 11_600, 4_200, 0, 0, 0]);
    let pairs = people.windows(2).map(|pair| (&pair[0].identity, &pair[1].identity));
    let twins = pairs.filter(|(a, b)| a.born_on == b.born_on && a.family_card == b.family_card);
    assert!(twins.count() > 20);
    let far = people.windows(3).map(|three| (&three[0].identity, &three[2].identity));
    let namesakes = far.filter(|(a, b)| a.name == b.name && a.born_on == b.born_on);
    assert!(namesakes.filter(|(a, b)| a.family_card != b.family_card).count() > 20);
    let names: BTreeSet<&str> = people.iter().map(|p| p.identity.name.expose()).collect();
    assert!(names.iter().any(|name| !name.contains(' ')) && names.len() > 5_000);
}

/// People register in the order of their numbers, between the close before and that of their first
/// wave.
#[test]
fn registration_windows() {
    let plan = plan(900_000, 250_000, 120_000, 117_000);
    let people = people_of(&jambi(6, &plan));
    assert!(people.windows(2).all(|pair| pair[0].registered_at < pair[1].registered_at));
    let (mut next, mut before) = (0, plan.waves()[0].shape.opens_at);
    for wave in plan.waves() {
        let end = next + wave.new_joiners as usize;
        for person in &people[next..end] {
            assert!((before..wave.shape.closes_at).contains(&person.registered_at));
        }
        (next, before) = (end, wave.shape.closes_at);
    }
}

/// In tight totals nobody grows too old for a later wave.
#[test]
fn nobody_is_outgrown() {
    let plan = plan(300_000, 100_000, 95_000, 93_000);
    assert!(!plan.mix().outgrown);
    let last = plan.waves().last().expect("waves").shape.closes_at.wib_date();
    let population = jambi(9, &plan);
    let ages = people_of(&population).into_iter().map(|p| age_on(p.identity.born_on, last));
    assert!(ages.max().expect("people") <= 64);
}

/// Impostors are five in a thousand and of every kind; each breaks the rule of its kind and no
/// other, and its number is nobody's.
#[test]
fn impostors() {
    let plan = plan(300_000, 100_000, 40_000, 39_000);
    let population = jambi(10, &plan);
    let people = people_of(&population);
    let mut known: BTreeMap<_, _> = BTreeMap::new();
    for person in &people {
        known.insert(person.identity.nik.clone(), person);
    }
    let mut kinds = BTreeMap::new();
    let mut fresh = BTreeSet::new();
    for (place, wave) in population.waves.iter().enumerate() {
        for Impostor { kind, attempt } in population.impostors(place) {
            *kinds.entry(format!("{kind:?}")).or_insert(0) += 1;
            assert!(number_of(attempt.person_id) >= population.people());
            assert!(attempt.registered_at < plan.waves()[place].shape.closes_at);
            let age = age_on(attempt.identity.born_on, wave.last_day);
            let victim = known.get(&attempt.identity.nik);
            match kind {
                ImpostorKind::NikTaken => {
                    let victim = victim.expect("a registered NIK");
                    assert!(victim.registered_at < attempt.registered_at);
                    assert!(victim.identity.name != attempt.identity.name);
                    continue;
                }
                ImpostorKind::UnderAge => assert!(age < 18, "{age}"),
                ImpostorKind::OverAge => assert!(wave.max_age.is_some_and(|max| age > max)),
            }
            assert!(victim.is_none() && fresh.insert(attempt.identity.nik));
        }
    }
    assert_eq!(kinds.values().sum::<i32>(), 500);
    assert!(kinds.len() == 3 && kinds.values().all(|count| *count > 30), "{kinds:?}");
}

/// Every province can be populated, with people in each regency; regions that cannot hold their
/// people are named.
#[test]
fn regions() {
    let reference = Reference::builtin().expect("built-in data");
    let small = plan(60_000, 20_000, 5_000, 4_900);
    for province in reference.regions.table().provinces() {
        let (weights, districts) = regions_of(province.code.get());
        let population = Population::new(11, &weights, &districts, &small).expect("a population");
        let found: BTreeSet<RegionCode> = people_of(&population).iter().map(|p| p.region).collect();
        assert_eq!(found.len(), weights.len(), "{}", province.name);
    }
    let (one, other) = (region(1571), region(1572));
    let refused = |weights: &[(RegionCode, u64)], districts: &[(RegionCode, u32)], plan: &Plan| {
        Population::new(11, weights, districts, plan).expect_err("faulty").to_string()
    };
    let good = [(one, 157_101), (other, 157_201)];
    assert!(refused(&[], &good, &small).contains("no kabupaten or kota"));
    assert!(refused(&[(one, 1), (one, 2)], &good, &small).contains("region 15.71 stands twice"));
    let missing = refused(&[(one, 1), (other, 1)], &good[..1], &small);
    assert!(missing.contains("region 15.72 has no district"));
    let short = refused(&[(one, 1)], &[(one, 1571)], &small);
    assert!(short.contains("district 1571 of region 15.71"));
    let many: Vec<_> = (0..4_100).map(|at| (region(1101 + at % 98), 1)).collect();
    assert!(refused(&many, &good, &small).contains("4100 kabupaten and kota"));
    let crowd = plan(3_000_000, 1_000_000, 1, 1);
    assert!(refused(&[(one, 1)], &good, &crowd).contains("15.71 would have"));
}
