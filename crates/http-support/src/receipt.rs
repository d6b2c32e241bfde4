//! A receipt as an address that checks it, and that address as a QR code.

use std::fmt::{Display, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};

/// Pixels a module is wide where nobody says how wide the picture is; it scales.
const MODULE_PIXELS: usize = 4;
/// Modules of white around the code, as readers need them.
const QUIET: usize = 4;

/// Where the page checks a receipt of a wave. The receipt stands behind the `#`, which no browser sends to a server.
pub fn receipt_link(public_url: &str, wave: impl Display, receipt: &[u8]) -> String {
    let receipt = BASE64_URL_SAFE_NO_PAD.encode(receipt);
    format!("{public_url}/periksa/?folder=/berkas/gelombang-{wave}/#{receipt}")
}

/// An address as a QR code, drawn in SVG; with the least correction, since the code is large, and shown on a screen or
/// printed clean. Each row is one line with gaps, a module high: 2.5 KB on the way, where a rectangle for each run is 21.
/// Every view fetches it anew, since nothing personal is kept.
///
/// # Errors
/// [`QrError`] if the address is too long for a code.
pub fn qr_picture(link: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(link, EcLevel::L)?;
    let (width, modules) = (code.width(), code.to_colors());
    let side = width + 2 * QUIET;
    let pixels = side * MODULE_PIXELS;
    let mut lines = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut pen = None;
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                // Writing to a String cannot fail.
                let _ = match pen {
                    None => write!(lines, "M{} {}", x + QUIET, y + QUIET),
                    Some(pen) => write!(lines, "m{} 0", x - pen),
                };
                let _ = write!(lines, "h{}", run.len());
                pen = Some(x + run.len());
            }
            x += run.len();
        }
    }
    // Half a module up, since a line is as wide on either side.
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels}\" height=\"{pixels}\" viewBox=\"0 -.5 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0-.5h{side}v{side}H0z\"/>\
         <path stroke=\"#000\" d=\"{lines}\"/></svg>"
    ))
}
