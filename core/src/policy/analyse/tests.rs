//! Every statement holds of the bundled policy, and fails of a policy or an engine that breaks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use crate::policy::Policy;

#[test]
fn the_bundled_policy_is_what_it_says_of_itself() {
    let proofs = Policy::builtin("xian-2022-013").unwrap().prove().unwrap();
    for proof in &proofs.proofs {
        assert!(proof.holds, "{proof:?}");
    }
}

#[test]
fn timing() {
    for _ in 0..3 {
        let t = std::time::Instant::now();
        let p = Policy::builtin("xian-2022-013").unwrap();
        let load = t.elapsed();
        let t = std::time::Instant::now();
        p.prove().unwrap();
        println!(
            "load {load:?} prove {:?} nodes {} {}",
            t.elapsed(),
            p.model.classification.space.diagrams.len(),
            p.model.access.space.diagrams.len()
        );
    }
}
