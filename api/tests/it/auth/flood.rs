//! Many who guess passwords at once.

use std::thread::{self, JoinHandle};

use crate::harness::{Answer, BoxOffice, Setup, concert};

const GUESSES: usize = 60;

/// So many guesses at once, each on a connection of its own.
fn guesses(office: &BoxOffice) -> Vec<JoinHandle<Answer>> {
    let guess = |_| {
        let guest = office.guest();
        thread::spawn(move || guest.logs_in("admin", "a wrong password"))
    };
    (0..GUESSES).map(guess).collect()
}

fn answers(guesses: Vec<JoinHandle<Answer>>) -> impl Iterator<Item = Answer> {
    guesses.into_iter().map(|guess| guess.join().expect("an answer"))
}

#[test]
fn a_flood_of_logins_leaves_bookings_alone() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let guesses = guesses(&office);
    for number in 0..20 {
        office.customer(&format!("fan{number}")).has_booked(&made, 1);
    }
    for answer in answers(guesses) {
        match answer.status {
            401 => _ = answer.refused(401, "invalid_credentials"),
            _ => _ = answer.refused(503, "overloaded"),
        }
    }
    assert_eq!(office.guest().counts(&made), [80, 0, 20, 0]);
}

#[test]
fn guessing_is_limited_unless_that_is_switched_off() {
    let office = Setup::new().without("BOXOFFICE_RATE_LIMIT").open();
    let (limited, others): (Vec<_>, Vec<_>) =
        answers(guesses(&office)).partition(|answer| answer.status == 429);
    assert_ne!(limited.len(), 0);
    assert_ne!(others.len(), 0);
    for answer in limited {
        answer.refused(429, "rate_limited");
    }
    office.guest().get("/concerts").is(200);
}
