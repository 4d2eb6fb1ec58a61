//! Words of a sale: numbered seats, codes, payments, changes, waiting lists.

use boxoffice_engine::caller::Caller;
use boxoffice_engine::concert::{
    Booking, BookingHistory, BookingStatus, ChangeBooking, ChangeWish, CodeText, ConcertCommand,
    ConcertEvent, Counts, Decision, Errand, ErrandNumber, HistoryEntry, HistoryPage, JoinWaitlist, Lane,
    Layout, MailKind, ManagerAction, NewConcert, NewSeatType, Payment, PromoCode, Reduction, SeatMap,
    SeatRow, Settlement, StartPayment, WantedItem,
};
use boxoffice_engine::ids::{BookingNumber, PaymentNumber, SeatTypeNumber};
use boxoffice_engine::time::Time;

use super::{BALCONY, FLOOR, NOW, Stand, book, customer, manage, olga, user, wish};

/// Tickets that one user may have where money is paid.
pub(crate) const ROOMY: u32 = 10;
pub(crate) const FLOOR_PRICE: i64 = 5_000;
pub(crate) const BALCONY_PRICE: i64 = 8_000;
/// When a hold that was made at [`NOW`] ends.
pub(crate) const EXPIRY: Time = Time(NOW.0 + 600_000);
/// Numbered seats: rows A and B of five seats each.
pub(crate) const HALL: u16 = 3;
pub(crate) const HALL_PRICE: i64 = 7_000;

/// A concert whose seats are held until they are paid for.
pub(crate) fn paid() -> Stand {
    paid_with(|_| ())
}

pub(crate) fn paid_with(change: impl FnOnce(&mut NewConcert)) -> Stand {
    Stand::made(|concert| {
        concert.payment_required = true;
        concert.details.tickets_per_user_max = ROOMY;
        concert.seat_types[1].price = BALCONY_PRICE;
        concert.seat_types.push(hall(&[("A", 5), ("B", 5)]));
        change(concert);
    })
}

/// A concert without payments that has numbered seats, too.
pub(crate) fn free_with(change: impl FnOnce(&mut NewConcert)) -> Stand {
    paid_with(|concert| {
        concert.payment_required = false;
        change(concert);
    })
}

/// Numbered seats in rows of these names and lengths.
pub(crate) fn hall(rows: &[(&str, u32)]) -> NewSeatType {
    let rows = rows.iter().map(|(label, seats)| SeatRow {
        section: None,
        label: (*label).to_owned(),
        seats: *seats,
        positions: Vec::new(),
    });
    let layout = Layout::Numbered(SeatMap::new(rows.collect()).into());
    NewSeatType { name: "Hall".to_owned(), price: HALL_PRICE, layout, hidden: false }
}

pub(crate) fn some(number: u16, quantity: u32) -> WantedItem {
    WantedItem { seat_type: SeatTypeNumber(number), quantity, seats: Vec::new() }
}

pub(crate) fn these(number: u16, labels: &[&str]) -> WantedItem {
    let quantity = u32::try_from(labels.len()).expect("few labels");
    WantedItem { seats: labels.iter().map(|label| (*label).into()).collect(), ..some(number, quantity) }
}

pub(crate) fn book_all(name: &str, items: Vec<WantedItem>) -> ConcertCommand {
    let mut wish = wish(name, &[]);
    wish.items = items.into();
    ConcertCommand::Book(wish)
}

/// A booking of seats in the hall.
pub(crate) fn book_these(name: &str, labels: &[&str]) -> ConcertCommand {
    book_all(name, vec![these(HALL, labels)])
}

pub(crate) fn mailed(mut command: ConcertCommand) -> ConcertCommand {
    match &mut command {
        ConcertCommand::Book(wish) => wish.mail = true,
        ConcertCommand::JoinWaitlist(wish) => wish.mail = true,
        other => unreachable!("nobody asks for mail with {other:?}"),
    }
    command
}

pub(crate) fn with_code(mut command: ConcertCommand, text: &str) -> ConcertCommand {
    let ConcertCommand::Book(wish) = &mut command else { unreachable!("codes are for bookings") };
    wish.promo_code = Some(CodeText::new(text));
    command
}

pub(crate) fn code(text: &str, reduction: Reduction) -> PromoCode {
    let text = CodeText::new(text).expect("a code's text");
    PromoCode { text, reduction, uses_max: None, valid_until: None, opens: Vec::new(), withdrawn: false }
}

pub(crate) fn add_code(code: PromoCode) -> ConcertCommand {
    manage(olga(), ManagerAction::AddCode(Box::new(code)))
}

pub(crate) fn withdraw(text: &str) -> ConcertCommand {
    manage(olga(), ManagerAction::WithdrawCode(CodeText::new(text).expect("a code's text")))
}

pub(crate) fn block(item: WantedItem) -> ConcertCommand {
    manage(olga(), ManagerAction::BlockSeats(item))
}

pub(crate) fn release(item: WantedItem) -> ConcertCommand {
    manage(olga(), ManagerAction::ReleaseSeats(item))
}

pub(crate) fn extend(caller: Caller, number: u64) -> ConcertCommand {
    ConcertCommand::ExtendHold { caller, number: BookingNumber(number), idempotency: None }
}

pub(crate) fn confirm(caller: Caller, number: u64) -> ConcertCommand {
    ConcertCommand::ConfirmHold { caller, number: BookingNumber(number), idempotency: None }
}

pub(crate) fn pay_by(caller: Caller, number: u64, method: &str) -> ConcertCommand {
    ConcertCommand::StartPayment(Box::new(StartPayment {
        caller,
        booking: BookingNumber(number),
        gateway: Ok("simulated".into()),
        method: method.into(),
        idempotency: None,
    }))
}

pub(crate) fn pay(name: &str, number: u64) -> ConcertCommand {
    pay_by(customer(name), number, "sim_ok")
}

fn settle(payment: u64, outcome: Result<(), &str>) -> ConcertCommand {
    ConcertCommand::SettlePayment {
        payment: PaymentNumber(payment),
        reference: None,
        outcome: outcome.map_err(Into::into),
    }
}

pub(crate) fn succeed(payment: u64) -> ConcertCommand {
    settle(payment, Ok(()))
}

pub(crate) fn decline(payment: u64) -> ConcertCommand {
    settle(payment, Err("card_declined"))
}

pub(crate) fn change_to(name: &str, number: u64, items: Vec<WantedItem>) -> ConcertCommand {
    let wish = ChangeWish::Items(items.into());
    changed(customer(name), number, wish)
}

pub(crate) fn changed(caller: Caller, number: u64, wish: ChangeWish) -> ConcertCommand {
    let number = BookingNumber(number);
    ConcertCommand::ChangeBooking(Box::new(ChangeBooking { caller, number, wish, idempotency: None }))
}

pub(crate) fn join(name: &str, number: u16, quantity: u32) -> ConcertCommand {
    let (user, seat_type) = (user(name), SeatTypeNumber(number));
    ConcertCommand::JoinWaitlist(JoinWaitlist { user, seat_type, quantity, mail: false, idempotency: None })
}

pub(crate) fn leave(name: &str, number: u16) -> ConcertCommand {
    ConcertCommand::LeaveWaitlist { user: user(name), seat_type: SeatTypeNumber(number), idempotency: None }
}

impl Stand {
    pub(crate) fn booking(&self, number: u64) -> &Booking {
        self.concert.booking(BookingNumber(number)).expect("it was made")
    }

    pub(crate) fn status(&self, number: u64) -> BookingStatus {
        self.booking(number).status
    }

    pub(crate) fn payment(&self, number: u64) -> &Payment {
        self.concert.payment(PaymentNumber(number)).expect("it was made")
    }

    pub(crate) fn counts(&self, number: u16) -> Counts {
        self.concert.counts()[SeatTypeNumber(number).index()]
    }

    /// The labels of a booking's seats.
    pub(crate) fn labels(&self, number: u64) -> Vec<String> {
        let view = self.concert.booking_view(self.booking(number));
        let items = view.booking.items.iter();
        items.flat_map(|item| view.seats_of(item)).map(|label| label.to_string()).collect()
    }

    /// A booking that is held, paid and confirmed; its number and its payment's.
    pub(crate) fn buys(&mut self, name: &str, items: &[(u16, u32)]) -> (u64, u64) {
        let number = self.does(&book(name, items));
        let payment = self.does(&pay(name, number));
        self.does(&succeed(payment));
        assert_eq!(self.status(number), BookingStatus::Confirmed);
        (number, payment)
    }

    /// Makes the command happen without the full check after it, which would look at every booking every time.
    pub(crate) fn does_unchecked(&mut self, command: &ConcertCommand) {
        let decided = self.decide(command);
        let Ok(Decision::Record(event)) = decided else { unreachable!("{command:?}: {decided:?}") };
        self.concert.apply(&event, self.now);
        assert_eq!(self.concert.check_after(&event), Ok(()), "{event:?}");
        self.twin.apply(&event, self.now);
        self.history.push((event, self.now));
    }

    /// What its journal says of a booking.
    pub(crate) fn story(&self, number: u64, page: HistoryPage) -> Vec<HistoryEntry> {
        let mut history = BookingHistory::new(self.concert.id(), BookingNumber(number), page);
        for (event, time) in &self.history {
            history.take(event, *time);
        }
        history.into_entries()
    }

    /// The concert's longer tasks, to their end.
    pub(crate) fn does_chores(&mut self) -> &mut Self {
        while let Some(chore) = self.concert.next_chore() {
            self.does(&chore);
        }
        self
    }

    /// What the success of a payment now would come to.
    pub(crate) fn settlement(&self, payment: u64) -> Settlement {
        match self.decide(&succeed(payment)) {
            Ok(Decision::Record(ConcertEvent::PaymentSettled { settlement, .. })) => settlement,
            other => unreachable!("a success makes an event: {other:?}"),
        }
    }

    pub(crate) fn owed(&self, lane: Lane) -> Vec<(ErrandNumber, Errand)> {
        self.concert.owed().after(lane, ErrandNumber::default()).collect()
    }

    /// The mails that are owed, oldest first.
    pub(crate) fn mails(&self) -> Vec<(MailKind, u64)> {
        let mail = |(_, errand)| match errand {
            Errand::Mail(kind, booking) => (kind, booking.0),
            other => unreachable!("{other:?} is no mail"),
        };
        self.owed(Lane::Mail).into_iter().map(mail).collect()
    }

    /// All refunds that are owed are made.
    pub(crate) fn refunds_all(&mut self) {
        for (errand, what) in self.owed(Lane::Money) {
            if let Errand::GiveBack(payment) = what {
                self.does(&ConcertCommand::RecordRefund { payment, errand });
            }
        }
    }

    /// Captured, refunded, owed, confirmed and kept as fees.
    pub(crate) fn money(&self) -> [i64; 5] {
        let ledger = self.concert.ledger();
        [ledger.captured, ledger.refunded, ledger.owed, ledger.confirmed, ledger.fees]
    }
}

/// All seats of the floor and the balcony taken by others, so that nobody can book there.
pub(crate) fn sold_out(stand: &mut Stand) {
    for number in [FLOOR, BALCONY] {
        let available = stand.counts(number).available;
        stand.does(&block(some(number, available)));
    }
}
