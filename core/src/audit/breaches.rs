//! What stands in the state that should not: the breaches for which A37 answers with measures against a body (A9, A19,
//! A23). Overdue duties are listed besides.

use super::walk::{Place, Walk};
use crate::process::DatasetStatus;
use crate::terms::Openness;

/// What of an entry is there only once it was assessed.
const OF_ASSESSMENT: [&str; 5] = ["openness", "access_ways", "assessment", "content", "grade"];

/// Lists the breaches of every dataset.
pub(super) fn find(walk: &mut Walk) {
    let mut found = Vec::new();
    for (id, dataset) in walk.replay().state().datasets() {
        let Some(listed) = &dataset.listed else { continue };
        let open = dataset.status == DatasetStatus::Open;
        let not_decided = dataset.assessed.as_ref().is_none_or(|assessed| assessed.chosen.is_none());
        let withheld = dataset.assessed.as_ref().and_then(|assessed| assessed.chosen) == Some(Openness::Withheld);
        let problems = listed.entry().map(|entry| entry.check()).unwrap_or_default();
        for problem in problems {
            // Before a class is chosen the entry can't have what the choice fills in.
            let later = OF_ASSESSMENT.contains(&problem.field.as_str()) && !open && (not_decided || withheld);
            if dataset.status != DatasetStatus::Terminated && !later {
                found.push(("entry_incomplete", problem.cite, id.to_owned(), problem.zh, problem.en));
            }
        }
        // What the gate asks for: in force, settled, and no step left but the committee's.
        let assessed_now = dataset.asked.assessed;
        if open && !assessed_now {
            found.push((
                "not_assessed",
                "A9.2".to_owned(),
                id.to_owned(),
                "开放中的数据未在现行政策下完成评估".to_owned(),
                "the dataset is open, and not assessed to the end under the policy in force".to_owned(),
            ));
        }
        let same = dataset.assessed.as_ref().is_some_and(|assessed| dataset.content == Some(assessed.content));
        if open && assessed_now && !same {
            found.push((
                "content_not_assessed",
                "A9.2".to_owned(),
                id.to_owned(),
                "开放中的数据内容已变更,尚未重新评估".to_owned(),
                "the content of an open dataset changed and is not assessed".to_owned(),
            ));
        }
    }
    for (code, cite, subject, zh, en) in found {
        walk.find((code, &cite), Place::default(), &subject, &zh, &en);
    }
}
