//! `POST /bookings/batch`: many bookings in one call, each as good as one of its own.

mod disasters;
mod keys;
mod limits;
mod outcomes;
mod rights;
mod rush;
