//! What every contender keeps, and the books that must balance whoever kept them.

use std::collections::HashSet;
use std::hash::Hash;

use super::load::{self, Answer, Client, Order};

/// Seats of the concert that is sold out in [`keeps_the_rules`], and people who want one.
const SEATS: usize = 50;
const PEOPLE: usize = 200;
/// Clients that want the same thing at the same time there.
pub const CLIENTS: usize = 16;
/// The one who wants a second booking: nobody of the crowd before.
const TWICE: Order = Order { person: PEOPLE, concert: 1 };

/// What a contender has stored, over all of its concerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Seats that are left.
    pub remaining: usize,
    /// Records of bookings.
    pub bookings: usize,
    /// Pairs of person and concert with a booking.
    pub buyers: usize,
    /// Entries in the people's lists of their bookings.
    pub listed: usize,
    /// Numbers that were given to bookings, over all concerts.
    pub sequences: usize,
}

impl Stored {
    /// Whether the books balance with what was put on sale and what was acknowledged.
    ///
    /// # Errors
    /// Everything that does not.
    pub fn check(&self, capacity: usize, acknowledged: usize) -> Result<(), String> {
        let Self { remaining, bookings, buyers, listed, sequences } = *self;
        let mut wrong = Vec::new();
        if bookings != acknowledged {
            wrong.push(format!("{acknowledged} bookings were acknowledged, {bookings} are stored"));
        }
        if remaining + bookings != capacity {
            wrong.push(format!("{remaining} seats are left and {bookings} booked of {capacity}"));
        }
        if buyers != bookings {
            wrong.push(format!("{bookings} bookings belong to {buyers} buyers"));
        }
        if listed != bookings {
            wrong.push(format!("{listed} bookings are in their owners' lists, of {bookings}"));
        }
        if sequences != bookings {
            wrong.push(format!("{sequences} numbers were given to {bookings} bookings"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

/// How many different ones there are.
pub fn different<T: Eq + Hash>(all: impl IntoIterator<Item = T>) -> usize {
    all.into_iter().collect::<HashSet<_>>().len()
}

/// What must be on sale for [`keeps_the_rules`]: so many concerts, of so many seats each.
pub const RULES_CONCERTS: usize = 2;
/// The seats of each of them.
pub const RULES_CAPACITY: usize = SEATS;
/// The people who want something there: the first so many of the crowd.
pub const RULES_PEOPLE: usize = PEOPLE + 1;

/// Rushes at a small concert until it is sold out, and has one person book again and again at another. Gives how many bookings were
/// acknowledged.
///
/// # Errors
/// When more or fewer were booked than the rules allow.
pub async fn keeps_the_rules<C: Client>(rush: Vec<C>, again: Vec<C>) -> Result<usize, String> {
    let orders = (0..PEOPLE).map(|person| Order { person, concert: 0 }).collect();
    let answers = load::place(rush, orders).await?;
    expect(&answers, "people rush at a small concert", [SEATS, PEOPLE - SEATS, 0])?;
    let answers = load::place(again, vec![TWICE; CLIENTS]).await?;
    expect(&answers, "one person books again and again", [1, 0, CLIENTS - 1])?;
    Ok(SEATS + 1)
}

/// Checks how many answers were `Booked`, `SoldOut` and `AlreadyBooked`.
fn expect(answers: &[Answer], when: &str, expected: [usize; 3]) -> Result<(), String> {
    let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
    let found = [Answer::Booked, Answer::SoldOut, Answer::AlreadyBooked].map(count);
    let told = |[booked, sold_out, already]: [usize; 3]| {
        format!("{booked} booked, {sold_out} sold out, {already} already booked")
    };
    if found == expected {
        Ok(())
    } else {
        Err(format!("{when}: {}, where {} is right", told(found), told(expected)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: Stored = Stored { remaining: 60, bookings: 40, buyers: 40, listed: 40, sequences: 40 };

    #[test]
    fn balanced_books_are_accepted() {
        assert_eq!(RIGHT.check(100, 40), Ok(()));
    }

    #[test]
    fn every_wrong_number_is_told() {
        let cases = [
            (RIGHT, 100, 41, "41 bookings were acknowledged, 40 are stored"),
            (RIGHT, 99, 40, "60 seats are left and 40 booked of 99"),
            (Stored { remaining: 61, ..RIGHT }, 100, 40, "61 seats are left and 40 booked of 100"),
            (Stored { buyers: 39, ..RIGHT }, 100, 40, "40 bookings belong to 39 buyers"),
            (Stored { listed: 41, ..RIGHT }, 100, 40, "41 bookings are in their owners' lists, of 40"),
            (Stored { sequences: 39, ..RIGHT }, 100, 40, "39 numbers were given to 40 bookings"),
        ];
        for (stored, capacity, acknowledged, expected) in cases {
            assert_eq!(stored.check(capacity, acknowledged), Err(expected.to_owned()));
        }
        let lost = Stored { bookings: 39, ..RIGHT };
        let told = lost.check(100, 40).expect_err("a booking is lost");
        assert!(
            told.starts_with("40 bookings were acknowledged, 39 are stored; 60 seats are left"),
            "{told}"
        );
    }

    /// Answers by a rule that is right or not.
    struct Scripted(fn(Order, usize) -> Answer, usize);

    impl Client for Scripted {
        async fn book(&mut self, orders: &[Order], answers: &mut Vec<Answer>) -> Result<(), String> {
            for order in orders {
                answers.push((self.0)(*order, self.1));
                self.1 += 1;
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn whoever_oversells_or_books_twice_is_found_out() {
        let rush: fn(Order, usize) -> Answer =
            |_, before| if before < SEATS { Answer::Booked } else { Answer::SoldOut };
        let one_too_many: fn(Order, usize) -> Answer =
            |_, before| if before <= SEATS { Answer::Booked } else { Answer::SoldOut };
        let once: fn(Order, usize) -> Answer =
            |_, before| if before == 0 { Answer::Booked } else { Answer::AlreadyBooked };
        let twice: fn(Order, usize) -> Answer =
            |_, before| if before < 2 { Answer::Booked } else { Answer::AlreadyBooked };
        let cases = [
            (rush, once, Ok(51)),
            (
                one_too_many,
                once,
                Err(
                    "people rush at a small concert: 51 booked, 149 sold out, 0 already booked, where 50 booked, \
                     150 sold out, 0 already booked is right",
                ),
            ),
            (
                rush,
                twice,
                Err(
                    "one person books again and again: 2 booked, 0 sold out, 14 already booked, where 1 booked, \
                     0 sold out, 15 already booked is right",
                ),
            ),
        ];
        for (rush, again, expected) in cases {
            let found = keeps_the_rules(vec![Scripted(rush, 0)], vec![Scripted(again, 0)]).await;
            assert_eq!(found, expected.map_err(str::to_owned));
        }
    }
}
