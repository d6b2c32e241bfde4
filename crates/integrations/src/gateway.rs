//! A gateway of short texts, which carries them by SMS or another messenger. The agreement is in docs/NOTICES.md.

use std::time::Duration;

use domain::notice::state::Receipt;
use domain::notice::text::ShortMessage;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::address::Address;
use crate::error::{CallError, CallErrorKind, Fault, Retry};
use crate::http::{HttpClient, HttpSetup, SetupError};
use crate::relay::{Provider, SendError};
use crate::secret::Secret;

/// Longest time of a call.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A gateway.
#[derive(Clone, Debug)]
pub struct Gateway(HttpClient);

#[derive(Serialize)]
struct Question<'a> {
    key: String,
    to: &'a str,
    text: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    state: AnswerState,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerState {
    Accepted,
}

impl Gateway {
    /// A gateway at an address; it is called when the first text is sent.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(address: Address, token: Option<Secret>) -> Result<Self, SetupError> {
        let setup = HttpSetup { system: "gateway", address, token, timeout: TIMEOUT };
        Ok(Self(HttpClient::new(setup)?))
    }
}

#[derive(Serialize)]
struct ReceiptsQuestion {
    keys: Vec<String>,
}

#[derive(Deserialize)]
struct ReceiptsAnswer {
    receipts: Vec<ReceiptRow>,
}

#[derive(Deserialize)]
struct ReceiptRow {
    key: String,
    state: ReceiptState,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReceiptState {
    Waiting,
    Delivered,
    Undeliverable,
}

impl ReceiptRow {
    /// `None` while nothing is known, or for a key that is none of ours.
    fn read(self) -> Option<(Uuid, Receipt)> {
        let receipt = match self.state {
            ReceiptState::Waiting => return None,
            ReceiptState::Delivered => Receipt::Delivered,
            ReceiptState::Undeliverable => Receipt::Undeliverable,
        };
        Some((Uuid::parse_str(&self.key).ok()?, receipt))
    }
}

/// Keys in one question, so that its answer stays far below what is read.
pub const KEYS_MAX: usize = 200;

impl Gateway {
    /// What has become of messages that the gateway has taken, at most [`KEYS_MAX`]; those that it does not know or
    /// that are still on their way are left out.
    ///
    /// # Errors
    /// [`CallError`]; asking has no effect, so it may be asked again.
    pub async fn receipts(&self, ids: &[Uuid]) -> Result<Vec<(Uuid, Receipt)>, CallError> {
        let question = ReceiptsQuestion { keys: ids.iter().map(Uuid::to_string).collect() };
        let answer: ReceiptsAnswer = self.0.post("receipts", &question).await?;
        let receipts = answer.receipts.into_iter().filter_map(ReceiptRow::read);
        // What was not asked for says nothing.
        Ok(receipts.filter(|(id, _)| ids.contains(id)).collect())
    }
}

impl Provider for Gateway {
    type Message = ShortMessage;

    async fn send(
        &self,
        id: Uuid,
        message: &ShortMessage,
        _now: Timestamp,
    ) -> Result<(), SendError> {
        let question =
            Question { key: id.to_string(), to: message.to.expose(), text: &message.text };
        match self.0.post::<_, Answer>("messages", &question).await {
            Ok(Answer { state: AnswerState::Accepted }) => Ok(()),
            Err(error) => Err(refusal(error.kind)),
        }
    }
}

fn refusal(kind: CallErrorKind) -> SendError {
    match (kind, kind.retry(), kind.fault()) {
        (CallErrorKind::Status(422), ..) => SendError::UnknownAddress,
        (CallErrorKind::Status(429), ..) => SendError::Later,
        (_, Retry::UnknownOutcome, _) => SendError::Lost,
        (_, Retry::Yes, _) | (_, _, Fault::Ours | Fault::Theirs) => SendError::Away,
        (_, Retry::No, Fault::Caller) => SendError::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each failure of a call by what it means for the message.
    #[test]
    fn refusals() {
        for (kind, expected) in [
            (CallErrorKind::Unreachable, SendError::Away),
            (CallErrorKind::Late, SendError::Lost),
            (CallErrorKind::Broken, SendError::Lost),
            (CallErrorKind::Status(400), SendError::Refused),
            (CallErrorKind::Status(401), SendError::Away),
            (CallErrorKind::Status(404), SendError::Away),
            (CallErrorKind::Status(422), SendError::UnknownAddress),
            (CallErrorKind::Status(429), SendError::Later),
            (CallErrorKind::Status(500), SendError::Lost),
            (CallErrorKind::Status(503), SendError::Away),
            (CallErrorKind::Unreadable, SendError::Lost),
        ] {
            assert_eq!(refusal(kind), expected, "{kind:?}");
        }
    }
}
