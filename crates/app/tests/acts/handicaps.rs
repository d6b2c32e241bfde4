//! What keeps a race open on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;

const BEGIN: u32 = 64;
const LEAST: u32 = 4;
const MOST: u32 = 65_536;

/// The most turns that each of `N` who begin at the same moment lets pass. Whoever came first may let twice as many
/// pass in the next round and the others half: without it the quickest act comes first nearly always, and how nearly
/// depends on the machine.
#[derive(Clone, Copy)]
pub(crate) struct Handicaps<const N: usize>([u32; N]);

impl<const N: usize> Handicaps<N> {
    pub(crate) fn even() -> Self {
        Self([BEGIN; N])
    }

    pub(crate) fn came_first(&mut self, first: usize) {
        for (place, most) in self.0.iter_mut().enumerate() {
            *most = if place == first { (*most * 2).min(MOST) } else { (*most / 2).max(LEAST) };
        }
    }

    /// Lets others go first a few times, as often as chance and the handicap of this place say.
    pub(crate) async fn hesitate(self, place: usize, random: &mut ChaCha8Rng) {
        hesitate(random, self.0[place]).await;
    }
}

/// Lets others go first a few times, up to so many.
pub(crate) async fn hesitate(random: &mut ChaCha8Rng, most: u32) {
    for _ in 0..random.next_u32() % (most + 1) {
        tokio::task::yield_now().await;
    }
}
