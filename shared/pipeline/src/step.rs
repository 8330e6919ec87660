//! The steps after the plan, in the order in which a run takes them.

use std::fmt;

/// One step. A function, a folder, a queue, a role and an alarm have its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    SplitReport,
    RegisterPartitions,
    RecalculateAccount,
    AllocateCommitments,
    PublishDatasets,
}

impl Step {
    pub const ALL: [Self; 5] = [
        Self::SplitReport,
        Self::RegisterPartitions,
        Self::RecalculateAccount,
        Self::AllocateCommitments,
        Self::PublishDatasets,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::SplitReport => "split-report",
            Self::RegisterPartitions => "register-partitions",
            Self::RecalculateAccount => "recalculate-account",
            Self::AllocateCommitments => "allocate-commitments",
            Self::PublishDatasets => "publish-datasets",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
