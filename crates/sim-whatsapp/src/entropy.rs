//! All randomness of the server: keys, ids and pairing references come from one generator, which a seed makes
//! repeatable.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use whatsapp_rust::wacore::libsignal::protocol::KeyPair;

/// A source of keys and identifiers.
#[derive(Debug)]
pub(crate) struct Entropy {
    rng: StdRng,
}

impl Entropy {
    /// The same seed gives the same keys and ids in the same order; without one they differ on every run.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let rng = seed.map_or_else(rand::make_rng, StdRng::seed_from_u64);
        Self { rng }
    }

    /// An independent generator, for a part that draws at its own pace (a phone).
    pub(crate) fn fork(&mut self) -> Self {
        Self {
            rng: StdRng::from_rng(&mut self.rng),
        }
    }

    pub(crate) fn rng(&mut self) -> &mut StdRng {
        &mut self.rng
    }

    pub(crate) fn key_pair(&mut self) -> KeyPair {
        KeyPair::generate(&mut self.rng)
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// An upper-case hexadecimal id of `N` random bytes, the form of WhatsApp's message ids.
    pub(crate) fn id<const N: usize>(&mut self) -> String {
        hex::encode_upper(self.bytes::<N>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_its_absence_does_not() {
        assert_eq!(Entropy::new(Some(7)).id::<8>(), Entropy::new(Some(7)).id::<8>());
        assert_ne!(Entropy::new(None).id::<16>(), Entropy::new(None).id::<16>());
    }

    #[test]
    fn a_fork_goes_its_own_way() {
        let mut parent = Entropy::new(Some(7));
        let mut fork = parent.fork();
        assert_ne!(parent.id::<8>(), fork.id::<8>());
    }
}
