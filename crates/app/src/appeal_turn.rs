//! Whose turn it is among the appeals of one wave and region, so that the order of answers decides nothing.
//!
//! Places go from the best ticket on, and that no seat is left is told from the last ticket on; both only once
//! nobody can file any more. So whoever has a better ticket never comes off worse for being answered sooner or later.

use domain::appeals::{AppealAnswer, filing_ends};
use domain::ids::AppealId;
use domain::time::Timestamp;
use selection::digest::Seed;
use selection::record::{EntryTag, Weight};
use selection::ticket::{Ticket, Ticketer};
use sqlx::PgConnection;
use storage::appeal_turns::open_appeals_of_region;
use storage::appeals::{AppealRow, Appellant, RegionResult};
use storage::error::StorageError;

use crate::act::ActError;
use crate::appeals::AppealRefusal;

fn ticket(tickets: &Ticketer, entry_tag: [u8; 16], weight: u8) -> Result<Ticket, ActError> {
    let broken = StorageError::Inconsistency { table: "member_classes", column: "weight" };
    let weight = Weight::new(weight).map_err(|_| broken)?;
    Ok(tickets.ticket(&EntryTag(entry_tag), weight))
}

/// When and to whom an answer is given that others' appeals bear upon.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// The appeal.
    pub(crate) appeal: &'a AppealRow,
    /// Whose it is.
    pub(crate) appellant: &'a Appellant,
    /// The result of the region.
    pub(crate) result: &'a RegionResult,
    /// When the decree was signed.
    pub(crate) appointed_at: Timestamp,
}

impl Turn<'_> {
    /// Refuses an answer at `now` that takes a seat, or says that none is left, before its turn.
    ///
    /// # Errors
    /// [`AppealRefusal::FilingRuns`] or [`AppealRefusal::OutOfTurn`].
    pub(crate) async fn require(
        &self,
        conn: &mut PgConnection,
        answer: AppealAnswer,
        now: Timestamp,
    ) -> Result<(), ActError> {
        let until = filing_ends(self.appointed_at);
        if now < until {
            return Err(AppealRefusal::FilingRuns { answer, until }.into());
        }
        let open = open_appeals_of_region(conn, self.appeal.wave, self.appellant.region).await?;
        let first = self.first(&open, answer)?;
        if first.is_empty() {
            Ok(())
        } else {
            Err(AppealRefusal::OutOfTurn { answer, first }.into())
        }
    }

    /// The open appeals that come before this answer, in the order of their turns.
    fn first(
        &self,
        open: &[(AppealId, [u8; 16], u8)],
        answer: AppealAnswer,
    ) -> Result<Vec<AppealId>, ActError> {
        let tickets = Ticketer::new(&Seed::from_bytes(self.result.seed));
        let Appellant { entry_tag, class, .. } = self.appellant;
        let own = ticket(&tickets, *entry_tag, class.weight)?;
        let mut all: Vec<(Ticket, AppealId)> = open
            .iter()
            .map(|(id, tag, weight)| Ok((ticket(&tickets, *tag, *weight)?, *id)))
            .collect::<Result<_, ActError>>()?;
        all.sort_unstable();
        match answer {
            AppealAnswer::Granted => all.retain(|(other, _)| *other < own),
            AppealAnswer::NoSeat => {
                all.retain(|(other, _)| *other > own);
                all.reverse();
            }
            // What these say stays so whatever else is answered.
            AppealAnswer::DecisionStands | AppealAnswer::TicketBehind => all.clear(),
        }
        Ok(all.into_iter().map(|(_, id)| id).collect())
    }
}
