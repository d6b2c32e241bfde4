//! Texts of pages, each in both languages side by side, so that a missing one does not compile.

/// Declares the texts of a page: a struct of its name with a field a text, and `of`, which gives those of a language.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $indonesian:literal, $english:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name {
            $(pub(crate) $field: &'static str,)*
        }

        impl $name {
            /// The texts of a language.
            pub(crate) const fn of(language: web::Language) -> &'static Self {
                const INDONESIAN: $name = $name { $($field: $indonesian,)* };
                const ENGLISH: $name = $name { $($field: $english,)* };
                match language {
                    web::Language::Indonesian => &INDONESIAN,
                    web::Language::English => &ENGLISH,
                }
            }
        }
    };
}

pub(crate) use texts;
