//! Holds what was told against what is there. Pure: it asks nobody.

mod timeline;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::findings::{Findings, Promise};
use super::history::{Booked, Books, Buyer, Cancellation, Counts, Kept, Rules, Told};
use timeline::Timeline;

/// Checks one concert.
pub(super) fn check(told: &Told, books: &Books, rules: Rules, findings: &mut Findings) {
    let name = told.concert.name.as_str();
    let told_by_id = by_id(told, findings);
    let kept_by_id = listed_once(name, &books.bookings, findings);
    for booked in &told.bookings {
        if let Some(kept) = kept_by_id.get(booked.id.as_str()) {
            compare(name, booked, kept, findings);
        } else {
            let (id, buyer) = (&booked.id, booked.buyer);
            let case = format!("{name}: booking {id} of buyer {buyer} was acknowledged and is not there");
            findings.breaks(Promise::BookingsKept, case);
        }
    }
    let cancelled = told.bookings.iter().filter(|booked| booked.cancellation == Cancellation::Told).count();
    findings.looks_at(Promise::BookingsKept, told.bookings.len());
    findings.looks_at(Promise::CancellationsKept, cancelled);
    findings.looks_at(Promise::NothingUnknown, books.bookings.len());
    findings.looks_at(Promise::AsTold, told.bookings.len());
    check_untold(told, &told_by_id, books, findings);
    check_counters(name, books, findings);
    check_seat_map(name, books, findings);
    check_sell_out(told, books, findings);
    Timeline::of(told, &told_by_id, books).check(rules, findings);
}

fn by_id<'a>(told: &'a Told, findings: &mut Findings) -> HashMap<&'a str, &'a Booked> {
    let mut by_id = HashMap::with_capacity(told.bookings.len());
    for booked in &told.bookings {
        if let Some(before) = by_id.insert(booked.id.as_str(), booked) {
            let (name, id) = (&told.concert.name, &booked.id);
            let (one, other) = (before.buyer, booked.buyer);
            findings.breaks(
                Promise::AsTold,
                format!("{name}: booking {id} was given twice, to buyer {one} and to buyer {other}"),
            );
        }
    }
    by_id
}

fn listed_once<'a>(name: &str, kept: &'a [Kept], findings: &mut Findings) -> HashMap<&'a str, &'a Kept> {
    let mut by_id = HashMap::with_capacity(kept.len());
    for booking in kept {
        if by_id.insert(booking.id.as_str(), booking).is_some() {
            findings.breaks(Promise::AsTold, format!("{name}: booking {} is listed twice", booking.id));
        }
    }
    by_id
}

/// A booking that was told and is there must be there as it was told.
fn compare(name: &str, booked: &Booked, kept: &Kept, findings: &mut Findings) {
    let (id, status) = (&booked.id, &kept.status);
    match (booked.cancellation, status.as_str()) {
        (Cancellation::None | Cancellation::InDoubt, "confirmed")
        | (Cancellation::InDoubt | Cancellation::Told, "cancelled") => {}
        (Cancellation::Told, _) => findings.breaks(
            Promise::CancellationsKept,
            format!("{name}: the cancellation of booking {id} was acknowledged, but it is {status}"),
        ),
        (_, "cancelled") => findings.breaks(
            Promise::BookingsKept,
            format!("{name}: booking {id} was acknowledged and is cancelled, though nobody cancelled it"),
        ),
        _ => findings.breaks(
            Promise::BookingsKept,
            format!("{name}: booking {id} was acknowledged as confirmed and is {status}"),
        ),
    }
    let mut differs = |what: &str, told: &dyn std::fmt::Debug, is: &dyn std::fmt::Debug| {
        findings.breaks(
            Promise::AsTold,
            format!("{name}: booking {id} was told with {what} {told:?} and is there with {is:?}"),
        );
    };
    if kept.buyer != Some(booked.buyer) {
        differs("buyer", &booked.buyer, &kept.buyer);
    }
    if kept.quantity != booked.quantity {
        differs("quantity", &booked.quantity, &kept.quantity);
    }
    if kept.seats != booked.seats {
        differs("seats", &booked.seats, &kept.seats);
    }
    if kept.status == "confirmed" && kept.sequence != booked.sequence {
        differs("sequence", &booked.sequence, &kept.sequence);
    }
}

/// What is there and was told to nobody must be an order of which nobody knows what became: one booking for each of these.
fn check_untold(told: &Told, told_by_id: &HashMap<&str, &Booked>, books: &Books, findings: &mut Findings) {
    let mut in_doubt: HashMap<(Buyer, u32), u32> = HashMap::new();
    for order in &told.in_doubt {
        *in_doubt.entry((order.buyer, order.quantity)).or_default() += 1;
    }
    for kept in books.bookings.iter().filter(|kept| !told_by_id.contains_key(kept.id.as_str())) {
        let possible = kept.buyer.and_then(|buyer| in_doubt.get_mut(&(buyer, kept.quantity)));
        match possible {
            Some(count) if *count > 0 => *count -= 1,
            _ => findings.breaks(
                Promise::NothingUnknown,
                format!("{}: booking {} is there and was told to nobody", told.concert.name, kept.id),
            ),
        }
    }
}

/// Seats of the bookings of one status.
fn seats_with(books: &Books, status: &str) -> u64 {
    let bookings = books.bookings.iter().filter(|kept| kept.status == status);
    bookings.map(|kept| u64::from(kept.quantity)).sum()
}

fn check_counters(name: &str, books: &Books, findings: &mut Findings) {
    let Counts { total, available, held, booked, blocked } = books.counts;
    let mut equal = |what: &str, told: u64, is: u64| {
        findings.looks_at(Promise::CountersEqual, 1);
        if told != is {
            findings
                .breaks(Promise::CountersEqual, format!("{name}: {what}: {told} are told, {is} there are"));
        }
    };
    equal("booked seats", booked, seats_with(books, "confirmed"));
    equal("held seats", held, seats_with(books, "held"));
    equal("seats in all", total, available + held + booked + blocked);
    equal("remaining seats", books.remaining, available);
    equal("sequence of the seats", books.sequence_of_seats, books.sequence);
}

/// The map must show as booked just the seats of the bookings.
fn check_seat_map(name: &str, books: &Books, findings: &mut Findings) {
    if books.seat_map.is_empty() {
        return;
    }
    let confirmed = books.bookings.iter().filter(|kept| kept.status == "confirmed");
    let sold: HashSet<&str> = confirmed.flat_map(|kept| kept.seats.iter().map(String::as_str)).collect();
    let mut known = HashSet::with_capacity(books.seat_map.len());
    for (label, status) in &books.seat_map {
        known.insert(label.as_str());
        let is_sold = sold.contains(label.as_str());
        if is_sold != (status == "booked") {
            let is = if is_sold { "sold" } else { "not sold" };
            findings.breaks(
                Promise::CountersEqual,
                format!("{name}: seat {label} is {status} on the map and {is} by the bookings"),
            );
        }
    }
    for label in sold.difference(&known).collect::<BTreeSet<_>>() {
        findings.breaks(Promise::CountersEqual, format!("{name}: seat {label} is sold and not on the map"));
    }
    findings.looks_at(Promise::CountersEqual, books.seat_map.len());
}

/// Where somebody was refused the last seat when nobody cancelled any more, no seat may be left.
fn check_sell_out(told: &Told, books: &Books, findings: &mut Findings) {
    if !told.is_sold_out {
        return;
    }
    findings.looks_at(Promise::SoldOutExactly, 1);
    let (seats, sold) = (u64::from(told.concert.seats), seats_with(books, "confirmed"));
    if sold != seats || books.counts.available != 0 {
        let (name, available) = (&told.concert.name, books.counts.available);
        findings.breaks(
            Promise::SoldOutExactly,
            format!("{name}: sold out was told, {sold} of {seats} seats are sold and {available} available"),
        );
    }
}

/// Consecutive numbers as ranges: what is missing is named in few words.
fn ranges(numbers: impl Iterator<Item = u64>) -> BTreeMap<u64, u64> {
    let mut ranges: BTreeMap<u64, u64> = BTreeMap::new();
    for number in numbers {
        match ranges.last_entry() {
            Some(mut last) if *last.get() + 1 == number => {
                last.insert(number);
            }
            _ => {
                ranges.insert(number, number);
            }
        }
    }
    ranges
}

#[cfg(test)]
mod tests;
