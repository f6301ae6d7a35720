//! One counter with the windows that requests in flight still hold.

use maas_quota::counter::Counter;
use maas_quota::window::Window;

/// A counter: its window in force, and earlier ones until their last reservation is settled.
#[derive(Debug)]
pub(super) struct Entry {
    current: Counter,
    earlier: Vec<Counter>,
    /// Used since the last time that idle leases were looked for.
    touched: bool,
    /// When others were last asked about before a refusal.
    asked_ms: i64,
}

impl Entry {
    pub(super) const fn new(window: Window) -> Self {
        Self { current: Counter::new(window), earlier: Vec::new(), touched: true, asked_ms: i64::MIN }
    }

    pub(super) const fn current(&self) -> &Counter {
        &self.current
    }

    /// Returns the counter as it stands in a window; `None` for one that it does not know.
    pub(super) fn in_window(&self, window: Window) -> Option<Counter> {
        if self.current.window.start_ms >= window.start_ms {
            return Some(self.current);
        }
        let next = self.current.next(window);
        (next.carried > 0).then_some(next)
    }

    /// Goes on to a later window. Never goes back: a clock that lags sees the window in force.
    pub(super) fn roll(&mut self, window: Window) {
        if window.start_ms <= self.current.window.start_ms {
            return;
        }
        let next = self.current.next(window);
        let ended = std::mem::replace(&mut self.current, next);
        if ended.reserved > 0 {
            self.earlier.push(ended);
        }
    }

    /// Says whether the last question is at least so long ago, and takes note of this one.
    pub(super) const fn may_ask(&mut self, now_ms: i64, after_ms: i64) -> bool {
        let may = now_ms < self.asked_ms || now_ms >= self.asked_ms.saturating_add(after_ms);
        if may {
            self.asked_ms = now_ms;
        }
        may
    }

    pub(super) const fn hold(&mut self, amount: u64, limit: u64) {
        self.current.hold(amount, limit);
        self.touched = true;
    }

    /// Settles in the window in which it was reserved; debt that shows only now goes to the window in force.
    pub(super) fn settle(&mut self, window: Window, reserved: u64, charge: u64) {
        self.touched = true;
        if self.current.window == window {
            self.current.settle(reserved, charge);
            return;
        }
        let Some(place) = self.earlier.iter().position(|counter| counter.window == window) else { return };
        let Some(counter) = self.earlier.get_mut(place) else { return };
        let before = counter.debt();
        counter.settle(reserved, charge);
        let more = counter.debt().saturating_sub(before);
        self.current.carried = self.current.carried.saturating_add(more);
        if counter.reserved == 0 {
            self.earlier.remove(place);
        }
    }

    /// Notes a grant for the window in force; `total` is what the store has granted to everyone.
    pub(super) const fn grant(&mut self, window: Window, granted: u64, total: u64) {
        if self.current.window.start_ms == window.start_ms {
            self.current.lease = self.current.lease.saturating_add(granted);
            self.current.elsewhere = total.saturating_sub(self.current.lease);
            self.touched = true;
        }
    }

    /// Takes back a lease that the store did not hear of.
    pub(super) const fn keep(&mut self, window: Window, lease: u64) {
        if self.current.window.start_ms == window.start_ms {
            self.current.lease = self.current.lease.saturating_add(lease);
        }
    }

    /// Takes away the unused part of the lease, to be given back, if nothing happened since the last call.
    pub(super) const fn take_idle(&mut self) -> u64 {
        if self.touched {
            self.touched = false;
            return 0;
        }
        self.take_unused()
    }

    /// Takes away the unused part of the lease.
    pub(super) const fn take_unused(&mut self) -> u64 {
        let unused = self.current.lease.saturating_sub(self.current.total());
        self.current.lease = self.current.lease.saturating_sub(unused);
        unused
    }

    /// Says whether nothing would be lost with it.
    pub(super) fn is_forgettable(&self, now_ms: i64) -> bool {
        let Window { start_ms, end_ms } = self.current.window;
        if !self.earlier.is_empty() || self.current.reserved > 0 {
            return false;
        }
        if self.current.window == Window::ALWAYS {
            return self.current.total() == 0 && self.current.lease == 0;
        }
        let grace_ms = if self.current.debt() > 0 { end_ms.saturating_sub(start_ms).saturating_mul(2) } else { 0 };
        end_ms.saturating_add(grace_ms) <= now_ms
    }
}
