//! `GET /api/v1/me`: everything the programme holds about the person of an account, with reasons in words.

use app::appeals::AppealRow;
use app::citizen::{CheckStanding, GrantStanding, MembershipStanding, Standing};
use axum::extract::State;
use axum::response::Response;
use domain::checks::{check_sentence, differing_fields};
use domain::decision::{DrawReason, Odds};
use domain::eligibility::Rule;
use domain::policy::Named as _;
use domain::reasons::Language;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::{found, instant};
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    caller: Caller,
) -> Result<Response, Problem> {
    let account = caller.account_id.to_string();
    let standing = match caller.person_id {
        Some(person) => api.service.standing(person).await?,
        None => None,
    };
    let person = standing.map(|standing| person_view(&standing, info.language));
    Ok(found(&json!({ "account": account, "person": person })))
}

fn person_view(standing: &Standing, language: Language) -> Value {
    let facts = &standing.facts;
    let checks = standing.checks.iter().map(|check| check_view(check, language));
    let memberships = standing.memberships.iter().map(|one| membership_view(one, language));
    json!({
        "person": standing.person_id.to_string(),
        "registered_at": instant(facts.registered_at),
        "sex": facts.sex.name(),
        "education": facts.education.name(),
        "employment": facts.employment.name(),
        "region": facts.region.to_string(),
        "birth_year": facts.birth_year,
        "disability": facts.disability,
        "checks": checks.collect::<Vec<_>>(),
        "memberships": memberships.collect::<Vec<_>>(),
        "appeals": standing.appeals.iter().map(|one| appeal_view(one, language)).collect::<Vec<_>>(),
        "grants": standing.grants.iter().map(|one| grant_view(one, language)).collect::<Vec<_>>(),
    })
}

fn check_view(check: &CheckStanding, language: Language) -> Value {
    let detail = check.detail.as_deref();
    let differing = differing_fields(check.kind, detail);
    json!({
        "kind": check.kind.name(),
        "state": check.state.name(),
        "detail": check_sentence(check.kind, check.state, detail, language),
        "differing": differing.iter().map(|field| field.name()).collect::<Vec<_>>(),
    })
}

fn membership_view(membership: &MembershipStanding, language: Language) -> Value {
    let decision = membership.decision.as_ref().map(|decision| {
        json!({
            "outcome": decision.outcome.name(),
            "detail": decision.outcome.sentence(language),
            "rank": decision.rank,
            "reason": decision.reason.as_deref().and_then(|code| reason_view(code, language)),
            "odds": membership.odds.as_ref().map(|odds| odds_view(odds, language)),
        })
    });
    json!({
        "wave": membership.wave.get(),
        "wave_state": membership.wave_state.name(),
        "joined_at": instant(membership.joined_at),
        "withdrawn_at": membership.withdrawn_at.map(instant),
        "results_at": instant(membership.results_at),
        "decision": decision,
    })
}

/// A reason in words: of a rule that kept the person out, or of the draw.
fn reason_view(code: &str, language: Language) -> Option<Value> {
    let (code, detail) = if let Some(rule) = Rule::from_code(code) {
        (rule.code(), rule.sentence(language))
    } else {
        let reason = DrawReason::from_name(code)?;
        (reason.name().to_owned(), reason.sentence(language).to_owned())
    };
    Some(json!({ "code": code, "detail": detail }))
}

fn odds_view(odds: &Odds, language: Language) -> Value {
    let class = odds.class.as_ref().map(|class| {
        json!({
            "groups": class.groups.iter().map(|group| group.name()).collect::<Vec<_>>(),
            "people": class.people,
            "selected": class.selected,
        })
    });
    json!({
        "people": odds.people,
        "seats": odds.seats,
        "class": class,
        "detail": odds.sentence(language),
    })
}

fn appeal_view(appeal: &AppealRow, language: Language) -> Value {
    let answer = appeal.answer.map(|(answer, at)| {
        json!({ "code": answer.name(), "detail": answer.sentence(language), "answered_at": instant(at) })
    });
    json!({
        "appeal": appeal.appeal_id.to_string(),
        "wave": appeal.wave.get(),
        "ground": appeal.ground.name(),
        "state": if appeal.answer.is_some() { "answered" } else { "open" },
        "filed_at": instant(appeal.filed_at),
        "due_at": instant(appeal.due_at),
        "answer": answer,
    })
}

fn grant_view(grant: &GrantStanding, language: Language) -> Value {
    let revocation = grant
        .revocation
        .map(|reason| json!({ "code": reason.code(), "detail": reason.sentence(language) }));
    json!({
        "wave": grant.wave.get(),
        "state": grant.state,
        "appointed_at": instant(grant.appointed_at),
        "purchase_due_at": instant(grant.purchase_due_at),
        "activated_at": grant.activated_at.map(instant),
        "revoked_at": grant.revoked_at.map(instant),
        "revocation": revocation,
    })
}

#[cfg(test)]
mod tests {
    use app::citizen::StandingDecision;
    use domain::decision::{ClassOdds, DecisionOutcome};
    use domain::policy::ReservedGroup;
    use domain::time::Timestamp;
    use domain::wave::{WaveNumber, WaveState};

    use super::*;

    /// Whoever was not drawn reads why, and the odds of region and class, in words and numbers.
    #[test]
    fn why_not_me() {
        let at = Timestamp::from_micros(0);
        let class = ClassOdds { groups: vec![ReservedGroup::Women], people: 7, selected: 3 };
        let membership = MembershipStanding {
            wave: WaveNumber::new(72).expect("a number"),
            wave_state: WaveState::Appointed { appointed_at: at },
            results_at: at,
            joined_at: at,
            withdrawn_at: None,
            decision: Some(StandingDecision {
                outcome: DecisionOutcome::NotSelected,
                rank: Some(2),
                reason: Some("reserved_seats_filled".to_owned()),
            }),
            odds: Some(Odds { people: 40, seats: 12, class: Some(class) }),
        };
        let view = membership_view(&membership, Language::English);
        let decision = &view["decision"];
        assert_eq!(decision["reason"]["code"], "reserved_seats_filled");
        let why = decision["reason"]["detail"].as_str().unwrap_or_default();
        assert!(why.contains("set apart for your group"), "{why}");
        let odds = &decision["odds"];
        assert_eq!((&odds["people"], &odds["seats"]), (&json!(40), &json!(12)));
        assert_eq!(odds["class"], json!({ "groups": ["women"], "people": 7, "selected": 3 }));
        assert!(odds["detail"].as_str().unwrap_or_default().ends_with("(women), 3 were selected."));
        let rule = reason_view("citizenship", Language::English).expect("a rule");
        assert_eq!(rule["code"], "citizenship");
        assert_eq!(reason_view("unheard_of", Language::English), None);
    }
}
