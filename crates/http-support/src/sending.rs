//! One file on its way for each account. A newer one takes the place of an older, whose line may be dead without
//! anybody having said so.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// For each account, what ends its file when it is dropped.
type Ends = HashMap<[u8; 16], oneshot::Sender<Infallible>>;

/// Accounts with a file on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Senders(Arc<Mutex<Ends>>);

/// A file on its way, until dropped.
#[derive(Debug)]
pub struct Sending {
    senders: Senders,
    account: [u8; 16],
    newer: oneshot::Receiver<Infallible>,
}

impl Senders {
    pub(crate) fn begin(&self, account: [u8; 16]) -> Sending {
        let (ends, newer) = oneshot::channel();
        self.ends().insert(account, ends);
        Sending { senders: self.clone(), account, newer }
    }

    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sending {
    /// Ready once the account sends another file.
    pub async fn replaced(&mut self) {
        // Nothing is ever sent: the other end is dropped.
        let _ = (&mut self.newer).await;
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.newer.close();
        let mut ends = self.senders.ends();
        // That of a newer file is open.
        if ends.get(&self.account).is_some_and(oneshot::Sender::is_closed) {
            ends.remove(&self.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// A newer file ends the older one of its account alone, and nothing is kept of those that have ended, in
    /// whatever order.
    #[test]
    fn newest_wins() {
        let senders = Senders::default();
        let (mut older, mut other) = (senders.begin([1; 16]), senders.begin([2; 16]));
        assert_eq!(older.replaced().now_or_never(), None);
        let mut newer = senders.begin([1; 16]);
        assert_eq!(older.replaced().now_or_never(), Some(()));
        drop(older);
        assert_eq!(newer.replaced().now_or_never(), None);
        assert_eq!(other.replaced().now_or_never(), None);
        drop((newer, other));
        assert!(senders.ends().is_empty());
    }
}
