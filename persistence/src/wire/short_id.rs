//! Ids of 22 characters, of 6 bits each: as ours are, who are random numbers of 128 bits. As text they take a third more, and what
//! compresses bytes does not get all of that back.

const ID_CHARACTERS: usize = 22;
pub(crate) const ID_BYTES: usize = 16;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const NO_DIGIT: u8 = u8::MAX;

/// What each character stands for.
static DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut digit = 0_u8;
    while digit < 64 {
        digits[ALPHABET[digit as usize] as usize] = digit;
        digit += 1;
    }
    digits
};

/// A text that is such an id.
pub(crate) fn pack(text: &[u8]) -> Option<([u8; ID_BYTES], u8)> {
    let text: &[u8; ID_CHARACTERS] = text.try_into().ok()?;
    let [digits @ .., last] = text.map(|character| DIGITS[usize::from(character)]);
    if last == NO_DIGIT || digits.contains(&NO_DIGIT) {
        return None;
    }
    let bits = digits.iter().rev().fold(u128::from(last & 3), |bits, digit| bits << 6 | u128::from(*digit));
    Some((bits.to_le_bytes(), last >> 2))
}

/// The text that was packed into this; nothing if there is no such.
pub(crate) fn unpack(id: [u8; ID_BYTES], overhang: u8) -> Option<[u8; ID_CHARACTERS]> {
    let mut bits = u128::from_le_bytes(id);
    let mut text = [0; ID_CHARACTERS];
    for (place, character) in text.iter_mut().enumerate() {
        let digit = if place + 1 == ID_CHARACTERS { u64::from(overhang) << 2 | low(bits) } else { low(bits) };
        *character = *ALPHABET.get(usize::try_from(digit).ok()?)?;
        bits >>= 6;
    }
    Some(text)
}

/// The lowest digit.
fn low(bits: u128) -> u64 {
    u64::try_from(bits & 63).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_comes_back_at_every_place() {
        for place in 0..ID_CHARACTERS {
            for digit in ALPHABET {
                let mut text = *b"0123456789_-abcdefghXY";
                text[place] = *digit;
                let (id, overhang) = pack(&text).unwrap();
                assert_eq!(unpack(id, overhang), Some(text));
                assert!(overhang < 16);
            }
        }
    }

    #[test]
    fn what_is_no_such_id_is_not_packed() {
        for text in [
            &b""[..],
            b"0123456789_-abcdefghX",
            b"0123456789_-abcdefghXYZ",
            b"0123456789.-abcdefghXY",
            b"0123456789_-abcdefghX~",
        ] {
            assert_eq!(pack(text), None, "{text:?}");
        }
        assert_eq!(unpack([0; ID_BYTES], 16), None);
    }
}
