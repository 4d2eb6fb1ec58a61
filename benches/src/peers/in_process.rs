//! Boxoffice without its HTTP: the engine and its store, in the process of the clients.

use std::path::PathBuf;
use std::sync::Arc;

use boxoffice_engine::concert::Rejection;
use boxoffice_engine::ids::SeatTypeNumber;
use boxoffice_engine::{BoxOffice, Refused};

use super::contenders::Peer;
use super::facts::Stored;
use super::load::{Answer, Client, Order};
use super::sale::{self, Sale};
use crate::concerts::{Crowd, wish};
use crate::office;

/// An office with its store.
pub(super) struct InProcess {
    directory: PathBuf,
    crowd: Arc<Crowd>,
    office: BoxOffice,
    sale: Sale,
}

impl InProcess {
    /// Opens an office on a new store in this directory, and puts concerts on sale.
    pub(super) async fn start(
        directory: PathBuf,
        crowd: Arc<Crowd>,
        concerts: usize,
        capacity: usize,
    ) -> Result<Self, String> {
        let office = sale::open(&directory).await;
        let sale = Sale::begin(&office, concerts, capacity).await?;
        Ok(Self { directory, crowd, office, sale })
    }
}

impl Peer for InProcess {
    type Client = Caller;

    async fn clients(&mut self, clients: usize) -> Result<Vec<Caller>, String> {
        let (office, sale, crowd) = (self.office.clone(), self.sale.clone(), Arc::clone(&self.crowd));
        Ok(vec![Caller { office, sale, crowd }; clients])
    }

    async fn remaining(&mut self) -> Result<usize, String> {
        Ok(sale::remaining(&self.office))
    }

    /// Closed with care, since this process goes on. What is served over HTTP is killed.
    async fn crashed(self, people: usize) -> Result<Stored, String> {
        let Self { directory, crowd, office, sale } = self;
        office::close(office).await;
        let office = sale::open(&directory).await;
        let stored = sale.stored(&office, people, &crowd).await;
        office::close(office).await;
        stored
    }
}

/// One caller of the handle.
#[derive(Clone)]
pub(super) struct Caller {
    office: BoxOffice,
    sale: Sale,
    crowd: Arc<Crowd>,
}

impl Client for Caller {
    async fn book(&mut self, orders: &[Order], answers: &mut Vec<Answer>) -> Result<(), String> {
        for order in orders {
            let user = order.user(&self.crowd)?;
            let wish = wish(user.clone(), SeatTypeNumber(1));
            answers.push(match self.office.book(self.sale.concerts[order.concert], wish).await {
                Ok(_) => Answer::Booked,
                Err(Refused::Rejected { rejection: Rejection::SoldOut { .. }, .. }) => Answer::SoldOut,
                Err(Refused::Rejected { rejection: Rejection::AlreadyBooked { .. }, .. }) => {
                    Answer::AlreadyBooked
                }
                Err(refused) => return Err(format!("a booking was answered with {refused:?}")),
            });
        }
        Ok(())
    }
}
