//! A model of replicas that take leases, serve requests, crash and return: the sum never exceeds the limit.

use proptest::prelude::*;

use super::*;

#[test]
fn slices_shrink_down_to_single_requests() {
    let mut shelf = Shelf::default();
    let mut slices = Vec::new();
    loop {
        let grant = shelf.take(&Ask { limit: 1_000, need: 10, ..Ask::default() });
        if grant.granted == 0 {
            break;
        }
        slices.push(grant.granted);
    }
    assert_eq!(slices.first(), Some(&71));
    assert!(slices.is_sorted_by(|before, after| before >= after), "{slices:?}");
    assert_eq!((slices.iter().sum::<u64>(), shelf.granted), (1_000, 1_000));
}

#[test]
fn what_was_used_without_a_lease_is_recorded_beyond_the_limit() {
    let mut shelf = Shelf { granted: 10 };
    let grant = shelf.take(&Ask { limit: 10, forced: 2, need: 1, give_back: 0 });
    assert_eq!(grant, Grant { granted: 2, total: 12 });
}

#[test]
fn a_lowered_limit_grants_nothing_until_enough_is_given_back() {
    let mut shelf = Shelf { granted: 60 };
    assert_eq!(shelf.take(&Ask { limit: 40, need: 1, ..Ask::default() }).granted, 0);
    assert_eq!(shelf.take(&Ask { limit: 40, need: 1, give_back: 30, forced: 0 }).granted, 1);
}

#[derive(Clone, Debug)]
enum Step {
    /// Replica, need, what it really used.
    Serve(usize, u64, u64),
    Return(usize),
    Crash(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4_usize, 1..40_u64, 0..40_u64).prop_map(|(replica, need, truth)| Step::Serve(replica, need, truth)),
        1 => (0..4_usize).prop_map(Step::Return),
        1 => (0..4_usize).prop_map(Step::Crash),
    ]
}

proptest! {
    #[test]
    fn replicas_never_exceed_the_limit_together(limit in 1..500_u64, steps in prop::collection::vec(step(), 1..200)) {
        let mut shelf = Shelf::default();
        // Per replica: lease and what was used of it.
        let mut replicas = [(0_u64, 0_u64); 4];
        let mut billed = 0;
        let mut lost_in_crashes = 0;
        for step in steps {
            match step {
                Step::Serve(replica, need, truth) => {
                    let (lease, used) = &mut replicas[replica];
                    if *used + need > *lease {
                        let lacks = *used + need - *lease;
                        *lease += shelf.take(&Ask { limit, need: lacks, ..Ask::default() }).granted;
                    }
                    if *used + need <= *lease {
                        *used += truth.min(need);
                        billed += truth.min(need);
                    }
                }
                Step::Return(replica) => {
                    let (lease, used) = &mut replicas[replica];
                    shelf.take(&Ask { limit, give_back: *lease - *used, ..Ask::default() });
                    *lease = *used;
                }
                Step::Crash(replica) => {
                    let (lease, used) = std::mem::take(&mut replicas[replica]);
                    lost_in_crashes += lease - used;
                }
            }
            prop_assert!(billed <= limit);
            prop_assert!(shelf.granted <= limit);
        }
        // Nothing leaks: all that is granted was billed, is in hand or was lost in a crash.
        let in_hand: u64 = replicas.iter().map(|(lease, used)| lease - used).sum();
        prop_assert_eq!(shelf.granted, billed + in_hand + lost_in_crashes);
    }
}
