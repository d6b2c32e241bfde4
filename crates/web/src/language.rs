//! The two languages of the interface.

/// A language of the interface. Indonesian comes first; English is complete, not a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Bahasa Indonesia.
    Indonesian,
    /// British English.
    English,
}

impl Language {
    /// Both, Indonesian first.
    pub const ALL: [Self; 2] = [Self::Indonesian, Self::English];

    /// The tag of the `lang` attribute (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Indonesian => "id",
            Self::English => "en",
        }
    }

    /// The locale as share cards write it.
    pub const fn locale(self) -> &'static str {
        match self {
            Self::Indonesian => "id_ID",
            Self::English => "en_GB",
        }
    }

    /// The language the switch leads to.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Indonesian => Self::English,
            Self::English => Self::Indonesian,
        }
    }

    /// The address of the first page.
    pub const fn landing_path(self) -> &'static str {
        match self {
            Self::Indonesian => "/",
            Self::English => "/en",
        }
    }

    /// Where the programme is explained.
    pub const fn programme_path(self) -> &'static str {
        match self {
            Self::Indonesian => "/program",
            Self::English => "/en/programme",
        }
    }

    /// Where questions are answered.
    pub const fn help_path(self) -> &'static str {
        match self {
            Self::Indonesian => "/bantuan",
            Self::English => "/en/help",
        }
    }

    /// Where the regions with figures are listed.
    pub const fn regions_path(self) -> &'static str {
        match self {
            Self::Indonesian => "/statistik",
            Self::English => "/en/statistics",
        }
    }

    /// Where one registers.
    pub const fn register_path(self) -> &'static str {
        match self {
            Self::Indonesian => "/daftar",
            Self::English => "/en/daftar",
        }
    }

    /// Where the status page stands.
    pub const fn status_path(self) -> &'static str {
        match self {
            Self::Indonesian => "/status",
            Self::English => "/en/status",
        }
    }

    /// Where all waves are listed.
    pub const fn waves_path(self) -> &'static str {
        match self {
            Self::Indonesian => "/gelombang",
            Self::English => "/en/waves",
        }
    }

    /// The address of the page of a wave, or of its part named by `wave`.
    pub fn wave_path(self, wave: impl std::fmt::Display) -> String {
        format!("{}/{wave}", self.waves_path())
    }

    /// One's own account.
    pub const fn account_path(self) -> &'static str {
        match self {
            Self::Indonesian => "/akun",
            Self::English => "/en/akun",
        }
    }

    /// The language in which rules speak.
    pub const fn of_sentences(self) -> domain::reasons::Language {
        match self {
            Self::Indonesian => domain::reasons::Language::Indonesian,
            Self::English => domain::reasons::Language::English,
        }
    }

    /// The page that checks a receipt, in this language.
    pub const fn check_path(self) -> &'static str {
        match self {
            Self::Indonesian => "/periksa/",
            Self::English => "/periksa/?lang=en",
        }
    }

    /// The address of the statistics page of a region, or of its part named by `region`.
    pub fn statistics_path(self, region: impl std::fmt::Display) -> String {
        format!("{}/{region}", self.regions_path())
    }
}
