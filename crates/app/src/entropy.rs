//! The one place where the machine's randomness is read; from here on it is passed in.

use rand::Rng as _;

/// Fresh bytes from the operating system's generator.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::make_rng::<rand::rngs::StdRng>().fill_bytes(&mut bytes);
    bytes
}

/// A secret of 256 bits, as hexadecimal digits.
pub(crate) fn token() -> String {
    bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A password that a person can type: 80 bits, as four groups of letters and digits that cannot be mistaken.
pub(crate) fn password() -> String {
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let signs: Vec<String> = bytes::<16>()
        .chunks(4)
        .map(|group| {
            group
                .iter()
                .map(|byte| char::from(SIGNS[usize::from(byte % 32)]))
                .collect()
        })
        .collect();
    signs.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ() {
        assert_ne!(token(), token());
        assert_ne!(password(), password());
        assert_eq!((token().len(), password().len()), (64, 19));
    }
}
