//! A list whose length is not believed before its elements are there, and that needs no allocation for a few elements.

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use smallvec::SmallVec;

/// Elements for which a list reserves room at most before it has seen them. bincode's own `Vec` reserves for any length that the
/// bytes claim, and a false one would end the process.
const ELEMENTS_RESERVED_MAX: u64 = 32;

/// On the wire the same as a `Vec`: the length, then the elements.
pub(super) struct List<T, const N: usize = 1>(pub(super) SmallVec<[T; N]>);

impl<T, const N: usize> List<T, N> {
    fn fill(length: u64, mut element: impl FnMut() -> Result<T, DecodeError>) -> Result<Self, DecodeError> {
        let reserved = usize::try_from(length.min(ELEMENTS_RESERVED_MAX)).unwrap_or(0);
        let mut list = SmallVec::with_capacity(reserved);
        for _ in 0..length {
            list.push(element()?);
        }
        Ok(Self(list))
    }
}

impl<T, const N: usize> FromIterator<T> for List<T, N> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl<T: Encode, const N: usize> Encode for List<T, N> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u64).encode(encoder)?;
        self.0.iter().try_for_each(|element| element.encode(encoder))
    }
}

impl<C, T: Decode<C>, const N: usize> Decode<C> for List<T, N> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let length = u64::decode(decoder)?;
        Self::fill(length, || T::decode(decoder))
    }
}

impl<'de, C, T: BorrowDecode<'de, C>, const N: usize> BorrowDecode<'de, C> for List<T, N> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let length = u64::borrow_decode(decoder)?;
        Self::fill(length, || T::borrow_decode(decoder))
    }
}
