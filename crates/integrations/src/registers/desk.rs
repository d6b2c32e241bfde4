//! The desk through which registers are asked: so many questions at once and a second of each register, and
//! none while it is away.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::checks::{Answer, Register};
use domain::identity::Identity;
use domain::policy::Named as _;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Registers;
use super::circuit::Circuit;
use crate::error::{CallError, Fault};

/// How a register is spared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sparing {
    /// Questions at the same moment to one register.
    pub at_once_max: usize,
    /// Least time between two questions to one register.
    pub gap: Duration,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The register has failed often, so nothing was asked.
    #[error("the register is left alone for a while after its failures")]
    Resting,
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Asks registers and spares them; shared by everything in this process that asks.
#[derive(Debug)]
pub struct RegisterDesk {
    registers: Arc<dyn Registers>,
    sparing: Sparing,
    lines: BTreeMap<Register, Line>,
}

/// What is known of one register.
#[derive(Debug)]
struct Line {
    places: Semaphore,
    circuit: Mutex<Circuit>,
    next_at: Mutex<Option<Instant>>,
}

impl RegisterDesk {
    /// A desk before these registers.
    pub fn new(registers: Arc<dyn Registers>, sparing: Sparing) -> Self {
        let line = || Line {
            places: Semaphore::new(sparing.at_once_max.max(1)),
            circuit: Mutex::new(Circuit::default()),
            next_at: Mutex::new(None),
        };
        let lines = Register::ALL.iter().map(|register| (*register, line())).collect();
        Self { registers, sparing, lines }
    }

    /// True if nothing would be asked of this register now.
    pub fn rests(&self, register: Register) -> bool {
        let now = Instant::now().into_std();
        self.lines.get(&register).is_none_or(|line| locked(&line.circuit).rests(now))
    }

    /// Asks one register once it is this question's turn.
    ///
    /// # Errors
    /// [`AskError`]; asking again later is always right.
    pub async fn ask(&self, register: Register, identity: &Identity) -> Result<Answer, AskError> {
        let line = self.lines.get(&register).ok_or(AskError::Resting)?;
        // The desk never closes its places.
        let _place = line.places.acquire().await.map_err(|_| AskError::Resting)?;
        if !locked(&line.circuit).admits(Instant::now().into_std()) {
            return Err(AskError::Resting);
        }
        tokio::time::sleep_until(line.turn(self.sparing.gap)).await;
        let answer = self.registers.ask(register, identity).await;
        match &answer {
            // Only this one question was refused.
            Err(error) if error.kind.fault() != Fault::Caller => {
                if locked(&line.circuit).failed(Instant::now().into_std()) {
                    tracing::warn!(%register, %error, "a register fails; it is left alone for a while");
                }
            }
            Err(error) => {
                tracing::warn!(%register, %error, "a register refuses a question; compare its agreement with docs/REGISTERS.md");
                locked(&line.circuit).succeeded();
            }
            Ok(_) => locked(&line.circuit).succeeded(),
        }
        Ok(answer?)
    }
}

impl Line {
    /// Takes the next free moment.
    fn turn(&self, gap: Duration) -> Instant {
        let mut next_at = locked(&self.next_at);
        let now = Instant::now();
        let turn = next_at.map_or(now, |at| at.max(now));
        *next_at = turn.checked_add(gap);
        turn
    }
}

/// Nothing that holds these locks can panic half way, so a poisoned one is still right.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
