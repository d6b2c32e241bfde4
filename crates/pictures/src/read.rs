//! Reading a stranger's file.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, Limits};

use crate::{Grey, Hints, Picture};

/// Longest side of what is kept: the text of a card can be read, and a database can hold it.
pub const SIDE_MAX: u32 = 1600;
/// Most pixels of what is read: twice what phones send, and some 70 MB once it is unpacked.
const PIXELS_MAX: u64 = 24_000_000;
/// Most memory for unpacked pixels.
const ALLOC_MAX: u64 = 100_000_000;
/// Quality of what is kept, of 100.
const QUALITY: u8 = 85;
/// Longest side of what is measured.
const MEASURED_MAX: u32 = 640;

/// Why a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureFault {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Its content is neither JPEG nor PNG.
    #[error("the file is neither JPEG nor PNG")]
    Format,
    /// It has more pixels than is read.
    #[error("the picture has too many pixels")]
    TooLarge,
    /// It breaks off, or says what cannot be.
    #[error("the picture is damaged")]
    Damaged,
}

impl From<ImageError> for PictureFault {
    /// The library's words are about the stranger's bytes, so they are dropped.
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            ImageError::Unsupported(_)
            | ImageError::Decoding(_)
            | ImageError::Encoding(_)
            | ImageError::Parameter(_)
            | ImageError::IoError(_) => Self::Damaged,
        }
    }
}

/// Reads a file and draws its picture anew, upright and at most [`SIDE_MAX`] pixels long.
///
/// # Errors
/// [`PictureFault`].
pub fn read_picture(bytes: &[u8]) -> Result<Picture, PictureFault> {
    if bytes.is_empty() {
        return Err(PictureFault::Empty);
    }
    let picture = match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) if !is_whole(bytes) => return Err(PictureFault::Damaged),
        Ok(ImageFormat::Jpeg) => unpack(JpegDecoder::new(Cursor::new(bytes))?)?,
        Ok(ImageFormat::Png) => unpack(PngDecoder::with_limits(Cursor::new(bytes), limits())?)?,
        _ => return Err(PictureFault::Format),
    };
    let came = (picture.width(), picture.height());
    let kept =
        if came.0.max(came.1) > SIDE_MAX { picture.thumbnail(SIDE_MAX, SIDE_MAX) } else { picture };
    let measured = kept.thumbnail(MEASURED_MAX.min(came.0), MEASURED_MAX.min(came.1)).into_luma8();
    let hints = Hints::of(came, &Grey::new(measured.as_raw(), measured.width() as usize));
    let kept = kept.into_rgb8();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&kept)?;
    Ok(Picture { jpeg, width: kept.width(), height: kept.height(), hints })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(ALLOC_MAX);
    limits
}

/// Reads the dimensions, and the pixels only if they are within the limits; turned upright, since the note that says
/// how the phone was held is not kept.
fn unpack(mut decoder: impl ImageDecoder) -> Result<DynamicImage, PictureFault> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if pixels > PIXELS_MAX || decoder.total_bytes() > ALLOC_MAX {
        return Err(PictureFault::TooLarge);
    }
    decoder.set_limits(limits())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// True if a JPEG has its end: the decoder fills what is missing with grey, and half a card is no card.
fn is_whole(jpeg: &[u8]) -> bool {
    // Segments before the pixels may hold whole pictures of their own, so they are stepped over (T.81 annex B).
    let mut rest = jpeg.get(2..).unwrap_or_default();
    loop {
        match rest {
            [0xff, 0xff, ..] => rest = rest.get(1..).unwrap_or_default(),
            [0xff, 0xda, pixels @ ..] => return pixels.windows(2).any(|two| two == [0xff, 0xd9]),
            [0xff, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(length.saturating_add(2)..).unwrap_or_default();
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, Rgb, RgbImage};

    use super::*;

    /// A card of sharp stripes, left side bright.
    fn card(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let stripe = if (x / 4 + y / 4) % 2 == 0 { 40 } else { 0 };
            let side = if x < width / 2 { 180 } else { 60 };
            Rgb([side + stripe, side, stripe])
        })
    }

    fn jpeg(picture: &RgbImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(picture).expect("encoded");
        bytes
    }

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, ImageFormat::Png).expect("encoded");
        bytes.into_inner()
    }

    /// An EXIF segment (CIPA DC-008) with an orientation and a place.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
        exif.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
        exif.extend([0x0e, 0x01, 2, 0, 16, 0, 0, 0, 38, 0, 0, 0, 0, 0, 0, 0]);
        exif.extend(b"GPS -1.61,103.61");
        let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    fn has(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    /// Where is it bright?
    fn is_bright(picture: &Picture, x: u32, y: u32) -> bool {
        let decoded = image::load_from_memory(picture.jpeg()).expect("our own").into_luma8();
        decoded.get_pixel(x, y).0[0] > 110
    }

    /// What comes in either format goes out as a JPEG of at most the longest side, in its proportions.
    #[test]
    fn drawn_anew() {
        for (width, height, kept) in
            [(1000, 600, (1000, 600)), (3200, 2000, (1600, 1000)), (900, 1800, (800, 1600))]
        {
            for bytes in [jpeg(&card(width, height)), png(card(width, height))] {
                let picture = read_picture(&bytes).expect("a picture");
                assert_eq!(picture.size(), kept);
                assert_eq!(
                    image::guess_format(picture.jpeg()).expect("a format"),
                    ImageFormat::Jpeg
                );
                assert_eq!(picture.hints().list(), []);
            }
        }
    }

    /// Goal: nothing that came beside the pixels is kept, and a phone held upright gives an upright picture. Method: a
    /// place and an orientation in EXIF, a comment, and another file behind the picture.
    #[test]
    fn nothing_beside_the_pixels() {
        let plain = jpeg(&card(800, 600));
        let mut bytes = with_exif(&plain, 6);
        bytes.extend(b"PK\x03\x04<script>alert(1)</script>");
        assert!(has(&bytes, b"GPS"));
        let picture = read_picture(&bytes).expect("a picture");
        for part in [b"GPS".as_slice(), b"Exif", b"PK\x03\x04", b"<script>"] {
            assert!(!has(picture.jpeg(), part), "{part:?} is kept");
        }
        // A quarter to the right: what was left is on top.
        assert_eq!(picture.size(), (600, 800));
        assert!(is_bright(&picture, 300, 100) && !is_bright(&picture, 300, 700));
        let upright = read_picture(&with_exif(&plain, 1)).expect("a picture");
        assert!(is_bright(&upright, 100, 300) && !is_bright(&upright, 700, 300));
    }

    /// Goal: a hostile file is refused by what it is. Method: other formats, a GIF with the header of nothing else,
    /// pages, and files cut at every hundredth.
    #[test]
    fn refused() {
        use PictureFault::{Damaged, Empty, Format};
        let check = |bytes: &[u8], fault| assert_eq!(read_picture(bytes), Err(fault));
        check(b"", Empty);
        check(b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff;", Format);
        check(b"%PDF-1.7 \xff\xd8\xff\xd9", Format);
        check(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", Format);
        check(b"RIFF\x10\0\0\0WEBPVP8 ", Format);
        check(b"\xff\xd8\xff", Damaged);
        check(b"\xff\xd8\xff\xd9", Damaged);
        check(b"\x89PNG\r\n\x1a\n", Damaged);
        for whole in [jpeg(&card(640, 480)), png(card(640, 480))] {
            for hundredth in 1..100 {
                let cut = &whole[..whole.len() * hundredth / 100];
                assert!(read_picture(cut).is_err(), "{hundredth} of 100");
            }
        }
        // The small picture that phones put before the large one has an end of its own.
        let inner = jpeg(&card(64, 64));
        let plain = jpeg(&card(640, 480));
        let length = u16::try_from(inner.len() + 2).expect("short").to_be_bytes();
        let both = [&plain[..2], &[0xff, 0xe2], &length, &inner, &plain[2..]].concat();
        assert!(read_picture(&both).is_ok());
        check(&both[..both.len() * 9 / 10], Damaged);
    }

    /// Goal: a small file that claims to be huge is refused by its header. Method: dimensions written over those of a
    /// small JPEG and a small PNG, and a real PNG that packs well.
    #[test]
    fn bombs() {
        let mut bytes = jpeg(&card(64, 64));
        let frame = bytes.windows(2).position(|two| two == [0xff, 0xc0]).expect("a frame");
        bytes[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        assert_eq!(read_picture(&bytes), Err(PictureFault::TooLarge));
        let mut bytes = png(card(64, 64));
        bytes[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        assert!(read_picture(&bytes).is_err());
        let packed = png(GrayImage::from_pixel(8000, 3001, Luma([9])));
        assert!(packed.len() < 200_000, "{}", packed.len());
        assert_eq!(read_picture(&packed), Err(PictureFault::TooLarge));
    }
}
