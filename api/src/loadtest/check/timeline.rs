//! The events of a concert in the order of their sequences, gone through one by one.

use std::collections::HashMap;

use super::super::findings::{Findings, Promise};
use super::super::history::{Booked, Books, Buyer, Refusal, Rules, Told, Why};

/// Everything that is known to have happened to a concert after it was made.
pub(super) struct Timeline<'a> {
    told: &'a Told,
    /// The concert's last sequence.
    last: u64,
    events: Vec<Event<'a>>,
}

/// A booking was made, or cancelled.
struct Event<'a> {
    sequence: u64,
    is_made: bool,
    id: &'a str,
    buyer: Option<Buyer>,
    quantity: u32,
    seats: &'a [String],
}

/// How a concert stands at some moment.
#[derive(Default)]
struct State<'a> {
    sold: u64,
    tickets: HashMap<Buyer, u32>,
    /// By label, the booking that has it.
    seats: HashMap<&'a str, &'a str>,
}

impl<'a> Timeline<'a> {
    /// What was told tells when a booking was made; what is there, when it was cancelled, which the answer to a cancellation does
    /// not say.
    pub(super) fn of(told: &'a Told, told_by_id: &HashMap<&'a str, &'a Booked>, books: &'a Books) -> Self {
        let mut events = Vec::with_capacity(told.bookings.len() + books.bookings.len());
        events.extend(told.bookings.iter().map(|booked| Event {
            sequence: booked.sequence,
            is_made: true,
            id: &booked.id,
            buyer: Some(booked.buyer),
            quantity: booked.quantity,
            seats: &booked.seats,
        }));
        for kept in &books.bookings {
            let is_cancelled = kept.status == "cancelled";
            let booked = told_by_id.get(kept.id.as_str());
            // A booking that was told to nobody and is cancelled no longer says when it was made.
            if is_cancelled || booked.is_none() {
                events.push(Event {
                    sequence: kept.sequence,
                    is_made: !is_cancelled,
                    id: &kept.id,
                    buyer: booked.map_or(kept.buyer, |booked| Some(booked.buyer)),
                    quantity: booked.map_or(kept.quantity, |booked| booked.quantity),
                    seats: booked.map_or(&kept.seats, |booked| &booked.seats),
                });
            }
        }
        events.sort_by_key(|event| event.sequence);
        Self { told, last: books.sequence, events }
    }

    pub(super) fn check(&self, rules: Rules, findings: &mut Findings) {
        let is_in_order = self.check_sequences(rules, findings);
        let mut refusals: Vec<&Refusal> = self.told.refusals.iter().collect();
        refusals.sort_by_key(|refusal| refusal.sequence);
        // On a state that is not known, nobody can say whether a refusal was right.
        if !is_in_order {
            refusals.clear();
        }
        let mut refusals = refusals.into_iter().peekable();
        let mut state = State::default();
        for event in &self.events {
            while let Some(refusal) = refusals.next_if(|refusal| refusal.sequence < event.sequence) {
                self.check_refusal(&state, refusal, rules, findings);
            }
            self.go_through(event, &mut state, rules, findings);
        }
        for refusal in refusals {
            self.check_refusal(&state, refusal, rules, findings);
        }
        let made = self.events.iter().filter(|event| event.is_made);
        findings.looks_at(Promise::SeatsOnce, made.clone().map(|event| event.seats.len()).sum());
        findings.looks_at(Promise::NotOversold, self.events.len());
        findings.looks_at(Promise::WithinLimit, made.count());
    }

    /// Whether the events are known in their order: each sequence once and, where all is told, none missing.
    fn check_sequences(&self, rules: Rules, findings: &mut Findings) -> bool {
        let (name, first) = (&self.told.concert.name, self.told.concert.sequence);
        let broken = |findings: &Findings| {
            findings.broken(Promise::SequencesOnce) + findings.broken(Promise::SequencesWhole)
        };
        let before = broken(findings);
        findings.looks_at(Promise::SequencesOnce, self.events.len());
        for pair in self.events.windows(2) {
            if let [one, other] = pair
                && one.sequence == other.sequence
            {
                let (sequence, one, other) = (one.sequence, one.id, other.id);
                findings.breaks(
                    Promise::SequencesOnce,
                    format!("{name}: sequence {sequence} is of two events, of booking {one} and of {other}"),
                );
            }
        }
        let outside = |event: &&Event<'_>| event.sequence <= first || event.sequence > self.last;
        for Event { sequence, id, .. } in self.events.iter().filter(outside) {
            let last = self.last;
            findings.breaks(
                Promise::SequencesWhole,
                format!("{name}: sequence {sequence} of booking {id} is not between {first} and {last}"),
            );
        }
        if !rules.is_all_told {
            return false;
        }
        findings.looks_at(
            Promise::SequencesWhole,
            usize::try_from(self.last - first.min(self.last)).unwrap_or(0),
        );
        for (from, to) in super::ranges(self.missing()) {
            let which = if from == to { format!("{from} is") } else { format!("{from} to {to} are") };
            findings.breaks(Promise::SequencesWhole, format!("{name}: sequence {which} of no known event"));
        }
        broken(findings) == before
    }

    /// The numbers between the making of the concert and its last event that no known event has.
    fn missing(&self) -> impl Iterator<Item = u64> {
        let mut known = self.events.iter().map(|event| event.sequence).peekable();
        (self.told.concert.sequence + 1..=self.last).filter(move |number| {
            while known.next_if(|sequence| sequence < number).is_some() {}
            known.peek() != Some(number)
        })
    }

    fn go_through(&self, event: &Event<'a>, state: &mut State<'a>, rules: Rules, findings: &mut Findings) {
        let (name, Event { sequence, id, quantity, .. }) = (&self.told.concert.name, event);
        if !event.is_made {
            state.sold = state.sold.saturating_sub(u64::from(*quantity));
            if let Some(tickets) = event.buyer.and_then(|buyer| state.tickets.get_mut(&buyer)) {
                *tickets = tickets.saturating_sub(*quantity);
            }
            for seat in event.seats {
                state.seats.remove(seat.as_str());
            }
            return;
        }
        state.sold += u64::from(*quantity);
        let (sold, seats) = (state.sold, u64::from(self.told.concert.seats));
        if sold > seats {
            findings.breaks(
                Promise::NotOversold,
                format!("{name}: {sold} of {seats} seats are sold with booking {id}, sequence {sequence}"),
            );
        }
        for seat in event.seats {
            if let Some(before) = state.seats.insert(seat, id) {
                findings.breaks(
                    Promise::SeatsOnce,
                    format!(
                        "{name}: seat {seat} is of two bookings, {before} and {id}, at sequence {sequence}"
                    ),
                );
            }
        }
        let Some(buyer) = event.buyer else { return };
        let tickets = state.tickets.entry(buyer).or_default();
        *tickets += quantity;
        if *tickets > rules.tickets_per_buyer {
            let (tickets, limit) = (*tickets, rules.tickets_per_buyer);
            findings.breaks(
                Promise::WithinLimit,
                format!(
                    "{name}: buyer {buyer} has {tickets} tickets with booking {id}, sequence {sequence}; the limit is {limit}"
                ),
            );
        }
    }

    fn check_refusal(&self, state: &State<'_>, refusal: &Refusal, rules: Rules, findings: &mut Findings) {
        findings.looks_at(Promise::RefusedRightly, 1);
        let Refusal { sequence, buyer, quantity, why } = refusal;
        let left = u64::from(self.told.concert.seats).saturating_sub(state.sold);
        let tickets = state.tickets.get(buyer).copied().unwrap_or(0);
        let (is_right, is) = match why {
            Why::SoldOut(available) => (
                u64::from(*available) == left && left < u64::from(*quantity),
                format!("{available} seats left where {left} were"),
            ),
            Why::LimitReached => (
                tickets.saturating_add(*quantity) > rules.tickets_per_buyer,
                format!("too many tickets, having {tickets} of {}", rules.tickets_per_buyer),
            ),
            Why::SeatTaken(seat) => {
                (state.seats.contains_key(seat.as_str()), format!("seat {seat} is taken, and it was free"))
            }
        };
        if !is_right {
            let name = &self.told.concert.name;
            findings.breaks(
                Promise::RefusedRightly,
                format!("{name}: buyer {buyer} was refused {quantity} seats at sequence {sequence}: {is}"),
            );
        }
    }
}
