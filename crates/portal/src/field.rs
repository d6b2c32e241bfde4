//! The fields of a form, as pages show them: label, hint, what was typed, and what is wrong with it.

use crate::form::Form;

/// A field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Name, and id on the page.
    pub(crate) name: &'static str,
    /// What is asked for.
    pub(crate) label: String,
    /// How to find or write it; empty if that is plain.
    pub(crate) hint: String,
    /// What was typed before.
    pub(crate) value: String,
    /// What is wrong with it.
    pub(crate) fault: Option<String>,
    /// How it is shown.
    pub(crate) control: Control,
}

/// How a field is shown.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    /// One line.
    Line(Line),
    /// Several lines, at most so many characters.
    Lines {
        /// Most characters.
        characters_max: u32,
    },
    /// One of several.
    Choice(Vec<Choice>),
    /// A box to tick; the value is `ya` if it is.
    Tick,
    /// Day, month and year in three fields named after it: `_hari`, `_bulan`, `_tahun`. The value is the three,
    /// separated by hyphens as `DD-MM-YYYY`.
    Date {
        /// The names of the three parts in the language of the page.
        parts: [&'static str; 3],
    },
    /// One of a longer list, empty at first.
    Pick(Vec<Choice>),
}

/// A line to type into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// The `type` of the input.
    pub(crate) kind: &'static str,
    /// What the browser may fill in (HTML, section 4.10.18.7.1).
    pub(crate) autocomplete: &'static str,
    /// Which keyboard a phone shows.
    pub(crate) inputmode: &'static str,
    /// Characters that fit, which is also how wide it is shown; 0 for the whole line.
    pub(crate) characters: u8,
}

impl Line {
    /// Any text.
    pub(crate) const TEXT: Self =
        Self { kind: "text", autocomplete: "off", inputmode: "text", characters: 0 };
    /// An e-mail address.
    pub(crate) const EMAIL: Self =
        Self { kind: "email", autocomplete: "email", inputmode: "email", characters: 0 };
    /// The password of whoever signs in.
    pub(crate) const PASSWORD: Self = Self {
        kind: "password",
        autocomplete: "current-password",
        inputmode: "text",
        characters: 0,
    };
    /// A password that is chosen.
    pub(crate) const NEW_PASSWORD: Self = Self { autocomplete: "new-password", ..Self::PASSWORD };
    /// A code of six digits that was sent.
    pub(crate) const CODE: Self =
        Self { kind: "text", autocomplete: "one-time-code", inputmode: "numeric", characters: 8 };

    /// Digits only.
    pub(crate) const fn digits(characters: u8) -> Self {
        Self { kind: "text", autocomplete: "off", inputmode: "numeric", characters }
    }
}

/// One of several.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// What is sent.
    pub(crate) value: String,
    /// What is shown.
    pub(crate) label: String,
    /// More about it; empty if that is plain.
    pub(crate) hint: String,
}

impl Choice {
    /// A choice that needs no words more.
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: String::new() }
    }
}

impl Field {
    /// A field without a hint and nothing typed.
    pub(crate) fn new(name: &'static str, label: impl Into<String>, control: Control) -> Self {
        let (hint, value) = (String::new(), String::new());
        Self { name, label: label.into(), hint, value, fault: None, control }
    }

    /// With a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// With what was typed or chosen before.
    #[must_use]
    pub(crate) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// With what is wrong, if anything is.
    #[must_use]
    pub(crate) fn fault(mut self, fault: Option<String>) -> Self {
        self.fault = fault;
        self
    }

    /// With what a form says of it that was sent before; a box is ticked anew each time, since it stands for a consent.
    #[must_use]
    pub(crate) fn refilled(self, form: &Form) -> Self {
        let value = match self.control {
            Control::Date { .. } => {
                let part = |part| form.text(&format!("{}_{part}", self.name)).replace('-', "");
                ["hari", "bulan", "tahun"].map(part).join("-")
            }
            Control::Line(line) if line.kind == "password" => String::new(),
            Control::Tick => String::new(),
            Control::Line(_) | Control::Lines { .. } | Control::Choice(_) | Control::Pick(_) => {
                form.raw(self.name).to_owned()
            }
        };
        self.value(value)
    }

    /// Part `n` of a date as typed.
    pub(crate) fn date_part(&self, n: usize) -> &str {
        self.value.splitn(3, '-').nth(n).unwrap_or_default()
    }

    /// Ids of hint and fault, which the input points to.
    pub(crate) fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-petunjuk", self.name));
        let fault = self.fault.is_some().then(|| format!("{}-salah", self.name));
        hint.into_iter().chain(fault).collect::<Vec<_>>().join(" ")
    }

    /// Id of what the summary of faults leads to.
    pub(crate) fn first_id(&self) -> String {
        match self.control {
            Control::Date { .. } => format!("{}_hari", self.name),
            Control::Choice(_) => format!("{}-1", self.name),
            Control::Line(_) | Control::Lines { .. } | Control::Tick | Control::Pick(_) => {
                self.name.to_owned()
            }
        }
    }
}
