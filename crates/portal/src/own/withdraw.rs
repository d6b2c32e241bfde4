//! `/akun/gelombang/N/batal`: taking a join back while the wave is open.

use app::withdraw::{WithdrawAnswer, withdraw};
use axum::extract::State;
use axum::response::Response;
use domain::eligibility::{JoinBar, Rule};
use domain::wave::WaveState;
use http_support::Routes;

use super::confirm::Confirm;
use super::join::refused;
use super::{NamedWave, wave_path};
use crate::fault::Fault;
use crate::form::Form;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{n}` is a wave.
    WithdrawTexts {
        title: "Batalkan keikutsertaan pada Gelombang {n}?", "Take your join of wave {n} back?";
        large: "Pembatalan tidak dapat ditarik kembali.", "This cannot be undone.";
        what: "Anda tidak ikut diundi pada Gelombang {n} dan tidak dapat ikut gelombang ini lagi. Gelombang berikutnya tetap terbuka bagi Anda.", "You will not be in the draw of wave {n} and cannot join this wave again. The next waves stay open to you.";
        submit: "Ya, batalkan", "Yes, take it back";
    }
}

pub(super) fn routes() -> Routes<Portal> {
    const PATH: &str = "/akun/gelombang/{wave}/batal";
    Routes::new().get(PATH, ask).post(PATH, take_back)
}

async fn ask(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    NamedWave(wave): NamedWave,
) -> Result<Response, Fault> {
    let person = member.person_id.ok_or(Fault::NoPage)?;
    let standing = portal.service.standing(person).await?.ok_or(Fault::NoPage)?;
    let mut memberships = standing.memberships.iter();
    let membership = memberships.find(|one| one.wave == wave).ok_or(Fault::NoPage)?;
    let is_open = matches!(membership.wave_state, WaveState::Open { .. });
    if !is_open || membership.withdrawn_at.is_some() {
        // The page of the wave says why there is nothing to take back.
        return Ok(visitor.go(&wave_path(wave)));
    }
    let texts = WithdrawTexts::of(visitor.language);
    let of = |text: &str| text.replace("{n}", &wave.to_string());
    let confirm = Confirm {
        title: of(texts.title),
        large: texts.large,
        paragraphs: vec![of(texts.what)],
        submit: texts.submit,
        class: "danger",
        back: wave_path(wave),
    };
    confirm.show(&portal, &visitor)
}

async fn take_back(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    NamedWave(wave): NamedWave,
    form: Form,
) -> Result<Response, Fault> {
    let (holder, key) = (member.holder()?, form.key()?);
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    match withdraw(act, wave, holder, &key).await? {
        WithdrawAnswer::Withdrawn => Ok(visitor.go(&wave_path(wave))),
        WithdrawAnswer::NoMember => Err(Fault::NoPage),
        WithdrawAnswer::NotOpen => refused(&visitor, wave, &JoinBar::Rule(Rule::WaveOpen)),
        WithdrawAnswer::NoPerson => refused(&visitor, wave, &JoinBar::Rule(Rule::Registered)),
        WithdrawAnswer::KeyReused => Err(Fault::Forged),
    }
}
