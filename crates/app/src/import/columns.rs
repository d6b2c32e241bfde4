//! The columns of each kind of file, and the header that names them in any order.

use domain::reasons::Language;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in the header.
    pub name: &'static str,
    /// Whether a file must have it.
    pub presence: Presence,
    /// What its cells say.
    pub meaning: &'static str,
}

/// Whether a file must have a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Required,
    /// It may be missing, and its cells may be empty.
    Optional,
    /// Exactly one of the columns marked so.
    OneOf,
}

const fn required(name: &'static str, meaning: &'static str) -> Column {
    Column { name, presence: Presence::Required, meaning }
}

const fn one_of(name: &'static str, meaning: &'static str) -> Column {
    Column { name, presence: Presence::OneOf, meaning }
}

/// Columns of persons.
pub const PERSON_COLUMNS: &[Column] = &[
    Column {
        name: "person_id",
        presence: Presence::Optional,
        meaning: "UUID the client gave the person; without it one is derived from the NIK",
    },
    required("nik", "person number, 16 digits"),
    required("family_card", "number of the family card (KK), 16 digits"),
    required("name", "full name as on the identity card, at most 100 bytes"),
    required("born_on", "birth date, YYYY-MM-DD"),
    required("phone", "+62 and 8 to 13 digits"),
    required("email", "e-mail address"),
    required("sex", "man or woman"),
    required(
        "education",
        "none, primary, junior_high, senior_high, vocational, diploma, bachelor or postgraduate",
    ),
    required("employment", "job_seeker, laid_off, worker or small_business"),
    required("region", "kabupaten/kota of the family card, 15.71"),
    required("disability", "true or false"),
];

const PERSON_ID: Column = one_of("person_id", "UUID of the person; this or nik");
const NIK: Column = one_of("nik", "person number, 16 digits; this or person_id");

/// Columns of joins.
pub const JOIN_COLUMNS: &[Column] =
    &[PERSON_ID, NIK, required("joined_at", "when, YYYY-MM-DDTHH:MM:SS with Z or +07:00")];

/// Columns of first purchases.
pub const PURCHASE_COLUMNS: &[Column] = &[
    PERSON_ID,
    NIK,
    required("price_rupiah", "price in whole rupiah, digits only"),
    required("paid_at", "when, YYYY-MM-DDTHH:MM:SS with Z or +07:00"),
];

/// Bytes of an unknown name that are repeated.
const NAME_SHOWN: usize = 40;

/// What is wrong with a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// It names none of the columns, which are given; cells may be separated by something else than commas.
    NoneKnown {
        /// Whether they are.
        is_separated_otherwise: bool,
        /// The columns.
        columns: String,
    },
    /// A column stands twice.
    Twice(&'static str),
    /// A column is missing.
    Missing(&'static str),
    /// Not exactly one of these columns stands.
    NotOneOf(String),
    /// A column is unknown.
    Unknown {
        /// The begin of its name.
        name: String,
        /// The columns.
        columns: String,
    },
    /// More columns than a table has.
    TooMany {
        /// How many.
        count: usize,
        /// How many a table has at most.
        limit: usize,
    },
    /// Quotes that are none of RFC 4180.
    Quotes,
}

impl HeaderFault {
    /// What is wrong and what to do.
    pub fn sentence(&self, language: Language) -> String {
        match language {
            Language::Indonesian => self.indonesian(),
            Language::English => self.english(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NoneKnown { is_separated_otherwise: true, columns } => {
                format!("cells must be separated by commas; the columns are {columns}")
            }
            Self::NoneKnown { is_separated_otherwise: false, columns } => {
                format!("it names none of the columns; the columns are {columns}")
            }
            Self::Twice(name) => format!("column `{name}` stands twice; keep one"),
            Self::Missing(name) => format!("column `{name}` is missing; add it"),
            Self::NotOneOf(names) => format!("exactly one of the columns {names} must stand"),
            Self::Unknown { name, columns } => {
                format!("column `{name}` is unknown; the columns are {columns}")
            }
            Self::TooMany { count, limit } => {
                format!("it has {count} columns; a table has at most {limit}")
            }
            Self::Quotes => "its quotes are not as in RFC 4180; write plain names".to_owned(),
        }
    }

    fn indonesian(&self) -> String {
        match self {
            Self::NoneKnown { is_separated_otherwise: true, columns } => {
                format!("sel harus dipisahkan koma; kolomnya {columns}")
            }
            Self::NoneKnown { is_separated_otherwise: false, columns } => {
                format!("tidak ada kolom yang dikenali; kolomnya {columns}")
            }
            Self::Twice(name) => format!("kolom `{name}` ada dua kali; sisakan satu"),
            Self::Missing(name) => format!("kolom `{name}` tidak ada; tambahkan"),
            Self::NotOneOf(names) => format!("harus ada tepat satu dari kolom {names}"),
            Self::Unknown { name, columns } => {
                format!("kolom `{name}` tidak dikenali; kolomnya {columns}")
            }
            Self::TooMany { count, limit } => {
                format!("ada {count} kolom, padahal sebuah tabel berisi paling banyak {limit}")
            }
            Self::Quotes => {
                "tanda kutipnya tidak menurut RFC 4180; tulis nama kolom tanpa kutip".to_owned()
            }
        }
    }
}

/// Finds the columns in a header: for each cell of a row the place of its column.
///
/// # Errors
/// Every unknown, missing or doubled column by name. A first line without any known name is not repeated:
/// it may be a person.
pub(super) fn read_header(
    cells: &[&str],
    columns: &[Column],
) -> Result<Vec<usize>, Vec<HeaderFault>> {
    let known = |name: &str| columns.iter().position(|column| column.name == name);
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let names = names.join(", ");
    if !cells.iter().any(|cell| known(cell).is_some()) {
        let is_separated_otherwise = cells.iter().any(|cell| cell.contains([';', '\t']));
        return Err(vec![HeaderFault::NoneKnown { is_separated_otherwise, columns: names }]);
    }
    let mut faults = Vec::new();
    for column in columns {
        let times = cells.iter().filter(|cell| **cell == column.name).count();
        if times > 1 {
            faults.push(HeaderFault::Twice(column.name));
        } else if times == 0 && column.presence == Presence::Required {
            faults.push(HeaderFault::Missing(column.name));
        }
    }
    let choices: Vec<&str> = columns
        .iter()
        .filter(|column| column.presence == Presence::OneOf)
        .map(|column| column.name)
        .collect();
    let chosen = cells.iter().filter(|cell| choices.contains(cell)).count();
    if !choices.is_empty() && chosen != 1 && faults.is_empty() {
        faults.push(HeaderFault::NotOneOf(choices.join(", ")));
    }
    for cell in cells.iter().filter(|cell| known(cell).is_none()) {
        let name: String = cell.chars().filter(|c| !c.is_control()).take(NAME_SHOWN).collect();
        faults.push(HeaderFault::Unknown { name, columns: names.clone() });
    }
    if faults.is_empty() {
        Ok(cells.iter().filter_map(|cell| known(cell)).collect())
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a header in any order is read, another one is refused by name; method: a table of headers.
    #[test]
    fn headers() {
        let check = |header: &str, words: &[&str]| {
            let cells: Vec<&str> = header.split(',').collect();
            let read = read_header(&cells, PURCHASE_COLUMNS);
            if words.is_empty() {
                assert!(read.is_ok(), "{header}: {read:?}");
                return;
            }
            let said: Vec<String> =
                read.unwrap_err().iter().map(|fault| fault.sentence(Language::English)).collect();
            let said = said.join("; ");
            for word in words {
                assert!(said.contains(word), "{header}: {said}");
            }
        };
        check("paid_at,nik,price_rupiah", &[]);
        assert_eq!(
            read_header(&["paid_at", "nik", "price_rupiah"], PURCHASE_COLUMNS),
            Ok(vec![3, 1, 2])
        );
        check("nik,paid_at", &["`price_rupiah` is missing"]);
        check("nik,nik,paid_at,price_rupiah", &["`nik` stands twice"]);
        check("nik,paid_at,price_rupiah,colour", &["`colour` is unknown", "price_rupiah"]);
        check("nik,person_id,paid_at,price_rupiah", &["exactly one of the columns person_id, nik"]);
        check("paid_at,price_rupiah", &["exactly one of"]);
        check("nik;paid_at;price_rupiah", &["separated by commas"]);
        let headless = read_header(&["1571014508990001", "Siti"], PURCHASE_COLUMNS).unwrap_err();
        assert!(!format!("{headless:?}").contains("1571"), "{headless:?}");
    }
}
