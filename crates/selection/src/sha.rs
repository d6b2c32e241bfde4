//! SHA-256 state before the first block, for the two places that call the compression directly.

/// FIPS 180-4, section 5.3.3.
pub(crate) const INITIAL_STATE: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A state as the digest that it stands for.
pub(crate) fn state_bytes(state: &[u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *chunk = word.to_be_bytes();
    }
    bytes
}
