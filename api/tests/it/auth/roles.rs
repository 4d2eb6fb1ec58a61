//! Roles: from the token, from the account, and who gives them.

use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, BoxOffice, concert};

const PASSWORD: &str = "open sesame";

#[test]
fn the_admin_of_the_configuration_is_there_from_the_start() {
    let office = BoxOffice::open();
    let session = office.guest().logs_in("admin", ADMIN_PASSWORD).is(200).json();
    assert_eq!(session["user"]["role"], "admin");
    assert_eq!(session["user"]["email"], "admin@boxoffice.example");
    let users = office.guest().with_session(&session).lists("/users");
    assert_eq!(users, [session["user"].clone()]);
}

#[test]
fn the_role_of_a_minted_token_is_trusted() {
    let office = BoxOffice::open();
    office.organizer("olga").creates(&concert("Night"));
    office.admin().creates(&concert("Day"));
    office.customer("carl").post("/concerts", &concert("Dusk")).refused(403, "forbidden");
    office.guest().post("/concerts", &concert("Dawn")).refused(401, "missing_token");
    office.admin().get("/users").is(200);
    for nobody in [office.customer("carl"), office.organizer("olga")] {
        nobody.get("/users").refused(403, "forbidden");
    }
    office.guest().get("/users").refused(401, "missing_token");
}

#[test]
fn a_minted_user_without_an_account_has_no_profile() {
    let office = BoxOffice::open();
    let carl = office.customer("carl");
    carl.get("/auth/profile").refused(404, "user_not_found");
    carl.patch("/auth/profile", &json!({"email": "carl@example.org"})).refused(404, "user_not_found");
    office.guest().get("/auth/profile").refused(401, "missing_token");
}

#[test]
fn a_role_that_an_admin_gives_or_takes_counts_at_once() {
    let office = BoxOffice::open();
    let ada = office.guest().registers("ada", PASSWORD);
    let path = format!("/users/{}", ada.id);
    ada.post("/concerts", &concert("Night")).refused(403, "forbidden");

    let user = office.admin().patch(&path, &json!({"role": "organizer"})).is(200).json();
    assert_eq!((&user["id"], &user["role"]), (&json!(ada.id), &json!("organizer")));
    ada.creates(&concert("Night"));
    assert_eq!(ada.get("/auth/profile").is(200).text("role"), "organizer");

    office.admin().patch(&path, &json!({"role": "customer"})).is(200);
    ada.post("/concerts", &concert("Day")).refused(403, "forbidden");
    let minted_organizer = office.organizer(&ada.id);
    minted_organizer.post("/concerts", &concert("Day")).refused(403, "forbidden");
}

#[test]
fn a_given_role_survives_a_restart() {
    let mut office = BoxOffice::open();
    let ada = office.guest().registers("ada", PASSWORD);
    office.admin().patch(&format!("/users/{}", ada.id), &json!({"role": "organizer"})).is(200);
    office.kill_and_reopen();
    ada.creates(&concert("Night"));
}

#[test]
fn only_admins_give_roles_and_only_known_roles_to_known_users() {
    let office = BoxOffice::open();
    let ada = office.guest().registers("ada", PASSWORD);
    let path = format!("/users/{}", ada.id);
    for nobody in [&ada, &office.organizer("olga")] {
        nobody.patch(&path, &json!({"role": "admin"})).refused(403, "forbidden");
    }
    office.guest().patch(&path, &json!({"role": "admin"})).refused(401, "missing_token");
    let admin = office.admin();
    for (body, pointers) in [
        (json!({"role": "king"}), vec!["/role"]),
        (json!({"role": 1}), vec!["/role"]),
        (json!({}), vec!["/role"]),
        (json!({"role": "admin", "email": "a@example.org"}), vec!["/email"]),
    ] {
        admin.patch(&path, &body).faults(&pointers);
    }
    for unknown in ["nobody", "%20", &"x".repeat(300)] {
        admin.patch(&format!("/users/{unknown}"), &json!({"role": "admin"})).refused(404, "user_not_found");
    }
    assert_eq!(ada.get("/auth/profile").is(200).text("role"), "customer");
}

#[test]
fn the_list_of_users_has_each_once_page_by_page() {
    let office = BoxOffice::open();
    for name in ["ada", "bob", "cleo", "dora", "emil"] {
        office.guest().registers(name, PASSWORD);
    }
    let admin = office.admin();
    let whole = admin.lists("/users?limit=100");
    let mut names: Vec<_> = whole.iter().map(|user| user["username"].as_str().expect("a name")).collect();
    names.sort_unstable();
    assert_eq!(names, ["ada", "admin", "bob", "cleo", "dora", "emil"]);
    for limit in 1..=6 {
        assert_eq!(admin.lists(&format!("/users?limit={limit}")), whole, "pages of {limit}");
    }
    let found = admin.lists("/users?query=cleo");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["email"], "cleo@example.org");
    assert_eq!(admin.lists("/users?query=nobody"), Vec::<Value>::new());
    for query in ["limit=0", "limit=101", "limit=x", "cursor=%21nonsense"] {
        admin.get(&format!("/users?{query}")).refused(400, "validation_failed");
    }
}
