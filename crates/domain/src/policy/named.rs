//! Enums whose variants have one fixed written name, used in policy files, storage and exports.

/// An enum with a written name for each variant.
pub trait Named: Copy + Ord + 'static {
    /// The variant listed first.
    const FIRST: Self;
    /// Every variant, in the order listed.
    const ALL: &'static [Self];

    /// The written name, in lower case with underscores.
    fn name(self) -> &'static str;

    /// The variant of this written name; `None` for an unknown name.
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.name() == name)
    }
}

/// Defines an enum and its written names in one place, so that the two cannot drift apart.
macro_rules! named_enum {
    (
        $(#[$outer:meta])*
        $kind:ident {
            $(#[$first_doc:meta])* $first:ident = $first_name:literal,
            $($(#[$doc:meta])* $variant:ident = $name:literal,)*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {
            $(#[$first_doc])* $first,
            $($(#[$doc])* $variant,)*
        }

        impl $crate::policy::Named for $kind {
            const FIRST: Self = Self::$first;
            const ALL: &'static [Self] = &[Self::$first, $(Self::$variant,)*];

            fn name(self) -> &'static str {
                match self {
                    Self::$first => $first_name,
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}
pub(crate) use named_enum;
