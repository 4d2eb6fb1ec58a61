//! A request that succeeded is not carried out twice, for a day and for the last 64 keys of each user.

use boxoffice_engine::concert::{ConcertCommand, Effect, ManagerAction, Rejection, Stage};
use boxoffice_engine::ids::BookingNumber;
use boxoffice_engine::limits;

use super::support::{
    BALCONY, DAY, FLOOR, LIMIT, NOW, Outcome, Stand, after, book, caller, cancel_booking, check, create,
    customer, invalid, key, keyed, manage, new_concert, olga,
};

fn book_with(name: &str, key_byte: u8, request: u8) -> ConcertCommand {
    keyed(book(name, &[(FLOOR, 1)]), key(key_byte, request))
}

fn booked(number: u64) -> Outcome {
    Outcome::Repeated(Effect::Booked(BookingNumber(number)))
}

const BOOKED: Outcome = Outcome::Happens("Booked");
const TAKEN: Outcome = Outcome::Refused(Rejection::ConcertIdTaken);
const REUSED: Outcome = Outcome::Refused(Rejection::IdempotencyKeyReused);

#[test]
fn the_same_request_with_the_same_key_is_the_same_booking() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book_with("ada", 1, 1));
    check("same", &stand, &book_with("ada", 1, 1), &booked(number));
    check("other request", &stand, &book_with("ada", 1, 2), &REUSED);
    check("other key", &stand, &book_with("ada", 2, 1), &BOOKED);
    check("no key", &stand, &book("ada", &[(FLOOR, 1)]), &BOOKED);
    check("other user", &stand, &book_with("bob", 1, 2), &BOOKED);
    stand.does(&cancel_booking(customer("ada"), number));
    check("cancelled since", &stand, &book_with("ada", 1, 1), &booked(number));
    stand.does(&manage(olga(), ManagerAction::Cancel));
    check("called off since", &stand, &book_with("ada", 1, 1), &booked(number));
    stand.assert_replays();
}

#[test]
fn a_request_that_was_refused_is_decided_anew() {
    let mut stand = Stand::on_sale();
    let first = stand.does(&book("ada", &[(FLOOR, LIMIT)]));
    let refused = Outcome::Refused(Rejection::AlreadyBooked { limit: LIMIT, owned: LIMIT });
    check("refused", &stand, &book_with("ada", 1, 1), &refused);
    stand.does(&cancel_booking(customer("ada"), first));
    check("with another body", &stand, &book_with("ada", 1, 2), &BOOKED);
    check("decided anew", &stand, &book_with("ada", 1, 1), &BOOKED);
}

#[test]
fn a_key_is_forgotten_after_exactly_a_day() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book_with("ada", 1, 1));
    let day_after = NOW.plus_seconds(DAY);
    stand.at(after(day_after, -1));
    check("the last millisecond", &stand, &book_with("ada", 1, 1), &booked(number));
    check("the last millisecond", &stand, &book_with("ada", 1, 2), &REUSED);
    stand.at(day_after);
    check("a day after", &stand, &book_with("ada", 1, 1), &BOOKED);
    check("a day after, for anything", &stand, &book_with("ada", 1, 2), &BOOKED);
    let second = stand.does(&book_with("ada", 1, 2));
    check("remembered afresh", &stand, &book_with("ada", 1, 2), &booked(second));
    check("remembered afresh", &stand, &book_with("ada", 1, 1), &REUSED);
    stand.assert_replays();
}

#[test]
fn of_sixty_five_keys_the_oldest_goes() {
    let mut stand = Stand::made(|concert| {
        concert.details.tickets_per_user_max = 100;
        concert.seat_types[0] = super::support::new_seat_type("Floor", 100);
    });
    let keys = u8::try_from(limits::IDEMPOTENCY_KEYS_PER_USER_MAX).expect("few keys");
    assert_eq!(keys, 64);
    let numbers: Vec<_> = (1..=keys).map(|key| stand.does(&book_with("ada", key, 1))).collect();
    let other = stand.does(&book_with("bob", 1, 1));
    check("all are known", &stand, &book_with("ada", 1, 1), &booked(numbers[0]));
    let newest = stand.does(&book_with("ada", 65, 1));
    check("the oldest went", &stand, &book_with("ada", 1, 2), &BOOKED);
    check("the second stays", &stand, &book_with("ada", 2, 1), &booked(numbers[1]));
    check("the newest is there", &stand, &book_with("ada", 65, 1), &booked(newest));
    check("others keep theirs", &stand, &book_with("bob", 1, 1), &booked(other));
    stand.assert_replays();
}

#[test]
fn keys_are_forgotten_by_any_event_and_the_same_way_by_replay() {
    let mut stand = Stand::made(|concert| concert.details.tickets_per_user_max = 9);
    stand.does(&book_with("ada", 1, 1));
    stand.at(after(NOW, 10)).does(&book_with("bob", 1, 1));
    stand.at(after(NOW, 20)).does(&book_with("ada", 2, 1));
    stand.at(after(NOW.plus_seconds(DAY), 10)).does(&book("eve", &[(BALCONY, 1)]));
    let remembered = Outcome::Repeated(Effect::Booked(BookingNumber(4)));
    check("the younger one stays", &stand, &book_with("ada", 2, 1), &remembered);
    check("the older ones went", &stand, &book_with("ada", 1, 2), &BOOKED);
    check("the older ones went", &stand, &book_with("bob", 1, 2), &BOOKED);
    stand.assert_replays();
}

#[test]
fn a_concert_is_made_once_per_key() {
    let mut stand = Stand::absent();
    let command = keyed(create(olga(), new_concert()), key(1, 1));
    stand.does(&command);
    let made = Outcome::Repeated(Effect::Concert);
    check("same", &stand, &command, &made);
    check("other request", &stand, &keyed(create(olga(), new_concert()), key(1, 2)), &REUSED);
    check("a booking", &stand, &book_with("olga", 1, 2), &REUSED);
    let otto = caller("otto", boxoffice_engine::caller::Role::Organizer);
    check("somebody else's", &stand, &keyed(create(otto, new_concert()), key(1, 1)), &TAKEN);
    let mut late = new_concert();
    late.details.name.clear();
    check("known before it is looked at", &stand, &keyed(create(olga(), late), key(1, 1)), &made);
    let mut past = new_concert();
    past.details.start.time = NOW;
    check("known when it has begun", &stand, &keyed(create(olga(), past.clone()), key(1, 1)), &made);
    check("the next id is tried before it is looked at", &stand, &create(olga(), past), &TAKEN);
    stand.at(after(NOW.plus_seconds(DAY), -1));
    check("for a day", &stand, &command, &made);
    stand.at(NOW.plus_seconds(DAY));
    check("and no longer", &stand, &command, &TAKEN);
    assert_eq!(stand.stage(), Stage::OnSale);
    stand.assert_replays();
}

/// The same where nobody takes payments.
fn without_gateway(mut command: ConcertCommand) -> ConcertCommand {
    let ConcertCommand::Create { has_gateway, .. } = &mut command else {
        unreachable!("{command:?} makes no concert")
    };
    *has_gateway = false;
    command
}

#[test]
fn a_concert_with_payments_is_told_again_when_its_gateway_is_gone_and_not_made_anew() {
    let with_payments = |name: &str| {
        let mut concert = new_concert();
        concert.payment_required = true;
        name.clone_into(&mut concert.details.name);
        create(olga(), concert)
    };
    let command = keyed(with_payments("Night"), key(1, 1));
    let missing = Outcome::Refused(Rejection::GatewayMissing);
    let mut stand = Stand::absent();
    check("not made", &stand, &without_gateway(command.clone()), &missing);
    check("faults first", &stand, &without_gateway(with_payments("")), &invalid(&["/name"]));
    let free = without_gateway(create(olga(), new_concert()));
    check("without payments", &stand, &free, &Outcome::Happens("Created"));
    stand.does(&command);
    let made = Outcome::Repeated(Effect::Concert);
    check("made", &stand, &without_gateway(command.clone()), &made);
    let other = keyed(with_payments("Night"), key(1, 2));
    check("another request", &stand, &without_gateway(other), &REUSED);
    check("no key: the next id", &stand, &without_gateway(with_payments("Night")), &TAKEN);
}
