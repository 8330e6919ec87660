//! The kinds of bill that a line can be on, and who sells on each.

pub(crate) struct Bill {
    pub(crate) kind: &'static str,
    pub(crate) billing_entity: &'static str,
    /// A CSV cell, quotes included.
    pub(crate) seller: &'static str,
}

const AMAZON: &str = "\"Amazon Web Services, Inc.\"";
const KUMO: &str = "\"Kumo \"\"Observability\"\" K.K., 東京\"";

pub(crate) const AWS: Bill = Bill { kind: "Anniversary", billing_entity: "AWS", seller: AMAZON };
pub(crate) const AWS_PURCHASE: Bill =
    Bill { kind: "Purchase", billing_entity: "AWS", seller: AMAZON };
pub(crate) const AWS_REFUND: Bill = Bill { kind: "Refund", billing_entity: "AWS", seller: AMAZON };
pub(crate) const MARKETPLACE: Bill =
    Bill { kind: "Anniversary", billing_entity: "AWS Marketplace", seller: KUMO };
pub(crate) const MARKETPLACE_PURCHASE: Bill =
    Bill { kind: "Purchase", billing_entity: "AWS Marketplace", seller: KUMO };
