//! The courier: takes notices, hands them to their providers outside any transaction, and writes down what became
//! of each.
//!
//! Beside the queue of jobs and not in it: a provider that is away holds up no wave, and thousands of notices hide
//! no job that waits. Each channel has a loop of its own, so a slow provider of one does not delay the other, and so
//! have receipts, so a gateway that is slow to tell does not delay sending. Killed, it loses nothing: its leases end,
//! and what it may have sent is sent again under the same id.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use app::clock::Clock;
use app::notices::{
    Message, Outgoing, SENDING, SENDING_ONE_S, SendResult, claim_notices, claim_receipts,
    settle_notices, settle_receipts,
};
use domain::ids::uuid_at;
use domain::notice::Channel;
use domain::notice::state::NoticeFault;
use domain::policy::Named as _;
use domain::time::Timestamp;
use futures_util::{FutureExt as _, StreamExt as _};
use integrations::gateway::{Gateway, KEYS_MAX};
use integrations::relay::{Relay, SendError};
use integrations::smtp::Smtp;
use storage::database::Database;
use storage::error::StorageError;
use storage::vault::KeyRing;
use tokio::time::{MissedTickBehavior, timeout};
use uuid::Uuid;

use crate::causes;

/// Pause between two rounds; with the number of a round it bounds the rate.
const PAUSE: Duration = Duration::from_secs(1);
/// Messages on their way at the same moment, on each channel.
const AT_ONCE: usize = 8;
/// Notices written down in one transaction: few, so that a kill leaves few whose fate nobody knows.
const SETTLED_AT_ONCE: usize = 16;

/// What a loop of the courier does, again and again.
#[derive(Clone, Copy, Debug)]
enum Errand {
    /// Sends what waits on a channel.
    Send(Channel),
    /// Asks gateways what has become of texts.
    AskReceipts,
}

/// What a courier works with.
#[derive(Debug)]
pub struct CourierSetup {
    /// The database.
    pub database: Database,
    /// Keys of addresses and identities.
    pub keys: Arc<KeyRing>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Who takes e-mails; without one they wait.
    pub mail: Option<Relay<Smtp>>,
    /// Who takes short texts; without one they wait.
    pub sms: Option<Relay<Gateway>>,
    /// Messages a second on each channel, at most.
    pub per_second: usize,
}

/// A courier; runs once [`Courier::run`] is called.
#[derive(Debug)]
pub struct Courier {
    setup: CourierSetup,
    courier_id: Uuid,
}

impl Courier {
    /// A courier with random bytes for its id.
    pub fn new(setup: CourierSetup, random: [u8; 10]) -> Self {
        let courier_id = uuid_at(setup.clock.now(), random);
        Self { setup, courier_id }
    }

    /// Works until `stop` is ready, then ends what is on its way and gives the rest back.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let stop = stop.shared();
        tokio::join!(
            self.repeat(Errand::Send(Channel::Email), stop.clone()),
            self.repeat(Errand::Send(Channel::Sms), stop.clone()),
            self.repeat(Errand::AskReceipts, stop.clone()),
        );
    }

    /// Does what can be done at this instant; for a clock that somebody sets.
    pub async fn run_due(&mut self) {
        let stopping = AtomicBool::new(false);
        let (mail, sms) = tokio::join!(
            self.round(Errand::Send(Channel::Email), &stopping),
            self.round(Errand::Send(Channel::Sms), &stopping)
        );
        let receipts = self.round(Errand::AskReceipts, &stopping).await;
        for done in [mail, sms, receipts] {
            note(&done, &mut false);
        }
    }

    async fn repeat(&self, errand: Errand, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let stopping = AtomicBool::new(false);
        let mut is_away = false;
        let mut rounds = tokio::time::interval(PAUSE);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return,
                _ = rounds.tick() => {}
            }
            let mut round = pin!(self.round(errand, &stopping));
            tokio::select! {
                biased;
                done = &mut round => {
                    note(&done, &mut is_away);
                    continue;
                }
                () = &mut stop => stopping.store(true, Ordering::Relaxed),
            }
            note(&round.await, &mut is_away);
            return;
        }
    }

    /// One round of an errand.
    async fn round(&self, errand: Errand, stopping: &AtomicBool) -> Result<(), StorageError> {
        match errand {
            Errand::Send(channel) if self.can_send(channel) => {
                self.deliver(channel, stopping).await
            }
            Errand::Send(_) => Ok(()),
            Errand::AskReceipts => self.ask_receipts().await,
        }
    }

    /// True if the channel has a provider that is not left alone.
    fn can_send(&self, channel: Channel) -> bool {
        let now = self.setup.clock.now();
        match channel {
            Channel::Email => self.setup.mail.as_ref().is_some_and(|relay| !relay.rests(now)),
            Channel::Sms => self.setup.sms.as_ref().is_some_and(|relay| !relay.rests(now)),
        }
    }

    async fn deliver(&self, channel: Channel, stopping: &AtomicBool) -> Result<(), StorageError> {
        let CourierSetup { database, keys, clock, per_second, .. } = &self.setup;
        let now = clock.now();
        let held =
            claim_notices(database, keys, self.courier_id, channel, now, *per_second).await?;
        let until = now.plus_micros(SENDING);
        let sending = held.into_iter().map(|one| self.send(one, until, stopping));
        let sent = futures_util::stream::iter(sending).buffer_unordered(AT_ONCE);
        let mut sent = pin!(sent.ready_chunks(SETTLED_AT_ONCE));
        while let Some(results) = sent.next().await {
            settle_notices(database, self.courier_id, &results, clock.now()).await?;
            let failed =
                results.iter().filter(|(_, tries, result)| result.gives_up(*tries)).count();
            if failed > 0 {
                tracing::error!(
                    channel = channel.name(),
                    failed,
                    "notices have failed; mend what `gelombang notices --failed` names, then `gelombang notices retry`"
                );
            }
        }
        Ok(())
    }

    /// Asks the gateways what has become of short texts that they have taken.
    async fn ask_receipts(&self) -> Result<(), StorageError> {
        let Some(relay) = &self.setup.sms else { return Ok(()) };
        let (database, now) = (&self.setup.database, self.setup.clock.now());
        let mut by_provider: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        for (id, provider) in claim_receipts(database, now, KEYS_MAX).await? {
            by_provider.entry(provider).or_default().push(id);
        }
        for (name, ids) in by_provider {
            // A second gateway that is no longer named cannot be asked.
            let Some(gateway) = relay.provider(&name) else { continue };
            match gateway.receipts(&ids).await {
                Ok(receipts) => {
                    settle_receipts(database, &receipts, self.setup.clock.now()).await?;
                }
                Err(error) => tracing::info!(%error, "receipts could not be asked for"),
            }
        }
        Ok(())
    }

    /// Sends one message, unless the courier is to stop or it is too late to begin within the lease.
    async fn send(
        &self,
        held: Outgoing,
        until: Timestamp,
        stopping: &AtomicBool,
    ) -> (Uuid, u16, SendResult) {
        let (id, now) = (held.notice_id, self.setup.clock.now());
        if stopping.load(Ordering::Relaxed) || now >= until {
            return (id, held.tries, SendResult::Unbegun);
        }
        let limit = Duration::from_secs(SENDING_ONE_S);
        let sent = timeout(limit, self.hand_over(&held, now)).await.unwrap_or(Err(SendError::Lost));
        if let Err(error) = sent
            && error != SendError::Resting
        {
            tracing::info!(notice = %id, tries = held.tries, %error, "notice not sent");
        }
        (id, held.tries, result_of(sent))
    }

    async fn hand_over(&self, held: &Outgoing, now: Timestamp) -> Result<&'static str, SendError> {
        match (&held.message, &self.setup.mail, &self.setup.sms) {
            (Message::Email(mail), Some(relay), _) => relay.send(held.notice_id, mail, now).await,
            (Message::Sms(text), _, Some(relay)) => relay.send(held.notice_id, text, now).await,
            (Message::Email(_), None, _) | (Message::Sms(_), _, None) => Err(SendError::Resting),
        }
    }
}

/// Says that a round failed, once for each outage.
fn note(done: &Result<(), StorageError>, is_away: &mut bool) {
    if let Err(error) = done
        && !*is_away
    {
        let error = causes(error);
        tracing::warn!(error, "the courier could not take notices; it goes on trying");
    }
    *is_away = done.is_err();
}

const fn result_of(sent: Result<&'static str, SendError>) -> SendResult {
    match sent {
        Ok(provider) => SendResult::Accepted(provider),
        Err(SendError::UnknownAddress) => SendResult::Refused(NoticeFault::UnknownAddress),
        Err(SendError::Refused) => SendResult::Refused(NoticeFault::Refused),
        Err(SendError::Barred) => SendResult::Later(NoticeFault::Barred),
        Err(SendError::Later) => SendResult::Later(NoticeFault::Later),
        Err(SendError::Resting) => SendResult::Unbegun,
        Err(SendError::Away) => SendResult::Later(NoticeFault::ProviderAway),
        Err(SendError::Lost) => SendResult::Unknown(NoticeFault::ConnectionLost),
    }
}
