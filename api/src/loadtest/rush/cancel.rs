//! Cancellations, and what their answers say of the bookings.

use fastrand::Rng;
use hyper::{Method, StatusCode};
use tokio::time::Instant;

use super::super::LoadtestError;
use super::super::findings::Promise;
use super::super::history::{Cancellation, Told};
use super::super::http::{Call, Client};
use super::super::meter::{Kind, Outcome};
use super::settle::Settled;
use super::{Rush, draws};

/// A booking that its buyer will cancel.
#[derive(Clone, Copy)]
pub(super) struct Regret {
    pub(super) concert: usize,
    pub(super) booking: usize,
}

impl Rush {
    pub(super) async fn cancel(
        &self,
        client: &Client,
        rng: &mut Rng,
        regret: Regret,
        moment: Instant,
    ) -> Result<(), LoadtestError> {
        let Regret { concert, booking } = regret;
        let (path, buyer, quantity) = {
            let booked = &mut self.told.borrow_mut()[concert].bookings[booking];
            booked.cancellation = Cancellation::InDoubt;
            (format!("/bookings/{}", booked.id), booked.buyer, booked.quantity)
        };
        let call = Call { method: Method::DELETE, ..Call::post(path, "") };
        let call = call.by(&self.crowd.token(buyer)?, &self.next_key());
        let settled = self.settler.settle(client, &call).await;
        let (cancellation, outcome) = self.note_cancellation(regret, &settled, quantity);
        self.told.borrow_mut()[concert].bookings[booking].cancellation = cancellation;
        self.meter.borrow_mut().ended(Kind::Cancellation, outcome, moment);
        if cancellation == Cancellation::Told && draws(rng, self.plan.retries_percent) {
            self.cancel_again(client, &call).await;
        }
        Ok(())
    }

    async fn cancel_again(&self, client: &Client, call: &Call) {
        let began = Instant::now();
        let settled = self.settler.settle(client, call).await;
        let mut findings = self.findings.borrow_mut();
        findings.looks_at(Promise::KeysOnce, 1);
        let outcome = match settled {
            Settled::Answered { answer, .. }
                if answer.status == StatusCode::NO_CONTENT && answer.is_replay =>
            {
                Outcome::Repeated
            }
            Settled::Answered { answer, .. } => {
                let (path, status) = (&call.path, answer.status.as_u16());
                findings.breaks(
                    Promise::KeysOnce,
                    format!("DELETE {path} was sent again with its key and answered with {status}, not as a replay"),
                );
                Outcome::Failed
            }
            Settled::Unsettled { .. } => Outcome::Failed,
        };
        self.meter.borrow_mut().ended(Kind::Repeat, outcome, began);
    }

    /// What a cancellation's answer says of the booking, and how it counts.
    fn note_cancellation(&self, regret: Regret, settled: &Settled, quantity: u32) -> (Cancellation, Outcome) {
        let (answer, problem, was_in_doubt) = match settled {
            Settled::Unsettled { is_in_doubt: true, .. } => return (Cancellation::InDoubt, Outcome::Failed),
            Settled::Unsettled { is_in_doubt: false, .. } => return (Cancellation::None, Outcome::Failed),
            Settled::Answered { answer, problem, was_in_doubt } => (answer, problem, *was_in_doubt),
        };
        if answer.status == StatusCode::NO_CONTENT {
            return (Cancellation::Told, Outcome::Cancelled(quantity));
        }
        let told = self.told.borrow();
        let Told { concert, bookings, .. } = &told[regret.concert];
        let (name, id, code) = (&concert.name, &bookings[regret.booking].id, &problem.code);
        let mut findings = self.findings.borrow_mut();
        match problem.code.as_str() {
            "booking_not_found" | "concert_not_found" | "not_found" => findings.breaks(
                Promise::BookingsKept,
                format!("{name}: booking {id} was acknowledged, and its cancellation is answered with {code}"),
            ),
            "already_cancelled" if !was_in_doubt => findings.breaks(
                Promise::BookingsKept,
                format!("{name}: booking {id} is said to be cancelled already, though nobody cancelled it"),
            ),
            // It did happen, and the key of a request in doubt should have told so.
            "already_cancelled" => findings.breaks(
                Promise::KeysOnce,
                format!("{name}: the cancellation of booking {id} was sent again with its key and answered with {code}"),
            ),
            _ => return (Cancellation::None, Outcome::Failed),
        }
        (Cancellation::InDoubt, Outcome::Failed)
    }
}
