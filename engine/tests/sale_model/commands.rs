//! The actions of a history in the core's words, and the core's words in the model's.

use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{
    BookSeats, BookedItem, CancellationTerms, ChangeBooking, ChangeWish, CodeText, Concert, ConcertCommand,
    Details, DetailsChange, ErrandNumber, JoinWaitlist, Layout, LocalTime, ManagerAction, NewConcert,
    NewSeatType, PromoCode, Reduction, Rejection, SeatMap, SeatRow, SeatTypeChange, StartPayment, WantedItem,
};
use boxoffice_engine::ids::{BookingNumber, PaymentNumber, SeatTypeNumber, UserId};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;

use crate::actions::{Action, BEGIN, ORGANIZER, ROW_SEATS, ROWS, SECRET, STALLS, Setting, Wanted};
use crate::model::{self, CAPACITIES, Expected, Item, Model, PRICES, SECOND_CODE_UNTIL, Status};

/// A moment of the history as the core has it.
pub(crate) fn time(moment: i64) -> Time {
    Time(BEGIN.0 + moment)
}

pub(crate) fn user(number: u8) -> UserId {
    UserId::new(&format!("user{number}")).expect("letters and digits")
}

fn caller(number: u8) -> Caller {
    let role = if number == ORGANIZER { Role::Organizer } else { Role::Customer };
    Caller { user: user(number), role }
}

fn manage(action: ManagerAction) -> ConcertCommand {
    ConcertCommand::Manage { caller: caller(ORGANIZER), action }
}

const ROW_LABELS: [&str; ROWS] = ["A", "B", "C"];

fn hall() -> Layout {
    let row = |label: &&str| SeatRow {
        section: None,
        label: (*label).to_owned(),
        seats: u32::try_from(ROW_SEATS).expect("a short row"),
        positions: Vec::new(),
    };
    Layout::Numbered(SeatMap::new(ROW_LABELS.iter().map(row).collect()).into())
}

fn label(seat: usize) -> String {
    let row = ROW_LABELS.get(seat / ROW_SEATS).unwrap_or(&"Z");
    format!("{row}-{}", seat % ROW_SEATS + 1)
}

/// What makes the concert, and its codes.
pub(crate) fn beginning(setting: &Setting) -> Vec<ConcertCommand> {
    let details = Details {
        name: "Winterreise".to_owned(),
        description: String::new(),
        genre: String::new(),
        venue: "Old Mill".to_owned(),
        start: LocalTime { time: time(setting.start), offset_seconds: 0 },
        sales_open_at: None,
        sales_close_at: setting.close.map(time),
        tickets_per_user_max: setting.limit,
        cancellation: CancellationTerms {
            deadline_hours: setting.deadline_hours,
            fee_fixed: setting.fee_fixed,
            fee_basis_points: setting.fee_basis_points,
        },
        forbids_orphan_seats: setting.forbids_orphans,
    };
    let general = |place: usize| Layout::GeneralAdmission { total_seats: CAPACITIES[place] };
    let layouts = [general(0), general(1), hall(), general(3)];
    let seat_types = layouts.into_iter().enumerate().map(|(place, layout)| NewSeatType {
        name: format!("type {place}"),
        price: PRICES[place],
        layout,
        hidden: place + 1 == usize::from(SECRET),
    });
    let concert = NewConcert {
        details,
        currency: Currency::USD,
        payment_required: setting.payment_required,
        hold_seconds: setting.hold_seconds,
        offer_seconds: setting.offer_seconds,
        draft: false,
        seat_types: seat_types.collect(),
    };
    let create = ConcertCommand::Create {
        caller: caller(ORGANIZER),
        concert: Box::new(concert),
        has_gateway: true,
        idempotency: None,
    };
    let code = |place, reduction, uses_max, valid_until, opens| PromoCode {
        text: code_text(place),
        reduction,
        uses_max,
        valid_until,
        opens: vec![SeatTypeNumber(opens)],
        withdrawn: false,
    };
    let codes = [
        code(0, Reduction::BasisPoints(5_000), Some(2), None, STALLS),
        code(1, Reduction::Amount(60), None, Some(time(SECOND_CODE_UNTIL)), SECRET),
        code(2, Reduction::Nothing, None, None, STALLS),
    ];
    let codes = codes.map(|code| manage(ManagerAction::AddCode(Box::new(code))));
    std::iter::once(create).chain(codes).collect()
}

fn code_text(place: u8) -> CodeText {
    CodeText::new(&format!("CODE{place}")).expect("letters and digits")
}

fn wanted(wanted: &Wanted) -> WantedItem {
    let seats = wanted.seats.iter().map(|seat| label(*seat).into()).collect();
    WantedItem { seat_type: SeatTypeNumber(wanted.seat_type), quantity: wanted.quantity, seats }
}

fn priced(seat_type: u16, price: i64) -> ConcertCommand {
    let change = SeatTypeChange { price: Some(price), ..SeatTypeChange::default() };
    manage(ManagerAction::ChangeSeatType { number: SeatTypeNumber(seat_type), change })
}

/// The action with the places of the bookings and payments that it is about, and with who does it.
pub(crate) fn resolved(action: &Action, model: &Model) -> Action {
    let live = |nth: usize| model.place_of(nth, model::Booking::is_live);
    let unsettled = |booking: &model::Booking| booking.status == Status::Held || booking.pending.is_some();
    let open = |nth: usize| model.place_of(nth, unsettled);
    let mut action = action.clone();
    match &mut action {
        Action::Change { by, nth, .. } | Action::CancelBooking { by, nth } => {
            *nth = live(*nth);
            *by = model.doer(*by, *nth);
        }
        Action::Extend { nth } | Action::Confirm { nth } | Action::Pay { nth } => *nth = open(*nth),
        Action::Settle { nth, .. } => {
            *nth = model.payment_place(*nth, |payment| payment.succeeded != Some(true));
        }
        Action::Refund { nth } => {
            *nth = model.payment_place(*nth, |payment| payment.refunds.iter().any(|refund| !refund.1));
        }
        _ => {}
    }
    action
}

/// The action as the core's command; nothing for what is none.
pub(crate) fn command_of(action: &Action, model: &Model, concert: &Concert) -> Option<ConcertCommand> {
    let booking =
        |place: usize| BookingNumber(model.bookings.get(place).map_or(1_000_000, |booking| booking.number));
    let payment =
        |place: usize| PaymentNumber(model.payments.get(place).map_or(1_000_000, |payment| payment.number));
    Some(match action {
        Action::Step(_) | Action::ToDue(_) | Action::Snapshot | Action::Restart => return None,
        Action::Book { user: number, items, code } => ConcertCommand::Book(BookSeats {
            user: user(*number),
            items: items.iter().map(wanted).collect(),
            promo_code: code.map(|code| Some(code_text(code))),
            mail: model.setting.mail,
            by_manager: false,
            idempotency: None,
        }),
        Action::Change { by, nth, items } => ConcertCommand::ChangeBooking(Box::new(ChangeBooking {
            caller: caller(*by),
            number: booking(*nth),
            wish: ChangeWish::Items(items.iter().map(wanted).collect()),
            idempotency: None,
        })),
        Action::CancelBooking { by, nth } => {
            ConcertCommand::CancelBooking { caller: caller(*by), number: booking(*nth), idempotency: None }
        }
        Action::Extend { nth } => {
            ConcertCommand::ExtendHold { caller: caller(ORGANIZER), number: booking(*nth), idempotency: None }
        }
        Action::Confirm { nth } => ConcertCommand::ConfirmHold {
            caller: caller(ORGANIZER),
            number: booking(*nth),
            idempotency: None,
        },
        Action::Pay { nth } => ConcertCommand::StartPayment(Box::new(StartPayment {
            caller: caller(ORGANIZER),
            booking: booking(*nth),
            gateway: Ok("simulated".into()),
            method: "sim_ok".into(),
            idempotency: None,
        })),
        Action::Settle { nth, succeeds } => {
            let outcome = if *succeeds { Ok(()) } else { Err("declined".into()) };
            ConcertCommand::SettlePayment { payment: payment(*nth), reference: None, outcome }
        }
        Action::Refund { nth } => {
            let number = payment(*nth);
            let refunds = concert.payment(number).map(|payment| payment.refunds.clone()).unwrap_or_default();
            let owed = refunds.iter().find(|refund| !refund.is_made);
            let errand = owed.map_or(ErrandNumber::default(), |refund| refund.errand);
            ConcertCommand::RecordRefund { payment: number, errand }
        }
        Action::Block(item) => manage(ManagerAction::BlockSeats(wanted(item))),
        Action::Release(item) => manage(ManagerAction::ReleaseSeats(wanted(item))),
        Action::Join { user: number, seat_type, quantity } => ConcertCommand::JoinWaitlist(JoinWaitlist {
            user: user(*number),
            seat_type: SeatTypeNumber(*seat_type),
            quantity: *quantity,
            mail: model.setting.mail,
            idempotency: None,
        }),
        Action::Leave { user: number, seat_type } => ConcertCommand::LeaveWaitlist {
            user: user(*number),
            seat_type: SeatTypeNumber(*seat_type),
            idempotency: None,
        },
        Action::Chore => concert.next_chore().unwrap_or(ConcertCommand::OfferNextSeats),
        Action::Withdraw { code } => manage(ManagerAction::WithdrawCode(code_text(*code))),
        Action::Price { seat_type, price } => priced(*seat_type, *price),
        Action::Resize { seats } => {
            let change = SeatTypeChange { total_seats: Some(*seats), ..SeatTypeChange::default() };
            manage(ManagerAction::ChangeSeatType { number: SeatTypeNumber(STALLS), change })
        }
        Action::Limit { limit } => {
            let change = DetailsChange { tickets_per_user_max: Some(*limit), ..DetailsChange::default() };
            manage(ManagerAction::ChangeDetails { change: Box::new(change), if_version: None })
        }
        Action::Open => manage(ManagerAction::OpenSales),
        Action::Close => manage(ManagerAction::CloseSales),
        Action::CancelConcert => manage(ManagerAction::Cancel),
    })
}

/// What the model does, the core having chosen these seats where it had the choice.
pub(crate) fn act(model: &mut Model, action: &Action, chosen: Option<&[Item]>) -> Expected {
    let mut after = model.clone();
    let answer = match action {
        Action::Step(_) | Action::ToDue(_) | Action::Snapshot | Action::Restart => Err(Expected::Nothing),
        Action::Book { user, items, code } => after.book(*user, items, *code, chosen),
        Action::Change { by, nth, items } => after.change(*by, *nth, items, chosen),
        Action::CancelBooking { by, nth } => after.cancel_booking(*by, *nth),
        Action::Extend { nth } => after.extend(*nth),
        Action::Confirm { nth } => after.confirm(*nth),
        Action::Pay { nth } => after.pay(*nth),
        Action::Settle { nth, succeeds } => after.settle(*nth, *succeeds),
        Action::Refund { nth } => after.refund(*nth),
        Action::Block(item) => after.block(item),
        Action::Release(item) => after.release(item),
        Action::Join { user, seat_type, quantity } => after.join(*user, *seat_type, *quantity),
        Action::Leave { user, seat_type } => after.leave(*user, *seat_type),
        Action::Chore if after.is_to_be_swept() => after.sweep(),
        Action::Chore => match after.next_offer() {
            Some(seat_type) => after.offer(seat_type, chosen),
            None => Err(Expected::Nothing),
        },
        Action::Withdraw { code } => after.withdraw(*code),
        Action::Price { seat_type, price } => after.change_price(*seat_type, *price),
        Action::Resize { seats } => after.resize(*seats),
        Action::Limit { limit } => after.change_limit(*limit),
        Action::Open => after.open(),
        Action::Close => after.close(),
        Action::CancelConcert => after.cancel_concert(),
    };
    match answer {
        Ok(()) => {
            *model = after;
            Expected::Event
        }
        Err(expected) => expected,
    }
}

/// Items in the model's words.
pub(crate) fn items_of(items: &[BookedItem]) -> Vec<Item> {
    let item = |item: &BookedItem| Item {
        seat_type: item.seat_type.0,
        quantity: item.quantity,
        price: item.unit_price,
        seats: item.seats.iter().map(|seat| *seat as usize).collect(),
    };
    items.iter().map(item).collect()
}

/// A refusal in the model's words.
pub(crate) fn told(rejection: &Rejection) -> Expected {
    let with = |why, numbers: &[u64]| Expected::RefusedWith(why, numbers.to_vec());
    Expected::Refused(match rejection {
        Rejection::Invalid(_) => "invalid",
        Rejection::SeatTypeNotFound => "seat type not found",
        Rejection::SeatNotFound { .. } => "seat not found",
        Rejection::BookingNotFound => "booking not found",
        Rejection::PaymentNotFound => "payment not found",
        Rejection::NotWaiting => "not waiting",
        Rejection::CodeNotFound => "code not found",
        Rejection::ConcertCancelled => "concert cancelled",
        Rejection::SalesClosed => "sales closed",
        Rejection::CodeInvalid => "code invalid",
        Rejection::CodeUsedUp => "code used up",
        Rejection::AlreadyBooked { limit, owned } => {
            return with("already booked", &[u64::from(*limit), u64::from(*owned)]);
        }
        Rejection::SeatBlocked { .. } => "seat blocked",
        Rejection::SeatTaken { .. } => "seat taken",
        Rejection::SoldOut { available } => return with("sold out", &[u64::from(*available)]),
        Rejection::OrphanSeat => "orphan seat",
        Rejection::ConcertStarted => "concert started",
        Rejection::AlreadyCancelled => "already cancelled",
        Rejection::HoldExpired => "hold expired",
        Rejection::NotHeld => "not held",
        Rejection::PaymentRequired => "payment required",
        Rejection::PaymentInProgress => "payment in progress",
        Rejection::TooManyPayments { .. } => "too many payments",
        Rejection::NotSoldOut { available } => return with("not sold out", &[u64::from(*available)]),
        Rejection::AlreadyWaiting => "already waiting",
        Rejection::AlreadyOffered { .. } => "already offered",
        Rejection::CapacityBelowSold { taken } => return with("capacity below sold", &[u64::from(*taken)]),
        _ => "something that these histories never ask for",
    })
}
