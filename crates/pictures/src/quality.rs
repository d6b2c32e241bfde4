//! What makes a picture hard to recognise, in integers: advice for whoever took it, never a verdict.

/// Least pixels of the shorter side: the smallest line of a card that fills it is then some 9 pixels high.
const SHORT_SIDE_MIN: u32 = 480;
/// Mean brightness, of 255, below which a picture is dark. Assumed, from pictures of cards taken in dim rooms.
const DARK_BELOW: u64 = 60;
/// Mean brightness above which it is too bright. Assumed likewise.
const BRIGHT_ABOVE: u64 = 215;
/// Brightness from which a pixel shows nothing any more, as where a flash is mirrored.
const BLOWN_FROM: u8 = 251;
/// Of a hundred pixels so many may be blown out. Assumed.
const BLOWN_PERCENT_MAX: u64 = 12;
/// Variance of the Laplacian below which edges are soft. It is measured on pictures of the same size, since it
/// depends on it. Assumed, from the same pictures.
const SHARP_FROM: u64 = 45;

/// One thing that makes a picture hard to recognise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Few pixels.
    Small,
    /// Too little light.
    Dark,
    /// Too much light, or the mirror of a flash.
    Bright,
    /// Soft edges.
    Blurred,
}

impl Hint {
    /// All, in the order they are told.
    pub const ALL: [Self; 4] = [Self::Small, Self::Dark, Self::Bright, Self::Blurred];

    const fn bit(self) -> u8 {
        match self {
            Self::Small => 1,
            Self::Dark => 2,
            Self::Bright => 4,
            Self::Blurred => 8,
        }
    }
}

/// What makes a picture hard to recognise; mostly nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints(u8);

impl Hints {
    /// Those of a picture: of its size as it came, and of its grey picture at the size for measuring.
    pub fn of((width, height): (u32, u32), grey: &Grey<'_>) -> Self {
        let mean = grey.mean();
        let found = |hint| match hint {
            Hint::Small => width.min(height) < SHORT_SIDE_MIN,
            Hint::Dark => mean < DARK_BELOW,
            Hint::Bright => mean > BRIGHT_ABOVE || grey.blown_percent() > BLOWN_PERCENT_MAX,
            Hint::Blurred => grey.edge_variance() < SHARP_FROM,
        };
        Self(
            Hint::ALL.into_iter().filter(|hint| found(*hint)).fold(0, |all, hint| all | hint.bit()),
        )
    }

    /// As they are kept beside the picture.
    pub const fn to_byte(self) -> u8 {
        self.0
    }

    /// As they were kept.
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// One by one.
    pub fn list(self) -> Vec<Hint> {
        Hint::ALL.into_iter().filter(|hint| self.0 & hint.bit() != 0).collect()
    }
}

/// A grey picture: one byte a pixel, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Grey<'a> {
    pixels: &'a [u8],
    width: usize,
}

impl<'a> Grey<'a> {
    /// A picture of this width.
    pub const fn new(pixels: &'a [u8], width: usize) -> Self {
        Self { pixels, width }
    }

    /// Mean brightness, rounded down; 0 of no pixels.
    fn mean(&self) -> u64 {
        let sum: u64 = self.pixels.iter().map(|pixel| u64::from(*pixel)).sum();
        sum.checked_div(self.pixels.len() as u64).unwrap_or(0)
    }

    /// Of a hundred pixels so many are blown out, rounded down.
    fn blown_percent(&self) -> u64 {
        let blown = self.pixels.iter().filter(|pixel| **pixel >= BLOWN_FROM).count() as u64;
        blown.saturating_mul(100).checked_div(self.pixels.len() as u64).unwrap_or(0)
    }

    /// Variance of the Laplacian (four neighbours) over all pixels that have them, rounded down: high where there are
    /// many sharp edges, near nought where there are none.
    fn edge_variance(&self) -> u64 {
        let (mut count, mut sum, mut squares) = (0i64, 0i64, 0i64);
        let rows: Vec<&[u8]> = self.pixels.chunks_exact(self.width.max(1)).collect();
        for three in rows.windows(3) {
            let [above, middle, below] = three else { continue };
            let inner = above.iter().zip(*below).skip(1).zip(middle.windows(3));
            for ((up, down), across) in inner {
                let [left, here, right] = across else { continue };
                let around: i64 =
                    [up, down, left, right].map(|pixel| i64::from(*pixel)).iter().sum();
                let edge = around - 4 * i64::from(*here);
                count += 1;
                sum += edge;
                squares += edge * edge;
            }
        }
        if count == 0 {
            return 0;
        }
        let mean = sum / count;
        u64::try_from(squares / count - mean * mean).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 64;

    /// Pixels by their place.
    fn drawn(of: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        (0..SIZE * SIZE).map(|n| of(n % SIZE, n / SIZE)).collect()
    }

    fn check(pixels: &[u8], size: (u32, u32), expected: &[Hint]) {
        assert_eq!(Hints::of(size, &Grey::new(pixels, SIZE)).list(), expected);
    }

    /// Stripes of two pixels are sharp; the same stripes as a soft wave are not.
    #[test]
    fn blurred() {
        let sharp = drawn(|x, _| if x / 2 % 2 == 0 { 90 } else { 160 });
        check(&sharp, (1600, 1000), &[]);
        let soft = drawn(|x, _| 100 + x as u8);
        check(&soft, (1600, 1000), &[Hint::Blurred]);
        // One hard edge in an even picture: what a single shadow gives.
        let edge = drawn(|x, y| if x + y < SIZE { 80 } else { 96 });
        check(&edge, (1600, 1000), &[Hint::Blurred]);
    }

    /// Light by its mean, and the mirror of a flash in an otherwise good picture.
    #[test]
    fn light() {
        let stripes = |low, high| drawn(move |x, _| if x / 2 % 2 == 0 { low } else { high });
        check(&stripes(0, 80), (1600, 1000), &[Hint::Dark]);
        check(&stripes(20, 100), (1600, 1000), &[]);
        check(&stripes(190, 250), (1600, 1000), &[Hint::Bright]);
        check(&stripes(180, 250), (1600, 1000), &[]);
        let flash = drawn(|x, y| match (x, y) {
            (0..24, 0..24) => 255,
            _ if x / 2 % 2 == 0 => 60,
            _ => 140,
        });
        check(&flash, (1600, 1000), &[Hint::Bright]);
    }

    /// The shorter side counts, and hints are kept as they are.
    #[test]
    fn small_and_kept() {
        let stripes = drawn(|x, _| if x / 2 % 2 == 0 { 90 } else { 160 });
        check(&stripes, (4000, 479), &[Hint::Small]);
        check(&stripes, (480, 480), &[]);
        let all = Hints::of((9, 9), &Grey::new(&[], 0));
        assert_eq!(all.list(), [Hint::Small, Hint::Dark, Hint::Blurred]);
        assert_eq!(Hints::from_byte(all.to_byte()), all);
    }
}
