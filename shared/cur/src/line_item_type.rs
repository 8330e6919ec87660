//! The types of line item: what decides how a line is treated.

use std::fmt;

macro_rules! line_item_types {
    ($($item_type:ident: $name:literal;)+) => {
        /// Every type AWS documents or writes. A new one stops the run by name: nobody is billed from
        /// a guess at what it means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum LineItemType {
            $($item_type,)+
        }

        impl LineItemType {
            pub const ALL: [Self; [$(Self::$item_type),+].len()] = [$(Self::$item_type),+];

            /// As reports spell it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$item_type => $name,)+
                }
            }

            pub fn parse(text: &[u8]) -> Option<Self> {
                // The names are literals, so this is one jump by length and one comparison.
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
    /// Whether lines of the type are usage that a reservation or a savings plan covered.
    pub const fn is_covered_usage(self) -> bool {
        matches!(self, Self::DiscountedUsage | Self::SavingsPlanCoveredUsage)
    }
}

impl fmt::Display for LineItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
