//! What went out while the log could not be written (A32(3)): whether it was unconditional, and whether the reading in
//! force lets it.

use super::walk::{Place, Walk};
use crate::gate::ServedCount;
use crate::terms::Openness;

/// Adds up what a record counts, and lists what of it should not have gone out.
pub(super) fn find(walk: &mut Walk, on: Place<'_>, counts: &[ServedCount]) {
    let sum = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(count.count));
    walk.report.degraded = walk.report.degraded.saturating_add(sum);
    // A record may count what found no place of its own under no name.
    let (unnamed, named): (Vec<_>, Vec<_>) = counts.iter().partition(|count| count.dataset.is_empty());
    let state = walk.replay().state();
    let chosen = |id: &str| state.dataset(id).and_then(|dataset| dataset.assessed.as_ref()?.chosen);
    let other = named.iter().find(|count| chosen(&count.dataset) != Some(Openness::Unconditional));
    if let Some(dataset) = other.map(|count| count.dataset.clone()) {
        let (zh, en) = (
            "账本不可写期间提供了非无条件开放的数据",
            "data that is not unconditional went out while the log could not be written",
        );
        walk.find(("served_unrecorded", "A32(3)"), on, &dataset, zh, en);
    }
    if !unnamed.is_empty() {
        let (zh, en) = (
            "账本不可写期间提供的数据集多于计数所能列明的,其余无法核对",
            "more datasets went out while the log could not be written than are counted by name: what the others are \
             nobody can tell",
        );
        walk.find(("served_unrecorded", "A16"), on, "unnamed", zh, en);
    }
    let lets = walk.replay().policy().and_then(|policy| policy.interpretation("degraded_unconditional"));
    if lets != Some("serve_and_count") {
        let (zh, en) = (
            "账本不可写期间提供了数据,而现行解释不允许",
            "data went out while the log could not be written, and the reading in force does not let it",
        );
        walk.find(("served_unrecorded", "A16"), on, "degraded", zh, en);
    }
}
