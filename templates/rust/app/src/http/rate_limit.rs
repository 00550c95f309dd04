//! Counts what each client asks for in a minute; in memory, for this process, and for so many clients at most.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const WINDOW: Duration = Duration::from_mins(1);
const MOST_CLIENTS: usize = 100_000;

pub struct RateLimit<K> {
    per_minute: u32,
    windows: Mutex<Windows<K>>,
}

/// All windows are equally long, so the one that began first ends first.
struct Windows<K> {
    counts: HashMap<K, Window>,
    ages: VecDeque<(Instant, K)>,
}

struct Window {
    began: Instant,
    count: u32,
}

impl<K: Clone + Eq + Hash> RateLimit<K> {
    pub fn new(per_minute: u32) -> Self {
        let windows = Windows { counts: HashMap::new(), ages: VecDeque::new() };
        Self { per_minute, windows: Mutex::new(windows) }
    }

    /// Count a request of a client, or return after how many seconds there is room for another.
    pub fn admit(&self, client: K) -> Result<(), u64> {
        self.admit_at(client, Instant::now())
    }

    fn admit_at(&self, client: K, now: Instant) -> Result<(), u64> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.end_by(now);
        let window = windows.of(client, now);
        if window.count < self.per_minute {
            window.count += 1;
            return Ok(());
        }
        let left = (window.began + WINDOW).saturating_duration_since(now);
        Err(left.as_secs() + 1)
    }
}

impl<K: Clone + Eq + Hash> Windows<K> {
    fn end_by(&mut self, now: Instant) {
        while self.ages.front().is_some_and(|(began, _)| *began + WINDOW <= now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, client)) = self.ages.pop_front() {
            self.counts.remove(&client);
        }
    }

    fn of(&mut self, client: K, now: Instant) -> &mut Window {
        if self.ages.len() >= MOST_CLIENTS && !self.counts.contains_key(&client) {
            self.forget_oldest();
        }
        let ages = &mut self.ages;
        self.counts.entry(client).or_insert_with_key(|client| {
            ages.push_back((now, client.clone()));
            Window { began: now, count: 0 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_requests_are_admitted_in_a_minute_and_no_more() {
        let (limit, start) = (RateLimit::new(2), Instant::now());
        let at = |client, seconds| limit.admit_at(client, start + Duration::from_secs(seconds));
        assert_eq!([at("a", 0), at("a", 20), at("a", 20)], [Ok(()), Ok(()), Err(41)]);
        assert_eq!([at("a", 59), at("a", 60)], [Err(2), Ok(())]);
    }

    #[test]
    fn each_client_counts_for_itself() {
        let (limit, now) = (RateLimit::new(1), Instant::now());
        assert_eq!(limit.admit_at("a", now), Ok(()));
        assert_eq!(limit.admit_at("b", now), Ok(()));
        assert!(limit.admit_at("a", now).is_err());
    }

    #[test]
    fn memory_is_bounded_whoever_asks() {
        let (limit, now) = (RateLimit::new(1), Instant::now());
        for client in 0..MOST_CLIENTS + 10 {
            assert_eq!(limit.admit_at(client, now), Ok(()));
        }
        let windows = limit.windows.lock().unwrap();
        assert_eq!((windows.counts.len(), windows.ages.len()), (MOST_CLIENTS, MOST_CLIENTS));
    }
}
