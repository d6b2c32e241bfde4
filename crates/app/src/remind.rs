//! Reminders of the first purchase, by each person's own deadline.

use domain::notice::Notice;
use domain::schedule::newest_reminder;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use serde_json::json;
use sqlx::PgConnection;
use storage::notices::{deadlines_of_wave, tell_pending};

use crate::act::{Act, ActError, Event, subject};

/// Reminds whoever of a wave has bought nothing yet and whose newest reminder has come after `after`, within the
/// caller's transaction. Whoever was appointed since that reminder came has just been told the deadline.
pub(crate) async fn remind_within(
    conn: &mut PgConnection,
    act: &mut Act<'_>,
    wave: WaveNumber,
    after: Timestamp,
) -> Result<(), ActError> {
    let mut told = Vec::new();
    for due_at in deadlines_of_wave(conn, wave, act.now).await? {
        let reminder = newest_reminder(due_at, act.now).filter(|reminder| after < reminder.at);
        let Some(reminder) = reminder else { continue };
        let notice = Notice::PurchaseReminder { wave, days: reminder.days, due_at };
        let notices = tell_pending(conn, act.telling(), wave, notice, reminder.at).await?;
        if notices > 0 {
            told.push(json!({ "days": reminder.days, "notices": notices }));
        }
    }
    if told.is_empty() {
        return Ok(());
    }
    let event = Event {
        act: "purchase_remind",
        subject: subject(wave),
        from: None,
        to: None,
        reason: "nothing bought yet",
        detail: json!({ "reminders": told }),
    };
    act.record(conn, event).await
}
