//! Every URL of the box office.

use axum::Router;
use axum::routing::{delete, get, patch, post};

use crate::app::App;

mod auth;
pub(crate) mod bookings;
mod concerts;
mod inventory;
mod operations;
mod payments;
pub(crate) mod rush;
mod sales;
mod seat_types;
mod seats;
mod users;
mod waitlist;

/// The routes of the contract.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/register", post(auth::register))
        .route("/api/auth/login", post(auth::login))
        .route("/api/auth/refresh", post(auth::refresh))
        .route("/api/auth/logout", post(auth::logout))
        .route("/api/auth/profile", get(auth::show_profile).patch(auth::change_profile))
        .route("/api/users", get(users::list_users))
        .route("/api/users/{id}", patch(users::change_role))
        .route("/api/concerts", get(concerts::list_concerts).post(concerts::create_concert))
        .route(
            "/api/concerts/{id}",
            get(concerts::show_concert).put(concerts::change_concert).delete(concerts::delete_concert),
        )
        .route("/api/concerts/{id}/seats", get(seats::show_seats))
        .route("/api/concerts/{id}/open", post(concerts::open_sales))
        .route("/api/concerts/{id}/close", post(concerts::close_sales))
        .route("/api/concerts/{id}/cancel", post(concerts::cancel_concert))
        .route("/api/concerts/{id}/bookings", get(bookings::list_concert_bookings))
        .route("/api/concerts/{id}/sales", get(sales::show_sales))
        .route("/api/concerts/{id}/codes", get(sales::list_codes).post(sales::add_code))
        .route("/api/concerts/{id}/codes/{code}", delete(sales::withdraw_code))
        .route(
            "/api/concerts/{id}/waitlist",
            get(waitlist::list_waiting).post(waitlist::join_waitlist).delete(waitlist::leave_waitlist),
        )
        .route("/api/concerts/{id}/seattypes", post(seat_types::add_seat_type))
        .route("/api/concerts/{id}/seattypes/{seat_type_id}", patch(seat_types::change_seat_type))
        .route("/api/concerts/{id}/seattypes/{seat_type_id}/block", post(seat_types::block_seats))
        .route("/api/concerts/{id}/seattypes/{seat_type_id}/release", post(seat_types::release_seats))
        .route("/api/inventory/concert/{concert_id}/seattype/{seat_type_id}", get(inventory::show_inventory))
        .route("/api/bookings", post(bookings::create_booking))
        .route("/api/bookings/batch", post(bookings::create_batch))
        .route("/api/bookings/mybookings", get(bookings::list_my_bookings))
        .route("/api/bookings/user/{user_id}", get(bookings::list_user_bookings))
        .route(
            "/api/bookings/{id}",
            get(bookings::show_booking).delete(bookings::cancel_booking).patch(bookings::change_booking),
        )
        .route("/api/bookings/{id}/history", get(bookings::show_history))
        .route("/api/bookings/{id}/extend", post(bookings::extend_hold))
        .route("/api/bookings/{id}/confirm", post(bookings::confirm_hold))
        .route("/api/payments", post(payments::create_payment))
        .route("/api/payments/{id}", get(payments::show_payment))
        .route("/api/payments/webhook/{gateway}", post(payments::receive_webhook))
        .route("/livez", get(operations::livez))
        .route("/readyz", get(operations::readyz))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

    /// A path whose variable parts have no names: the router's are `snake_case`, the documentation's `camelCase`.
    fn nameless(path: &str) -> String {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    /// What the router is told above. It cannot be asked, so this is read from the source.
    fn routed() -> BTreeSet<String> {
        let (source, _) = include_str!("routes.rs").split_once("#[cfg(test)]").unwrap();
        let mut routes = BTreeSet::new();
        for route in source.split(".route(").skip(1) {
            let [_, path, handlers] = route.splitn(3, '"').collect::<Vec<_>>()[..] else { panic!("{route}") };
            let path = nameless(path.strip_prefix("/api").unwrap_or(path));
            let calls = handlers.split('(').filter_map(|before| before.rsplit(&[' ', '.']).next());
            let methods: Vec<_> = calls.filter(|call| METHODS.contains(call)).collect();
            assert!(!methods.is_empty(), "{path} has no method");
            routes.extend(methods.iter().map(|method| format!("{} {path}", method.to_uppercase())));
        }
        routes
    }

    #[test]
    fn the_documentation_tells_every_route() {
        let page = include_str!("../../docs/API.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let routes = rows.filter_map(|(route, _)| {
            let (method, path) = route.split_once(" /")?;
            Some(format!("{method} {}", nameless(&format!("/{path}"))))
        });
        assert_eq!(routes.collect::<BTreeSet<_>>(), routed());
    }
}
