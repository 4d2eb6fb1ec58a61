//! A booking to write mails about: made by the engine's own rules, as the office makes them.

use std::sync::Arc;

use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::terms::{CancellationTerms, Details, Layout, LocalTime};
use boxoffice_engine::concert::{
    BookSeats, BookingView, Concert, ConcertCommand, Decision, NewConcert, NewSeatType, WantedItem,
};
use boxoffice_engine::errands::notifier::{Mail, MailKind};
use boxoffice_engine::ids::{ConcertId, SeatTypeNumber, UserId};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;

/// 1 June 2027, 18:00 UTC.
pub(crate) const NOW: Time = Time(1_811_872_800_000);

/// Every kind of mail.
pub(crate) const KINDS: [MailKind; 10] = [
    MailKind::Confirmed,
    MailKind::Held,
    MailKind::AboutToExpire,
    MailKind::Expired,
    MailKind::Cancelled,
    MailKind::Refunded,
    MailKind::Offered,
    MailKind::Changed,
    MailKind::ConcertChanged,
    MailKind::ConcertCancelled,
];

/// A mail of this kind to ada@example.com, about two seats of 60 and one of 25 at the Summer Night.
pub(crate) fn mail(kind: MailKind) -> Mail {
    Mail {
        id: format!("{}-m7", ConcertId::from_bits(7)).into(),
        address: "ada@example.com".to_owned(),
        username: "ada".to_owned(),
        kind,
        booking: booking(),
    }
}

/// The same mail about a concert with another name.
pub(crate) fn about(mut mail: Mail, concert: &str) -> Mail {
    Arc::make_mut(&mut mail.booking.terms).details.name = concert.to_owned();
    mail
}

fn booking() -> BookingView {
    let user = |name: &str| UserId::new(name).expect("letters");
    let mut concert = Concert::absent(ConcertId::from_bits(7));
    let create = ConcertCommand::Create {
        caller: Caller { user: user("olga"), role: Role::Organizer },
        concert: Box::new(summer_night()),
        has_gateway: true,
        idempotency: None,
    };
    happen(&mut concert, &create);
    let item = |number: u16, quantity: u32| WantedItem {
        seat_type: SeatTypeNumber(number),
        quantity,
        seats: Vec::new(),
    };
    let items = [item(1, 2), item(2, 1)].into_iter().collect();
    happen(
        &mut concert,
        &ConcertCommand::Book(BookSeats {
            user: user("u-ada"),
            items,
            promo_code: None,
            mail: true,
            by_manager: false,
            idempotency: None,
        }),
    );
    concert.booking_view(&concert.bookings()[0])
}

fn happen(concert: &mut Concert, command: &ConcertCommand) {
    match concert.decide(command, NOW) {
        Ok(Decision::Record(event)) => concert.apply(&event, NOW),
        refused => panic!("{command:?} is refused: {refused:?}"),
    };
}

fn summer_night() -> NewConcert {
    let seat_type = |name: &str, price| NewSeatType {
        name: name.to_owned(),
        price,
        layout: Layout::GeneralAdmission { total_seats: 100 },
        hidden: false,
    };
    NewConcert {
        details: Details {
            name: "Summer Night".to_owned(),
            description: String::new(),
            genre: String::new(),
            venue: "Old Harbour Hall".to_owned(),
            start: LocalTime { time: NOW.plus_seconds(11 * 86_400), offset_seconds: 7_200 },
            sales_open_at: None,
            sales_close_at: None,
            tickets_per_user_max: 10,
            cancellation: CancellationTerms::default(),
            forbids_orphan_seats: false,
        },
        currency: Currency::from_code("EUR").expect("the euro"),
        payment_required: false,
        hold_seconds: 600,
        offer_seconds: 3_600,
        draft: false,
        seat_types: vec![seat_type("Front", 6_000), seat_type("Standing", 2_500)],
    }
}
