//! Who may see a concert, and who may change it.

use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{
    BookingStatus, BookingView, ConcertAnswer, ConcertQuery, ManagerAction, Rejection, SeatTypeChange,
};
use boxoffice_engine::ids::{BookingNumber, SeatTypeNumber};

use super::support::{
    BALCONY, FLOOR, Outcome, Stand, admin, book, caller, cancel_booking, check, create, customer, manage,
    new_concert, new_seat_type, olga, rename, user,
};

fn otto() -> Caller {
    caller("otto", Role::Organizer)
}

fn every_action() -> [ManagerAction; 7] {
    let change = SeatTypeChange { price: Some(1), ..SeatTypeChange::default() };
    [
        ManagerAction::ChangeDetails { change: Box::new(rename("Sommernacht")), if_version: None },
        ManagerAction::AddSeatType(new_seat_type("Box", 4)),
        ManagerAction::ChangeSeatType { number: SeatTypeNumber(FLOOR), change },
        ManagerAction::OpenSales,
        ManagerAction::CloseSales,
        ManagerAction::Cancel,
        ManagerAction::Delete,
    ]
}

#[test]
fn concerts_are_made_by_organizers_and_admins() {
    for (who, expected) in [
        (customer("ada"), &Outcome::Refused(Rejection::Forbidden)),
        (olga(), &Outcome::Happens("Created")),
        (admin(), &Outcome::Happens("Created")),
    ] {
        check("new", &Stand::absent(), &create(who.clone(), new_concert()), expected);
    }
    let mut nonsense = new_concert();
    nonsense.details.name.clear();
    let forbidden = Outcome::Refused(Rejection::Forbidden);
    check(
        "who may not, hears nothing else",
        &Stand::absent(),
        &create(customer("ada"), nonsense),
        &forbidden,
    );
}

#[test]
fn a_concert_is_changed_by_its_organizer_and_admins_only() {
    let forbidden = Outcome::Refused(Rejection::Forbidden);
    let stand = Stand::on_sale();
    for action in every_action() {
        for who in [customer("ada"), otto(), customer("olga")] {
            check("not theirs", &stand, &manage(who, action.clone()), &forbidden);
        }
        for who in [olga(), admin(), caller("olga", Role::Admin)] {
            let decided = stand.decide(&manage(who, action.clone()));
            assert!(decided.is_ok(), "{action:?}: {decided:?}");
        }
    }
}

#[test]
fn a_draft_exists_for_its_organizer_and_admins_only() {
    let draft = Stand::made(|concert| concert.draft = true);
    let unknown = Outcome::Refused(Rejection::ConcertNotFound);
    for action in every_action() {
        for who in [customer("ada"), otto()] {
            check("hidden", &draft, &manage(who, action.clone()), &unknown);
        }
        check(
            "known, but not to be changed",
            &draft,
            &manage(customer("olga"), action.clone()),
            &Outcome::Refused(Rejection::Forbidden),
        );
        for who in [olga(), admin()] {
            let expected = match &action {
                ManagerAction::CloseSales | ManagerAction::Cancel => Err(Rejection::SalesNotOpen),
                _ => Ok(()),
            };
            assert_eq!(draft.decide(&manage(who, action.clone())).map(|_| ()), expected, "{action:?}");
        }
    }
}

#[test]
fn views_show_a_draft_as_decisions_do() {
    let draft = Stand::made(|concert| concert.draft = true);
    let mut deleted = Stand::on_sale();
    deleted.does(&manage(olga(), ManagerAction::Delete));
    let callers =
        [None, Some(customer("ada")), Some(otto()), Some(customer("olga")), Some(olga()), Some(admin())];
    for (stand, visible) in [
        (&draft, [false, false, false, true, true, true]),
        (&Stand::on_sale(), [true; 6]),
        (&deleted, [false; 6]),
        (&Stand::absent(), [false; 6]),
    ] {
        for (who, expected) in callers.iter().zip(visible) {
            assert_eq!(stand.concert.is_visible_to(who.as_ref()), expected, "{who:?}");
            let view = stand.concert.view();
            assert_eq!(view.is_visible_to(who.as_ref()), expected, "{who:?}");
            if let Some(who) = who {
                assert_eq!(view.is_managed_by(who), stand.concert.is_managed_by(who), "{who:?}");
            }
        }
    }
}

#[test]
fn a_version_is_asked_for_after_permission_and_before_the_change() {
    let mut stand = Stand::on_sale();
    stand.does(&super::support::change(rename("Sommernacht")));
    let with = |who, name: &str, version| {
        let change = Box::new(rename(name));
        manage(who, ManagerAction::ChangeDetails { change, if_version: Some(version) })
    };
    let mismatch = Outcome::Refused(Rejection::VersionMismatch { version: 2 });
    check("old", &stand, &with(olga(), "Herbst", 1), &mismatch);
    check("future", &stand, &with(olga(), "Herbst", 3), &mismatch);
    check("present", &stand, &with(olga(), "Herbst", 2), &Outcome::Happens("DetailsChanged"));
    check("old and bad", &stand, &with(olga(), "", 1), &mismatch);
    check("old and unchanged", &stand, &with(olga(), "Sommernacht", 1), &mismatch);
    check("not theirs", &stand, &with(otto(), "Herbst", 1), &Outcome::Refused(Rejection::Forbidden));
    stand.does(&book("ada", &[(FLOOR, 1)]));
    check("a booking is no version", &stand, &with(olga(), "Herbst", 2), &Outcome::Happens("DetailsChanged"));
}

#[test]
fn bookings_are_told_to_who_may_know_them() {
    let mut stand = Stand::on_sale();
    let first = stand.does(&book("ada", &[(FLOOR, 1)]));
    let second = stand.does(&book("eve", &[(BALCONY, 1)]));
    let third = stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.does(&cancel_booking(customer("ada"), first));
    let views = |query: &ConcertQuery| -> Result<Vec<BookingView>, Rejection> {
        Ok(match stand.concert.answer(query)? {
            ConcertAnswer::Booking(view) => vec![*view],
            ConcertAnswer::Bookings(views) => views,
            other => unreachable!("{other:?} has no bookings"),
        })
    };
    let numbers =
        |query: &ConcertQuery| Ok(views(query)?.iter().map(|view| view.id.number.0).collect::<Vec<_>>());
    let one = |who| ConcertQuery::Booking { caller: who, number: BookingNumber(second) };
    assert_eq!(numbers(&one(customer("eve"))), Ok(vec![second]));
    assert_eq!(numbers(&one(olga())), Ok(vec![second]));
    assert_eq!(numbers(&one(customer("ada"))), Err(Rejection::BookingNotFound));
    let of = |name, status, after: Option<&BookingView>, limit| {
        let after = after.map(|view| (view.booking.created_at(), view.id));
        ConcertQuery::BookingsOf { user: user(name), status, after, limit }
    };
    let ada = views(&of("ada", None, None, 9)).expect("hers to know");
    assert_eq!(numbers(&of("ada", None, None, 9)), Ok(vec![third, first]), "newest first");
    assert_eq!(numbers(&of("ada", None, None, 1)), Ok(vec![third]));
    assert_eq!(numbers(&of("ada", None, Some(&ada[0]), 9)), Ok(vec![first]), "the page after");
    assert_eq!(numbers(&of("ada", None, Some(&ada[1]), 9)), Ok(vec![]));
    assert_eq!(numbers(&of("ada", Some(BookingStatus::Cancelled), None, 1)), Ok(vec![first]));
    assert_eq!(numbers(&of("bob", None, None, 9)), Ok(vec![]));
    assert!(stand.concert.has_booked_once(&user("eve")));
    assert!(!stand.concert.has_booked_once(&user("ada")), "ended bookings count");
    assert!(!stand.concert.has_booked_once(&user("bob")));
    let all = |who, status, after: Option<u64>, limit| ConcertQuery::Bookings {
        caller: who,
        status,
        after: after.map(BookingNumber),
        limit,
    };
    assert_eq!(numbers(&all(olga(), None, None, 9)), Ok(vec![first, second, third]), "oldest first");
    assert_eq!(numbers(&all(admin(), None, Some(first), 1)), Ok(vec![second]));
    assert_eq!(numbers(&all(olga(), None, Some(third), 9)), Ok(vec![]));
    assert_eq!(numbers(&all(olga(), Some(BookingStatus::Confirmed), None, 1)), Ok(vec![second]));
    assert_eq!(numbers(&all(otto(), None, None, 9)), Err(Rejection::Forbidden));
    let draft = Stand::made(|concert| concert.draft = true);
    assert_eq!(draft.concert.answer(&all(otto(), None, None, 9)), Err(Rejection::ConcertNotFound));
    let buyers: Vec<_> = stand.concert.buyers().cloned().collect();
    assert_eq!(buyers, [user("ada"), user("eve")]);
}
