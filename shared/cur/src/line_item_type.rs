//! The types of line item. The type decides how a line is billed.

use std::fmt;

macro_rules! line_item_types {
    ($($item_type:ident: $name:literal;)+) => {
        /// Every type that AWS documents or writes. A type that is not listed stops the run, and the
        /// error names the type: nobody is billed by a guess at what it means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum LineItemType {
            $($item_type,)+
        }

        impl LineItemType {
            pub const ALL: [Self; [$(Self::$item_type),+].len()] = [$(Self::$item_type),+];

            /// The type's name in reports.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$item_type => $name,)+
                }
            }

            pub fn parse(text: &[u8]) -> Option<Self> {
                // The names are literals, so the compiler makes one jump by length and one comparison.
                $(if text == $name.as_bytes() {
                    return Some(Self::$item_type);
                })+
                None
            }
        }
    };
}

line_item_types! {
    Usage: "Usage";
    DiscountedUsage: "DiscountedUsage";
    RiFee: "RIFee";
    Fee: "Fee";
    SavingsPlanCoveredUsage: "SavingsPlanCoveredUsage";
    SavingsPlanNegation: "SavingsPlanNegation";
    SavingsPlanRecurringFee: "SavingsPlanRecurringFee";
    SavingsPlanUpfrontFee: "SavingsPlanUpfrontFee";
    Credit: "Credit";
    Refund: "Refund";
    Tax: "Tax";
    Discount: "Discount";
    EdpDiscount: "EdpDiscount";
    PrivateRateDiscount: "PrivateRateDiscount";
    RiVolumeDiscount: "RiVolumeDiscount";
    SppDiscount: "SppDiscount";
    DistributorDiscount: "DistributorDiscount";
    BundledDiscount: "BundledDiscount";
    FlatRateSubscription: "FlatRateSubscription";
}

impl LineItemType {
    /// Whether lines of this type are usage that a reservation or a savings plan covered.
    pub const fn is_covered_usage(self) -> bool {
        matches!(self, Self::DiscountedUsage | Self::SavingsPlanCoveredUsage)
    }
}

impl fmt::Display for LineItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
