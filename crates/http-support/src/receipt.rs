//! A receipt as an address that checks it, and that address as a QR code.

use std::fmt::Display;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use qrcode::render::svg::Color;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};

/// Pixels a module is wide at least; the picture scales.
const MODULE_PIXELS: u32 = 4;

/// Where the page checks a receipt of a wave. The receipt stands behind the `#`, which no browser sends to a server.
pub fn receipt_link(public_url: &str, wave: impl Display, receipt: &[u8]) -> String {
    let receipt = BASE64_URL_SAFE_NO_PAD.encode(receipt);
    format!("{public_url}/periksa/?folder=/berkas/gelombang-{wave}/#{receipt}")
}

/// An address as a QR code, drawn in SVG; with the least correction, since the code is large, and shown on a screen or
/// printed clean.
///
/// # Errors
/// [`QrError`] if the address is too long for a code.
pub fn qr_picture(link: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(link, EcLevel::L)?;
    let mut picture = code.render::<Color<'_>>();
    Ok(picture.module_dimensions(MODULE_PIXELS, MODULE_PIXELS).build())
}
