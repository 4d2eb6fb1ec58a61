//! What is taken, what is refused, and how it is named.

use super::super::{Boolean, Integer, Text};
use super::*;

#[derive(Debug, Default, PartialEq)]
#[expect(clippy::option_option, reason = "absent, taken away and given are three things")]
struct Order {
    name: String,
    quantity: Option<i64>,
    note: Option<Option<String>>,
    items: Option<Vec<(i64, bool)>>,
    seats: Option<Vec<String>>,
}

fn order(body: &str) -> Read<Order> {
    read(Json::parse(body.as_bytes()).unwrap(), |fields| Order {
        name: fields.required("name", Text::of(1..=5)),
        quantity: fields.optional("quantity", Integer::of(1..=10)),
        note: fields.nullable("note", Text::any()),
        items: fields.objects("items", 1..=2, |item| {
            (item.required("count", Integer::of(1..=3)), item.optional("best", Boolean).unwrap_or(true))
        }),
        seats: fields.values("seats", 0..=2, Text::of(1..=5)),
    })
}

fn faults(body: &str) -> Vec<(String, String)> {
    let problem = order(body).finish().unwrap_err();
    problem.errors().iter().map(|fault| (fault.pointer.clone(), fault.detail.clone())).collect()
}

#[test]
fn good_fields_are_taken() {
    let body = r#"{"items":[{"count":2},{"best":false,"count":3}],"name":"Ann","seats":["A-1"],"note":null}"#;
    let expected = Order {
        name: "Ann".into(),
        quantity: None,
        note: Some(None),
        items: Some(vec![(2, true), (3, false)]),
        seats: Some(vec!["A-1".into()]),
    };
    assert_eq!(order(body).finish(), Ok(expected));
}

#[test]
fn bad_fields_are_named_by_pointer() {
    let cases = [
        ("[]", "", "must be an object, not an array"),
        ("{}", "/name", "is missing"),
        (r#"{"name":"Ann","quantity":null}"#, "/quantity", "must be a whole number, not null"),
        (r#"{"name":"Ann","quantity":11}"#, "/quantity", "must be 1 to 10, is 11"),
        (r#"{"name":"Ann","qty":1}"#, "/qty", "is not known here"),
        (r#"{"name":"Ann","a/b~c":1}"#, "/a~1b~0c", "is not known here"),
        (r#"{"name":"Ann","name":"Bob"}"#, "/name", "is given more than once"),
        (r#"{"name":"Ann","items":{}}"#, "/items", "must be an array, not an object"),
        (r#"{"name":"Ann","items":[]}"#, "/items", "must have 1 to 2 elements, has 0"),
        (r#"{"name":"Ann","items":[{"count":1},3]}"#, "/items/1", "must be an object, not a number"),
        (r#"{"name":"Ann","items":[{"count":1,"x":1}]}"#, "/items/0/x", "is not known here"),
        (r#"{"name":"Ann","seats":["A",7]}"#, "/seats/1", "must be a text, not a number"),
    ];
    for (body, pointer, detail) in cases {
        assert_eq!(faults(body), vec![(pointer.to_owned(), detail.to_owned())], "{body}");
    }
}

#[test]
fn every_bad_field_is_named_at_once() {
    let pointers: Vec<String> = faults(r#"{"quantity":"2","zzz":1,"items":[{"count":9},{}]}"#)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect();
    assert_eq!(pointers, ["/name", "/quantity", "/items/0/count", "/items/1/count", "/zzz"]);
}

#[test]
fn the_number_of_faults_is_bounded() {
    let members: Vec<String> = (0..5_000).map(|number| format!("\"x{number}\":1")).collect();
    assert_eq!(faults(&format!("{{{}}}", members.join(","))).len(), FAULTS_NAMED_MAX);
}

#[test]
fn faults_of_the_engine_join_those_of_the_reader() {
    let engine = |_: &Order| {
        let mut faults = Faults::default();
        faults.add("/name", "an echo of the stand-in");
        faults.add("/quantity", "too many");
        faults
    };
    let problem = order(r#"{"quantity":3}"#).check(engine).unwrap_err();
    let details: Vec<&str> = problem.errors().iter().map(|fault| fault.detail.as_str()).collect();
    assert_eq!(details, ["is missing", "too many"]);
    assert!(order(r#"{"name":"Ann"}"#).check(|_| Faults::default()).is_ok());
}
