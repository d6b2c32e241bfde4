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

use crate::act::ActError;
use crate::appeals::AppealRefusal;

/// True if a member with this tag would have had a seat, had all been in the draw who belong there by now: fewer
/// tickets of the appointed come before it than the draw had seats. Those appointed by earlier answers count, or
/// several appeals of one region would give more places than a draw with all of them.
/// Source: selection.md section 12, omission of an applicant.
pub(crate) fn would_be_drawn(result: &RegionResult, entry_tag: [u8; 16]) -> bool {
    let tickets = Ticketer::new(&Seed::from_bytes(result.seed));
    let own = ticket(&tickets, entry_tag);
    let before = result.appointed.iter().filter(|tag| ticket(&tickets, **tag) < own).count();
    before < result.seats as usize
}

fn ticket(tickets: &Ticketer, entry_tag: [u8; 16]) -> Ticket {
    tickets.ticket(&EntryTag(entry_tag), Weight::ONE)
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
        let first = self.first(&open, answer);
        if first.is_empty() {
            Ok(())
        } else {
            Err(AppealRefusal::OutOfTurn { answer, first }.into())
        }
    }

    /// The open appeals that come before this answer, in the order of their turns.
    fn first(&self, open: &[(AppealId, [u8; 16])], answer: AppealAnswer) -> Vec<AppealId> {
        let tickets = Ticketer::new(&Seed::from_bytes(self.result.seed));
        let own = ticket(&tickets, self.appellant.entry_tag);
        let all = open.iter().map(|(id, tag)| (ticket(&tickets, *tag), *id));
        let mut first: Vec<(Ticket, AppealId)> = match answer {
            AppealAnswer::Granted => all.filter(|(other, _)| *other < own).collect(),
            AppealAnswer::NoSeat => all.filter(|(other, _)| *other > own).collect(),
            // What these say stays so whatever else is answered.
            AppealAnswer::DecisionStands | AppealAnswer::TicketBehind => Vec::new(),
        };
        first.sort_unstable();
        if answer == AppealAnswer::NoSeat {
            first.reverse();
        }
        first.into_iter().map(|(_, id)| id).collect()
    }
}
