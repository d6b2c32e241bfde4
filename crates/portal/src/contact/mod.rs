//! How an account is reached: `/pendaftaran/telepon`, and `/akun/kontak` with what is below it.

mod change;
mod code;
mod overview;
mod phone;

use http_support::Routes;

pub(crate) use self::overview::CONFIRM;
use crate::state::Portal;

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new()
        .merge(overview::routes())
        .merge(phone::routes())
        .merge(change::routes())
        .merge(code::routes())
}
