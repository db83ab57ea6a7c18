//! How well controllers reach the API server. People always do: they would wait, and come back.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// How well controllers reach the API server. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    reachable: Arc<watch::Sender<bool>>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    read_only: bool,
    /// Since when nothing can be written.
    trouble_since: Option<Instant>,
    /// How many of the next writes of records are held back.
    to_hold: usize,
    held: Vec<Arc<Notify>>,
}

impl Access {
    /// All is well.
    pub(crate) fn new() -> Self {
        Self {
            reachable: Arc::new(watch::Sender::new(true)),
            inner: Arc::default(),
        }
    }

    /// Whether it can be reached from now on. Watches that are open when it goes away end.
    pub(crate) fn be_reachable(&self, reachable: bool) {
        self.reachable.send_replace(reachable);
        self.note_trouble();
    }

    /// Whether it takes writes from now on.
    pub(crate) fn be_writable(&self, writable: bool) {
        self.inner().read_only = !writable;
        self.note_trouble();
    }

    /// Whether it can be reached, and every change of that.
    pub(crate) fn reachable(&self) -> watch::Receiver<bool> {
        self.reachable.subscribe()
    }

    /// Whether it takes writes.
    pub(crate) fn is_writable(&self) -> bool {
        !self.inner().read_only
    }

    /// Since when nothing can be written, if that is so.
    pub(crate) fn trouble_since(&self) -> Option<Instant> {
        self.inner().trouble_since
    }

    /// Holds one more of the next writes of records back until [`release`](Self::release).
    pub(crate) fn hold_the_next_write(&self) {
        self.inner().to_hold += 1;
    }

    /// What a write of a record has to wait for.
    pub(crate) fn hold(&self) -> Option<Arc<Notify>> {
        let mut inner = self.inner();
        inner.to_hold = inner.to_hold.checked_sub(1)?;
        let held = Arc::new(Notify::new());
        inner.held.push(Arc::clone(&held));
        Some(held)
    }

    /// Lets everything land that was held back.
    pub(crate) fn release(&self) {
        for held in std::mem::take(&mut self.inner().held) {
            held.notify_one();
        }
    }

    fn note_trouble(&self) {
        let reachable = *self.reachable.borrow();
        let mut inner = self.inner();
        let trouble = inner.read_only || !reachable;
        inner.trouble_since = trouble.then(|| inner.trouble_since.unwrap_or_else(Instant::now));
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}
