//! Who takes payments, and what of it is shown.

use super::*;

const STRIPE: (&str, &str) = ("BOXOFFICE_GATEWAY", "stripe");
const KEY: (&str, &str) = ("BOXOFFICE_STRIPE_SECRET_KEY", "sk_test_4eC39HqLyjWDarjtT1zdp7dc");
const WEBHOOK: (&str, &str) = ("BOXOFFICE_STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef");

fn gateway(file: &str, variables: Variables<'_>, flags: &[(Setting, &str)]) -> Gateway {
    load(file, variables, flags).unwrap().gateway
}

fn stripe(variables: Variables<'_>) -> StripeSettings {
    match gateway("", variables, &[]) {
        Gateway::Stripe(settings) => settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn demo_has_the_simulated_gateway_unless_another_is_named() {
    assert_eq!(gateway("", &[], &[]), Gateway::None);
    assert_eq!(gateway("demo = true", &[], &[]), Gateway::Simulated);
    assert_eq!(gateway("demo = true\ngateway = \"none\"", &[], &[]), Gateway::None);
    assert_eq!(gateway("gateway = \"none\"", &[("BOXOFFICE_GATEWAY", "simulated")], &[]), Gateway::Simulated);
    assert_eq!(gateway("", &[STRIPE], &[(Setting::Gateway, "simulated")]), Gateway::Simulated);
}

#[test]
fn stripe_has_its_keys_from_the_environment_or_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    std::fs::write(&path, format!("{}\n", KEY.1)).unwrap();
    let settings = stripe(&[STRIPE, ("BOXOFFICE_STRIPE_SECRET_KEY_FILE", path.to_str().unwrap())]);
    assert_eq!(settings.secret_key.reveal(), KEY.1);
    assert_eq!((settings.webhook_secret, settings.url), (None, None));
    let settings = stripe(&[STRIPE, KEY, WEBHOOK, ("BOXOFFICE_STRIPE_URL", "http://[::1]:8420")]);
    assert_eq!(settings.webhook_secret, Some(Secret::new(WEBHOOK.1)));
    assert_eq!(settings.url.as_deref(), Some("http://[::1]:8420/"));
}

#[test]
fn what_cannot_be_used_is_named_with_a_hint() {
    const URL: &str = "BOXOFFICE_STRIPE_URL";
    let cases: [(Variables<'_>, &str); 6] = [
        (
            &[STRIPE],
            "the gateway stripe needs the account's secret key: missing BOXOFFICE_STRIPE_SECRET_KEY (hint: or BOXOFFICE_STRIPE_SECRET_KEY_FILE)",
        ),
        (
            &[STRIPE, ("BOXOFFICE_STRIPE_SECRET_KEY", "pk_test_1")],
            "BOXOFFICE_STRIPE_SECRET_KEY must be a secret key of Stripe's (hint: it begins with sk_ or rk_)",
        ),
        (
            &[STRIPE, ("BOXOFFICE_STRIPE_SECRET_KEY_FILE", "/nowhere/key")],
            "BOXOFFICE_STRIPE_SECRET_KEY_FILE: /nowhere/key cannot be read: No such file or directory (os error 2)",
        ),
        (
            &[STRIPE, KEY, ("BOXOFFICE_STRIPE_WEBHOOK_SECRET", "whsec_")],
            "BOXOFFICE_STRIPE_WEBHOOK_SECRET must have at least 16 bytes, has 6 (hint: it begins with whsec_)",
        ),
        (
            &[STRIPE, KEY, (URL, "http://example.com")],
            "BOXOFFICE_STRIPE_URL is \"http://example.com\" and must be a URL that begins with https://, or with http:// on this machine",
        ),
        (
            &[STRIPE, KEY, (URL, "example.com")],
            "BOXOFFICE_STRIPE_URL is \"example.com\" and must be a URL that begins with https://, or with http:// on this machine",
        ),
    ];
    for (variables, expected) in cases {
        assert_eq!(load("", variables, &[]), Err(format!("bad configuration: {expected}")));
    }
}

#[test]
fn keys_of_stripe_do_not_matter_to_other_gateways() {
    let unusable = [("BOXOFFICE_STRIPE_SECRET_KEY", "x"), ("BOXOFFICE_STRIPE_URL", "x")];
    assert_eq!(gateway("", &unusable, &[]), Gateway::None);
}

#[test]
fn gateway_is_shown_and_its_keys_are_not() {
    let config = load("", &[STRIPE, KEY, WEBHOOK], &[]).unwrap();
    for shown in [config.to_string(), format!("{config:?}")] {
        assert!(!shown.contains(KEY.1) && !shown.contains(WEBHOOK.1), "{shown}");
    }
    let shown = config.to_string();
    for line in [
        "gateway = \"stripe\"",
        "# stripe_secret_key is given, not shown",
        "# stripe_webhook_secret is given, not shown",
    ] {
        assert!(shown.lines().any(|known| known == line), "{line} in {shown}");
    }
    let shown = load("demo = true", &[], &[]).unwrap().to_string();
    assert_eq!(gateway(&shown, &[], &[]), Gateway::Simulated);
}
