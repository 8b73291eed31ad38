//! Runs shared out over threads: whoever is free takes the next ones.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::need::asks_for_slow_time;
use crate::config::setting::{DatasetScope, Setting};

/// Part of a setting's runs that one thread makes, one after another. No number depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Single runs.
    Runs,
    /// The runs of a whole job, where memory has no room for as many as there are threads.
    Jobs,
}

impl Share {
    /// Most runs of a setting that one thread makes before others may take the next.
    pub(crate) fn together(self, setting: &Setting) -> u64 {
        // One run solves the limit of all that have its data, and idle threads help it.
        let has_common_limit =
            setting.dataset == DatasetScope::Shared && asks_for_slow_time(setting);
        if self == Self::Jobs || has_common_limit {
            setting.runs_per_job.max(1)
        } else {
            1
        }
    }

    /// Parts of some runs of a setting, in order.
    pub(crate) fn parts(
        self,
        setting: &Setting,
        runs: Range<u64>,
    ) -> impl Iterator<Item = Range<u64>> + use<> {
        let together = self.together(setting);
        let mut start = runs.start;
        std::iter::from_fn(move || {
            let end = runs.end.min(start.saturating_add(together));
            let part = start..end;
            start = end;
            (!part.is_empty()).then_some(part)
        })
    }
}

/// Does `work` on every item, in order, each on the thread of the current rayon pool that is free
/// first. `work` learns whether fewer items than threads are left, itself among them: then others
/// are idle, or soon will be, and may help with it.
pub(super) fn hand_out<T: Sync>(items: &[T], work: impl Fn(&T, bool) + Sync) {
    let threads = rayon::current_num_threads();
    let begun = AtomicUsize::new(0);
    let take_all = || {
        loop {
            let at = begun.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            work(item, items.len() - at < threads);
        }
    };
    rayon::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|_| take_all());
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::config::Experiment;

    #[test]
    fn parts_are_all_runs_once_in_order() {
        let setting = |more: &str| {
            let flat = format!("samples = 5\nruns = 12\nruns_per_job = 5\n{more}");
            let experiment = Experiment::from_flat(&flat.parse().unwrap(), None).unwrap();
            experiment.settings[0].setting.clone()
        };
        let limit = "ridge = 1\nquantities = [\"slow_time_loss\"]\n";
        let shared = format!("{limit}dataset = \"shared\"");
        for (share, more, expected) in [
            (Share::Runs, "", "[4..5, 5..6, 6..7]"),
            (Share::Runs, limit, "[4..5, 5..6, 6..7]"),
            (Share::Runs, &shared, "[4..7]"),
            (Share::Jobs, "", "[4..7]"),
        ] {
            let setting = setting(more);
            let parts: Vec<_> = share.parts(&setting, 4..7).collect();
            assert_eq!(format!("{parts:?}"), expected, "{share:?} {more}");
        }
        let parts: Vec<_> = Share::Jobs.parts(&setting(""), 0..12).collect();
        assert_eq!(parts, [0..5, 5..10, 10..12]);
        assert_eq!(Share::Runs.parts(&setting(""), 3..3).count(), 0);
    }

    #[test]
    fn items_are_done_once_and_the_last_ones_know_that_threads_are_idle() {
        for threads in [1, 2, 3, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let done = Mutex::new(Vec::new());
            let items: Vec<usize> = (0..5).collect();
            let note = |item: &usize, may_help: bool| done.lock().unwrap().push((*item, may_help));
            pool.unwrap().install(|| hand_out(&items, note));
            let mut done = done.into_inner().unwrap();
            done.sort_unstable();
            let expected = items.iter().map(|&item| (item, 5 - item < threads));
            assert_eq!(done, expected.collect::<Vec<_>>(), "{threads} threads");
        }
        hand_out(&[], |_: &usize, _| panic!("there is none"));
    }
}
