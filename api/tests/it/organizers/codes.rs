//! Promo codes.

use serde_json::{Value, json};

use crate::harness::{
    Answer, BoxOffice, Client, Concert, concert, eventually, in_days, in_seconds, paid, with,
};

fn makes(olga: &Client, concert: &Concert, code: &Value) -> Answer {
    olga.post(&concert.path("/codes"), code)
}

fn order(concert: &Concert, quantity: u64, code: &str) -> Value {
    with(concert.order(quantity), &json!({"promoCode": code}))
}

#[test]
fn a_code_takes_something_off_the_price() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&paid("Night"));
    let until = in_days(3);
    let half = json!({"code": "half", "percentOff": 33.33, "maxUses": 5, "validUntil": until});
    let answered = makes(&olga, &made, &half).is(201).json();
    assert_eq!(
        answered,
        json!({"code": "HALF", "percentOff": 33.33, "maxUses": 5, "validUntil": until, "opens": [], "uses": 0})
    );
    makes(&olga, &made, &json!({"code": "TENNER", "amountOff": 10})).is(201);
    let carl = office.customer("carl");
    let held = carl.post("/bookings", &order(&made, 2, "Half")).is(201).json();
    // 33.33 % of 51.00 are 17.00, to the nearest cent.
    assert_eq!((&held["total"], &held["discount"]), (&json!(34.0), &json!(17.0)));
    assert_eq!(carl.has_paid(&held, "sim_ok")["amount"].as_f64(), Some(34.0));
    let other = carl.post("/bookings", &order(&made, 1, "TENNER")).is(201).json();
    assert_eq!((&other["total"], &other["discount"]), (&json!(15.5), &json!(10.0)));
    assert!(carl.has_booked(&made, 1).get("discount").is_none());

    let codes = olga.get(&made.path("/codes")).is(200).json();
    let uses: Vec<_> = codes.as_array().expect("codes").iter().map(|code| &code["uses"]).collect();
    assert_eq!(uses, [&json!(1), &json!(1)]);
    let sales = olga.get(&made.path("/sales")).is(200).json();
    assert_eq!((&sales["discounts"], &sales["captured"]), (&json!(17.0), &json!(34.0)));
    assert_eq!(sales["seatTypes"][0]["revenue"], 51.0);
}

#[test]
fn what_a_code_makes_free_is_not_held() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&paid("Night"));
    makes(&olga, &made, &json!({"code": "GUEST", "percentOff": 100})).is(201);
    let booking = office.customer("carl").post("/bookings", &order(&made, 2, "guest")).is(201).json();
    assert_eq!((&booking["status"], &booking["total"]), (&json!("confirmed"), &json!(0.0)));
}

#[test]
fn codes_that_do_not_count_are_refused() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 3})));
    makes(&olga, &made, &json!({"code": "ONCE", "percentOff": 10, "maxUses": 1})).is(201);
    let brief = json!({"code": "BRIEF", "percentOff": 10, "validUntil": in_seconds(3)});
    makes(&olga, &made, &brief).is(201);
    makes(&olga, &made, &json!({"code": "GONE", "percentOff": 10})).is(201);
    olga.delete(&made.path("/codes/gone")).is(204);
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    for wrong in ["NEVER", "GONE", "", "two words", "🎫"] {
        carl.post("/bookings", &order(&made, 1, wrong)).refused_by_concert("code_invalid");
    }
    let first = carl.post("/bookings", &order(&made, 1, "ONCE")).is(201).json();
    cleo.post("/bookings", &order(&made, 1, "ONCE")).refused_by_concert("code_used_up");
    // Who is over the limit is told of the code first.
    carl.post("/bookings", &order(&made, 3, "ONCE")).refused_by_concert("code_used_up");
    carl.cancels(&first).is(204);
    cleo.post("/bookings", &order(&made, 1, "once")).is(201);
    // More than anybody may have: refused for that while the code counts, and for the code from then on.
    let too_many = order(&made, 4, "BRIEF");
    eventually("its time has come", || {
        (carl.post("/bookings", &too_many).problem()["code"] == "code_invalid").then_some(())
    });
    let codes = olga.get(&made.path("/codes")).is(200).json();
    let names: Vec<_> = codes.as_array().expect("codes").iter().map(|code| &code["code"]).collect();
    assert_eq!(names, [&json!("ONCE"), &json!("BRIEF")]);
}

#[test]
fn every_fault_of_a_code_is_named() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let good = json!({"code": "GOOD", "percentOff": 10});
    for (change, pointers) in [
        (json!({"code": ""}), vec!["/code"]),
        (json!({"code": "two words"}), vec!["/code"]),
        (json!({"code": "x".repeat(41)}), vec!["/code"]),
        (json!({"code": 5}), vec!["/code"]),
        (json!({"percentOff": 0}), vec!["/percentOff"]),
        (json!({"percentOff": 100.5}), vec!["/percentOff"]),
        (json!({"percentOff": 12.345}), vec!["/percentOff"]),
        (json!({"amountOff": 5}), vec!["/amountOff"]),
        (json!({"maxUses": 0}), vec!["/maxUses"]),
        (json!({"maxUses": 1.5}), vec!["/maxUses"]),
        (json!({"validUntil": "soon"}), vec!["/validUntil"]),
        (json!({"validUntil": in_seconds(-5)}), vec!["/validUntil"]),
        (json!({"validUntil": in_seconds(-5), "maxUses": "many"}), vec!["/validUntil", "/maxUses"]),
        (json!({"opens": ["nonsense"]}), vec!["/opens/0"]),
        (json!({"opens": [format!("{}-t9", made.id)]}), vec!["/opens"]),
        (json!({"code": "", "maxUses": 0, "x": 1}), vec!["/code", "/maxUses", "/x"]),
    ] {
        makes(&olga, &made, &with(good.clone(), &change)).faults(&pointers);
    }
    makes(&olga, &made, &json!({"code": "X", "amountOff": 0})).faults(&["/amountOff"]);
    makes(&olga, &made, &json!({"code": "X", "amountOff": 1.005})).faults(&["/amountOff"]);
    makes(&olga, &made, &json!({"code": "X"})).faults(&[""]);
    makes(&olga, &made, &json!({"percentOff": 1})).faults(&["/code"]);
    assert_eq!(olga.sees(&made), made.body);
    makes(&olga, &made, &good).is(201);
}

#[test]
fn a_code_that_is_there_is_not_made_again_until_it_was_withdrawn() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let good = json!({"code": "GOOD", "percentOff": 10});
    makes(&olga, &made, &good).is(201);
    let refused = makes(&olga, &made, &with(good.clone(), &json!({"code": "good"})));
    let problem = refused.refused_by_concert("code_taken");
    assert_eq!(problem["detail"], "there is a code GOOD already");
    makes(&olga, &made, &with(good.clone(), &json!({"maxUses": 0}))).faults(&["/maxUses"]);
    olga.delete(&made.path("/codes/GOOD")).is(204);
    makes(&olga, &made, &good).is(201);
}

#[test]
fn codes_are_their_organizers_business() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let code = json!({"code": "X", "percentOff": 10});
    makes(&olga, &made, &code).is(201);
    for (somebody, status, refusal) in [
        (office.guest(), 401, "missing_token"),
        (office.customer("carl"), 403, "forbidden"),
        (office.organizer("otto"), 403, "forbidden"),
    ] {
        makes(&somebody, &made, &code).refused(status, refusal);
        somebody.get(&made.path("/codes")).refused(status, refusal);
        somebody.delete(&made.path("/codes/X")).refused(status, refusal);
        somebody.get(&made.path("/sales")).refused(status, refusal);
    }
    olga.delete(&made.path("/codes/other")).refused(404, "code_not_found");
    olga.delete(&made.path("/codes/two%20words")).refused(404, "code_not_found");
    office.admin().delete(&made.path("/codes/x")).is(204);
    olga.delete(&made.path("/codes/X")).refused(404, "code_not_found");
}
