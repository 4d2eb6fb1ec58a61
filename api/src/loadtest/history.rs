//! What buyers were told during the load, and what is there after it. The check holds the one against the other.

/// The number of a buyer.
pub(super) type Buyer = u32;

/// A concert as it was made.
#[derive(Clone, Debug)]
pub(super) struct Concert {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) seat_type: String,
    pub(super) seats: u32,
    pub(super) is_numbered: bool,
    /// The sequence of its making.
    pub(super) sequence: u64,
}

/// A booking that somebody was told they have.
#[derive(Clone, Debug)]
pub(super) struct Booked {
    pub(super) id: String,
    pub(super) buyer: Buyer,
    pub(super) quantity: u32,
    /// The labels of its seats, where seats are numbered.
    pub(super) seats: Vec<String>,
    /// The sequence of its making.
    pub(super) sequence: u64,
    pub(super) cancellation: Cancellation,
}

/// How a cancellation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cancellation {
    /// Nobody asked for one.
    #[default]
    None,
    /// One was asked for, and nobody knows what became of it.
    InDoubt,
    /// It was acknowledged.
    Told,
}

/// An order of which nobody knows what became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InDoubt {
    pub(super) buyer: Buyer,
    pub(super) quantity: u32,
}

/// An order that was refused, and the sequence of the state on which that was decided.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) sequence: u64,
    pub(super) buyer: Buyer,
    pub(super) quantity: u32,
    pub(super) why: Why,
}

/// Why an order was refused.
#[derive(Clone, Debug)]
pub(super) enum Why {
    /// So many seats were said to be left.
    SoldOut(u32),
    LimitReached,
    SeatTaken(String),
}

/// All that was told of one concert.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) concert: Concert,
    pub(super) bookings: Vec<Booked>,
    pub(super) in_doubt: Vec<InDoubt>,
    pub(super) refusals: Vec<Refusal>,
    /// Whether, when nobody cancelled any more, somebody was refused a single seat because none was left.
    pub(super) is_sold_out: bool,
}

impl Told {
    pub(super) fn new(concert: Concert) -> Self {
        Self { concert, bookings: Vec::new(), in_doubt: Vec::new(), refusals: Vec::new(), is_sold_out: false }
    }

    /// The seats that are sold, by what was told.
    pub(super) fn sold(&self) -> u64 {
        let live = self.bookings.iter().filter(|booking| booking.cancellation != Cancellation::Told);
        live.map(|booking| u64::from(booking.quantity)).sum()
    }
}

/// A booking as its organizer finds it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) id: String,
    /// Who has it, if it is one of the buyers.
    pub(super) buyer: Option<Buyer>,
    pub(super) quantity: u32,
    pub(super) seats: Vec<String>,
    /// The contract's word.
    pub(super) status: String,
    /// The sequence of its last event.
    pub(super) sequence: u64,
}

/// The counters of a seat type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) total: u64,
    pub(super) available: u64,
    pub(super) held: u64,
    pub(super) booked: u64,
    pub(super) blocked: u64,
}

/// All that is there of one concert when nobody books any more.
#[derive(Clone, Debug)]
pub(super) struct Books {
    /// Its last sequence, as the concert itself tells it.
    pub(super) sequence: u64,
    /// Its last sequence, as its seats tell it.
    pub(super) sequence_of_seats: u64,
    /// Seats left, as the concert itself tells it.
    pub(super) remaining: u64,
    pub(super) counts: Counts,
    /// Every numbered seat: its label, and the contract's word for how it stands.
    pub(super) seat_map: Vec<(String, String)>,
    pub(super) bookings: Vec<Kept>,
}

/// What the check must know besides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Tickets that a buyer may have of one concert.
    pub(super) tickets_per_buyer: u32,
    /// Whether all that happens to a concert is told to somebody. It is not where buyers get mail, whose sending is an event.
    pub(super) is_all_told: bool,
}
