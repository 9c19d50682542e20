//! Progress on stderr, for jobs over a second, and Ctrl-C.

use std::ops::ControlFlow;
use std::time::Duration;

use indicatif::{BinaryBytes, ProgressBar, ProgressStyle};
use kaifang::table::ProgressUpdate;

/// A bar for one job; it draws nothing where stderr is not a terminal.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar with a title.
    pub(crate) fn new(title: &'static str) -> Self {
        let bar = ProgressBar::new_spinner();
        // The prefix, which stands last, is what is written.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} rows {per_sec}{prefix}") {
            bar.set_style(style);
        }
        bar.set_message(title);
        bar.enable_steady_tick(Duration::from_millis(200));
        Bar(bar)
    }

    /// Takes an update. It never cancels: Ctrl-C ends the process, and no half-written file has the final name.
    pub(crate) fn update(&mut self, update: ProgressUpdate) -> ControlFlow<()> {
        self.0.set_position(update.done);
        if let Some(total) = update.total {
            self.0.set_length(total);
        }
        if update.bytes > 0 {
            self.0.set_prefix(format!(" · 已写 {} written", BinaryBytes(update.bytes)));
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_shown_where_anything_is() {
        let mut bar = Bar::new("脱敏 apply");
        for (bytes, shown) in [(0, ""), (3 << 19, " · 已写 1.50 MiB written"), (5 << 30, " · 已写 5.00 GiB written")]
        {
            assert!(bar.update(ProgressUpdate { stage: "apply", done: 7, total: Some(9), bytes }).is_continue());
            assert_eq!((bar.0.prefix().as_str(), bar.0.position(), bar.0.length()), (shown, 7, Some(9)));
        }
    }
}
