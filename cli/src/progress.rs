//! Progress on stderr, for jobs over a second, and Ctrl-C.

use std::ops::ControlFlow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use kaifang::table::ProgressUpdate;

/// A bar for one job; it draws nothing where stderr is not a terminal.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar with a title.
    pub(crate) fn new(title: &'static str) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} rows {per_sec}") {
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
        ControlFlow::Continue(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
