//! The memory plan: buffers that are never alive together share addresses.
//! Not here: which buffers there are and how long they live (a backend's lowering says so).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// Every offset is a multiple of this many bytes.
pub const ALIGNMENT: usize = 64;

/// A buffer that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its size; a buffer without bytes still gets an offset.
    pub bytes: usize,
    /// The first step that writes it.
    pub first: usize,
    /// The last step that reads it; it counts as alive in this step too.
    pub last: usize,
}

/// Where the buffers lie in one arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArenaPlan {
    /// Offset of each buffer, in the order of the requests, in bytes.
    pub offsets: Vec<usize>,
    /// Size of the arena in bytes.
    pub total: usize,
}

/// Gives every buffer an offset so that no two that are alive in the same step overlap.
///
/// Both orders are tried, and the smaller arena is taken: large buffers first, each at the lowest gap among
/// those placed before that live with it; and by time, each into the tightest gap that is free then.
/// The first is left out where it would be slow (many buffers alive together).
///
/// # Source
/// Sekiyama et al. (2018), "Profile-guided memory optimization for deep neural networks", arXiv:1804.10001
/// (offsets by lifetime as two-dimensional packing; both heuristics are greedy ones of this kind).
pub fn memory(requests: &[Request]) -> ArenaPlan {
    let by_time = by_time(requests);
    match by_size(requests) {
        Some(by_size) if by_size.total < by_time.total => by_size,
        _ => by_time,
    }
}

fn aligned(bytes: usize) -> usize {
    bytes.checked_next_multiple_of(ALIGNMENT).unwrap_or(usize::MAX / ALIGNMENT * ALIGNMENT)
}

/// Free gaps of an arena that is as long as its last used byte.
#[derive(Default)]
struct Arena {
    /// Offset and size of each gap, neighbours joined.
    gaps: BTreeMap<usize, usize>,
    /// Size and offset of each gap.
    by_size: BTreeSet<(usize, usize)>,
    end: usize,
}

impl Arena {
    fn take(&mut self, bytes: usize) -> usize {
        if bytes == 0 {
            return 0;
        }
        if let Some(&(size, at)) = self.by_size.range((bytes, 0)..).next() {
            self.remove(at, size);
            self.insert(at + bytes, size - bytes);
            return at;
        }
        // A gap at the end is made longer.
        let last = self.gaps.last_key_value().map(|(&at, &size)| (at, size)).filter(|(at, size)| at + size == self.end);
        let at = match last {
            Some((at, size)) => {
                self.remove(at, size);
                at
            }
            None => self.end,
        };
        self.end = at.saturating_add(bytes);
        at
    }

    fn give(&mut self, mut at: usize, mut bytes: usize) {
        if bytes == 0 {
            return;
        }
        if let Some((&before, &size)) = self.gaps.range(..at).next_back().filter(|(b, s)| *b + *s == at) {
            self.remove(before, size);
            (at, bytes) = (before, bytes + size);
        }
        if let Some(&size) = self.gaps.get(&(at + bytes)) {
            self.remove(at + bytes, size);
            bytes += size;
        }
        self.insert(at, bytes);
    }

    fn insert(&mut self, at: usize, bytes: usize) {
        if bytes > 0 {
            self.gaps.insert(at, bytes);
            self.by_size.insert((bytes, at));
        }
    }

    fn remove(&mut self, at: usize, bytes: usize) {
        self.gaps.remove(&at);
        self.by_size.remove(&(bytes, at));
    }
}

/// In order of their first step, larger ones first; the tightest gap.
fn by_time(requests: &[Request]) -> ArenaPlan {
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|&i| (requests[i].first, Reverse(requests[i].bytes), i));
    let mut arena = Arena::default();
    let mut offsets = vec![0; requests.len()];
    let mut alive: BinaryHeap<Reverse<(usize, usize)>> = BinaryHeap::new();
    for i in order {
        while let Some(&Reverse((last, ended))) = alive.peek() {
            if last >= requests[i].first {
                break;
            }
            alive.pop();
            arena.give(offsets[ended], aligned(requests[ended].bytes));
        }
        offsets[i] = arena.take(aligned(requests[i].bytes));
        alive.push(Reverse((requests[i].last.max(requests[i].first), i)));
    }
    ArenaPlan { offsets, total: arena.end }
}

/// Work that placing large buffers first may take, in comparisons.
const MAX_COMPARISONS: usize = 1 << 25;

/// Large ones first, each at the lowest gap among those that live with it; `None` if that takes too long.
fn by_size(requests: &[Request]) -> Option<ArenaPlan> {
    let mut order: Vec<usize> = (0..requests.len()).filter(|&i| requests[i].bytes > 0).collect();
    order.sort_by_key(|&i| (Reverse(requests[i].bytes), requests[i].first, i));
    let mut offsets = vec![0; requests.len()];
    let mut total = 0;
    // Placed buffers by offset.
    let mut placed: Vec<usize> = Vec::with_capacity(order.len());
    let mut comparisons = 0;
    for i in order {
        let (request, bytes) = (&requests[i], aligned(requests[i].bytes));
        let mut at = 0usize;
        comparisons += placed.len();
        if comparisons > MAX_COMPARISONS {
            return None;
        }
        for &other in &placed {
            let apart = requests[other].last.max(requests[other].first) < request.first
                || request.last.max(request.first) < requests[other].first;
            if apart {
                continue;
            }
            if offsets[other] >= at.saturating_add(bytes) {
                break;
            }
            at = at.max(offsets[other].saturating_add(aligned(requests[other].bytes)));
        }
        offsets[i] = at;
        total = total.max(at.saturating_add(bytes));
        placed.insert(placed.partition_point(|&p| offsets[p] <= at), i);
    }
    Some(ArenaPlan { offsets, total })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_tensor::Rng;

    fn random(seed: u64, n: usize, steps: u32, lifetime: u32) -> Vec<Request> {
        let mut rng = Rng::new(seed, 9);
        let request = |_| {
            let first = rng.below(steps) as usize;
            Request { bytes: rng.below(5000) as usize, first, last: first + rng.below(lifetime) as usize }
        };
        (0..n).map(request).collect()
    }

    /// Every buffer lies at an aligned place within the arena, and shares no byte with one that is alive in one of its steps.
    fn check(requests: &[Request], layout: &ArenaPlan) {
        let mut order: Vec<usize> = (0..requests.len()).filter(|&i| requests[i].bytes > 0).collect();
        order.sort_by_key(|&i| requests[i].first);
        let range = |i: usize| layout.offsets[i]..layout.offsets[i] + requests[i].bytes;
        let mut alive: Vec<usize> = Vec::new();
        for i in order {
            assert!(layout.offsets[i].is_multiple_of(ALIGNMENT) && range(i).end <= layout.total);
            alive.retain(|&j| requests[j].last >= requests[i].first);
            for &j in &alive {
                let apart = range(i).end <= range(j).start || range(j).end <= range(i).start;
                assert!(apart, "{:?} and {:?} overlap", requests[i], requests[j]);
            }
            alive.push(i);
        }
    }

    /// No arena can be smaller than what is alive in one step.
    fn floor(requests: &[Request]) -> usize {
        let steps = requests.iter().map(|r| r.last + 2).max().unwrap_or(0);
        let mut change = vec![0_isize; steps];
        for request in requests {
            change[request.first] += aligned(request.bytes) as isize;
            change[request.last + 1] -= aligned(request.bytes) as isize;
        }
        let alive = change.iter().scan(0, |alive, by| {
            *alive += by;
            Some(*alive as usize)
        });
        alive.max().unwrap_or(0)
    }

    #[test]
    fn the_checks_of_these_tests_find_faults() {
        let requests = [Request { bytes: 100, first: 0, last: 2 }, Request { bytes: 100, first: 2, last: 3 }];
        let fails = |offsets: [usize; 2], total| {
            let layout = ArenaPlan { offsets: offsets.to_vec(), total };
            std::panic::catch_unwind(|| check(&requests, &layout)).is_err()
        };
        assert!(!fails([0, 128], 256));
        assert!(fails([0, 64], 256), "they share bytes in step 2");
        assert!(fails([0, 128], 200), "the second ends behind the arena");
        assert!(fails([0, 130], 256), "an offset is not aligned");
        assert_eq!(floor(&requests), 256);
        assert_eq!(floor(&[requests[0], Request { first: 3, ..requests[1] }]), 128);
    }

    #[test]
    fn buffers_alive_together_do_not_overlap() {
        for seed in 0..50 {
            let requests = random(seed, 120, 60, 12);
            for layout in [by_time(&requests), by_size(&requests).unwrap(), memory(&requests)] {
                check(&requests, &layout);
            }
            let (found, least) = (memory(&requests).total, floor(&requests));
            assert!(found >= least && found as f64 <= 1.35 * least as f64, "{found} bytes where {least} are alive");
        }
    }

    #[test]
    fn a_chain_needs_two_buffers() {
        let requests: Vec<Request> = (0..10).map(|i| Request { bytes: 1000, first: i, last: i + 1 }).collect();
        assert_eq!(memory(&requests).total, 2 * 1024);
    }

    #[test]
    fn nothing_and_empty_buffers_are_fine() {
        assert_eq!(memory(&[]), ArenaPlan { offsets: vec![], total: 0 });
        assert_eq!(memory(&[Request { bytes: 0, first: 3, last: 3 }]).total, 0);
    }

    #[test]
    fn many_buffers_are_planned() {
        let requests = random(1, 100_000, 100_000, 10);
        let layout = memory(&requests);
        check(&requests, &layout);
        let (found, least) = (layout.total, floor(&requests));
        assert!(found >= least && found as f64 <= 1.35 * least as f64, "{found} bytes where {least} are alive");
    }
}
