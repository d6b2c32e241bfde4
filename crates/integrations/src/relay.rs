//! Sending by one of two providers: the second takes over when the first is not to be reached.

use std::sync::{Mutex, PoisonError};

use domain::time::Timestamp;
use uuid::Uuid;

use crate::circuit::Circuit;

/// Why a message was not sent, as far as its sender has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The address or number is not known there; trying again would not help.
    #[error("the address or number is unknown")]
    UnknownAddress,
    /// This message is refused for good.
    #[error("the message is refused")]
    Refused,
    /// The provider answers and does not take this message from us, by a policy of its own; another one may.
    #[error("the provider bars the message by its policy")]
    Barred,
    /// The provider answers, and asks to come back later with this message.
    #[error("the provider asks to come back later")]
    Later,
    /// The provider was not to be reached, or does not let us in: nothing was sent.
    #[error("the provider is away or does not let us in")]
    Away,
    /// Every provider is left alone for a while, so none was asked.
    #[error("every provider is left alone for a while")]
    Resting,
    /// The connection was lost before an answer: it may have been sent.
    #[error("the connection was lost before an answer")]
    Lost,
}

/// Somebody who takes messages of one kind.
pub trait Provider: Send + Sync {
    /// What it takes.
    type Message: Sync;

    /// Hands a message over under an id by which the other side can drop a double.
    fn send(
        &self,
        id: Uuid,
        message: &Self::Message,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// One provider or two, in the order in which they are tried.
#[derive(Debug)]
pub struct Relay<P> {
    stations: Vec<Station<P>>,
}

#[derive(Debug)]
struct Station<P> {
    name: &'static str,
    provider: P,
    circuit: Mutex<Circuit>,
}

impl<P> Station<P> {
    fn with_circuit<T>(&self, act: impl FnOnce(&mut Circuit) -> T) -> T {
        // A circuit is whole at every point, so one that somebody broke at is as good as another.
        act(&mut self.circuit.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<P: Provider> Relay<P> {
    /// A relay over a first provider and perhaps a second.
    pub fn new(first: P, second: Option<P>) -> Self {
        let providers = [Some(("first", first)), second.map(|second| ("second", second))];
        let station = |(name, provider)| Station { name, provider, circuit: Mutex::default() };
        Self { stations: providers.into_iter().flatten().map(station).collect() }
    }

    /// The provider of a name that [`Relay::send`] has given.
    pub fn provider(&self, name: &str) -> Option<&P> {
        self.stations.iter().find(|station| station.name == name).map(|station| &station.provider)
    }

    /// Whether every provider is left alone at `now`, so that nothing can be sent.
    pub fn rests(&self, now: Timestamp) -> bool {
        self.stations.iter().all(|station| station.with_circuit(|circuit| circuit.rests(now)))
    }

    /// Sends by the first provider that is there and does not bar the message, and gives its name, `first` or `second`.
    /// A message that may have been sent is not given to another provider at once, which could not drop the double.
    ///
    /// # Errors
    /// [`SendError`]; [`SendError::Away`] if no provider was there, [`SendError::Barred`] if none takes it,
    /// [`SendError::Resting`] if none was asked.
    pub async fn send(
        &self,
        id: Uuid,
        message: &P::Message,
        now: Timestamp,
    ) -> Result<&'static str, SendError> {
        let mut unsent = SendError::Resting;
        for station in &self.stations {
            if !station.with_circuit(|circuit| circuit.admits(now)) {
                continue;
            }
            let sent = station.provider.send(id, message, now).await;
            station.with_circuit(|circuit| match sent {
                Err(SendError::Away | SendError::Resting | SendError::Lost) => circuit.fail(now),
                Ok(())
                | Err(
                    SendError::UnknownAddress
                    | SendError::Refused
                    | SendError::Barred
                    | SendError::Later,
                ) => circuit.succeed(),
            });
            match sent {
                Ok(()) => return Ok(station.name),
                // Being barred says more than being away.
                Err(SendError::Barred) => unsent = SendError::Barred,
                Err(SendError::Away) if unsent == SendError::Barred => {}
                Err(SendError::Away) => unsent = SendError::Away,
                Err(error) => return Err(error),
            }
        }
        Err(unsent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stub(Mutex<Vec<Result<(), SendError>>>);

    impl Provider for Stub {
        type Message = ();

        async fn send(&self, _: Uuid, (): &(), _: Timestamp) -> Result<(), SendError> {
            self.0.lock().expect("whole").pop().expect("it must not be asked")
        }
    }

    fn stub(answers: &[Result<(), SendError>]) -> Stub {
        Stub(Mutex::new(answers.iter().rev().copied().collect()))
    }

    /// Goal: what one provider bars is given to the next, which decides, and is barred only if no other one takes it.
    /// Method: answers written down beforehand.
    #[tokio::test]
    async fn the_second_is_asked_for_what_is_barred() {
        use SendError as E;
        let first = [E::Barred, E::Barred, E::Barred, E::Barred, E::Away].map(Err);
        let second = [Ok(()), Err(E::UnknownAddress), Err(E::Barred), Err(E::Away), Err(E::Barred)];
        let relay = Relay::new(stub(&first), Some(stub(&second)));
        let now = Timestamp::from_micros(0);
        for expected in
            [Ok("second"), Err(E::UnknownAddress), Err(E::Barred), Err(E::Barred), Err(E::Barred)]
        {
            assert_eq!(relay.send(Uuid::nil(), &(), now).await, expected);
        }
    }

    /// Goal: who is away is passed over at once, and after three times not asked at all until the probe; every
    /// other answer is the first one's. Method: answers written down beforehand; being asked beyond them fails.
    #[tokio::test]
    async fn the_second_takes_over() {
        use SendError as E;
        let first = [
            Ok(()),
            Err(E::Lost),
            Err(E::UnknownAddress),
            Err(E::Away),
            Err(E::Away),
            Err(E::Away),
            Ok(()),
        ];
        let second = [Ok(()), Ok(()), Err(E::Away), Ok(())];
        let relay = Relay::new(stub(&first), Some(stub(&second)));
        let now = Timestamp::from_micros(0);
        let later = now.plus_micros(30_000_000);
        for (at, expected) in [
            (now, Ok("first")),
            (now, Err(E::Lost)),
            (now, Err(E::UnknownAddress)),
            (now, Ok("second")),
            (now, Ok("second")),
            (now, Err(E::Away)),
            (now, Ok("second")),
            (later, Ok("first")),
        ] {
            assert_eq!(relay.send(Uuid::nil(), &(), at).await, expected);
        }

        // Nobody is asked while all are left alone.
        let alone = Relay::new(stub(&[Err(E::Away); 3]), None);
        for _ in 0..3 {
            assert!(!alone.rests(now));
            assert_eq!(alone.send(Uuid::nil(), &(), now).await, Err(E::Away));
        }
        assert!(alone.rests(now) && !alone.rests(later));
        assert_eq!(alone.send(Uuid::nil(), &(), now).await, Err(E::Resting));
    }
}
