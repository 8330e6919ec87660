//! The first walk through the period, which writes nothing and counts.

use std::collections::BTreeMap;
use std::io;

use crate::coverage::Hour;
use crate::line::{Kind, Line};
use crate::span::Span;
use crate::world::{Survey, World};

impl World {
    /// Walks through the period without writing anything. The fee lines of reservations come first in the
    /// report, and they say how much of each reservation the whole period left unused.
    pub(crate) fn survey(&self, lines: u64) -> io::Result<Survey> {
        let mut survey = Survey {
            monthly_lines: 0,
            hourly_lines: vec![0; index(self.hours)],
            other_usage: 0,
            used: vec![0; self.commitments.len()],
            usage_cost: vec![0; self.accounts.len()],
        };
        let mut monthly_lines = 0;
        self.monthly(&survey, &mut |_| {
            monthly_lines += 1;
            Ok(())
        })?;
        survey.monthly_lines = monthly_lines;
        let by_id: BTreeMap<&str, usize> = self
            .accounts
            .iter()
            .enumerate()
            .map(|(at, account)| (account.id.as_str(), at))
            .collect();
        let account = |line: &Line<'_>| by_id[line.account.id.as_str()];
        let span = Span { interval: String::new(), start: String::new(), end: String::new() };
        let mut state = Hour::new();
        for hour in self.first_hour..self.hours {
            self.fill(hour, &mut state);
            for covered in &state.covered {
                survey.used[covered.commitment] += covered.quanta;
            }
            self.fleet_usage(hour, &span, &state, &mut |line| {
                survey.count(hour, line, account(line));
                Ok(())
            })?;
        }
        survey.other_usage = lines.saturating_sub(survey.lines());
        for hour in 0..self.hours {
            let count = self.other_usage_in(hour, survey.other_usage);
            self.other_usage(hour, &span, count, &mut |line| {
                survey.count(hour, line, account(line));
                Ok(())
            })?;
        }
        Ok(survey)
    }
}

impl Survey {
    fn count(&mut self, hour: i64, line: &Line<'_>, account: usize) {
        self.hourly_lines[index(hour)] += 1;
        if line.kind == Kind::Usage && !line.repeats_a_cost() {
            self.usage_cost[account] += i128::from(line.cost.units());
        }
    }
}

fn index(hour: i64) -> usize {
    usize::try_from(hour).unwrap_or_default()
}
