//! What kinds of requests there are, and which of them go first when not all can be served.

/// A kind of request, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Something is sent: a join, a form, money.
    Submit,
    /// A citizen reads something of her own.
    Read,
    /// A partner's program asks.
    Partner,
    /// An export of many rows.
    Export,
    /// Public figures, and whoever crawls them.
    Public,
}

impl Class {
    /// All, the most important first.
    pub const ALL: [Self; 5] =
        [Self::Submit, Self::Read, Self::Partner, Self::Export, Self::Public];

    /// Name in the figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Read => "read",
            Self::Partner => "partner",
            Self::Export => "export",
            Self::Public => "public",
        }
    }

    pub(crate) const fn place(self) -> usize {
        match self {
            Self::Submit => 0,
            Self::Read => 1,
            Self::Partner => 2,
            Self::Export => 3,
            Self::Public => 4,
        }
    }

    /// Hundredths of what may be in flight that this class may fill. What is left is for those before it, so
    /// that under load the last classes are turned away first.
    pub(crate) const fn share(self) -> usize {
        match self {
            Self::Submit => 100,
            Self::Read => 80,
            Self::Partner => 65,
            Self::Export => 50,
            Self::Public => 35,
        }
    }

    /// Hundredths of what may be in flight that may wait for a place beside it.
    pub(crate) const fn waiting_share(self) -> usize {
        match self {
            Self::Submit => 100,
            Self::Read => 50,
            Self::Partner | Self::Export | Self::Public => 10,
        }
    }
}

/// What comes with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    /// Nothing that anybody reads.
    Nothing,
    /// A form or a document, at most [`FORM_BYTES_MAX`](crate::FORM_BYTES_MAX).
    Form,
    /// A picture, which may take minutes.
    Picture,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Its kind.
    pub class: Class,
    /// Whether it takes long only when the service is overloaded. Hashing a password takes long always and says
    /// nothing.
    pub tells_load: bool,
    /// What comes with it.
    pub sends: Sends,
}
