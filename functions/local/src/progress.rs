//! Shows progress to a person at a terminal. Nothing is shown if the output is not a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use pipeline::Message;

/// A spinner that shows the step and the unit that is being worked on.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub fn new(is_quiet: bool) -> Self {
        let is_shown = !is_quiet && std::io::stderr().is_terminal();
        Self { bar: is_shown.then(spinner) }
    }

    pub fn say(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(cur::printable(what).into_owned());
        }
    }

    pub fn started(&self, message: &Message) {
        self.say(&format!("{} {}", message.step(), message.unit.name()));
    }

    pub fn finished(&self, _message: &Message) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    // The template is constant and valid. If it were invalid, the default style would be enough.
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {elapsed_precise} {pos} done, {wide_msg}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
