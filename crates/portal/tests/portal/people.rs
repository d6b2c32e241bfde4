//! Accounts with persons in them, made beside the registration.

use app::register::Registration;
use domain::ids::AccountId;

use crate::browser::Browser;
use crate::served::{PASSWORD, Served};

impl Served {
    /// Opens an account that has this person.
    pub(crate) async fn account_of(&self, name: &str, person: &Registration) -> AccountId {
        let account = self.open_account(name).await;
        let (person, id) = (person.person_id.uuid(), account.uuid());
        let link = format!("UPDATE accounts SET person_id = '{person}' WHERE account_id = '{id}'");
        self.world.execute(&link).await;
        account
    }

    /// A browser that is signed in to the account of `name`.
    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.open("/masuk").await;
        let email = format!("{name}@contoh.id");
        browser.sign_in(&[("email", &email), ("sandi", PASSWORD)]).await;
        assert_eq!(browser.path, "/akun", "{}", browser.html);
        browser
    }
}

/// Opens a page in both languages, and fails unless each says its words and is a whole page.
pub(crate) async fn says(browser: &mut Browser, path: &str, indonesian: &[&str], english: &[&str]) {
    for (path, words) in [(path.to_owned(), indonesian), (format!("/en{path}"), english)] {
        browser.open(&path).await;
        assert_eq!(browser.status, axum::http::StatusCode::OK, "{path}: {}", browser.html);
        for words in words {
            browser.says(words);
        }
        assert!(!browser.html.contains("{n}") && !browser.html.contains("{t}"), "{path}");
        assert!(browser.html.trim_end().ends_with("</html>"), "{path}");
    }
}
