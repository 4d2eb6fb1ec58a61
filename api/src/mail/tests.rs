//! What mails say, and what they cannot be made to say.

use boxoffice_engine::errands::notifier::{Mail, MailKind, NotifierError};
use boxoffice_engine::ids::BookingId;
use boxoffice_engine::time::Time;
use lettre::message::Mailbox;

use super::Letter;
use super::facts::Facts;
use super::message::Outgoing;

#[path = "../../tests/mail/sample.rs"]
pub(super) mod sample;
use sample::{KINDS, NOW, about, mail};

fn from() -> Mailbox {
    "Box Office <tickets@boxoffice.example>".parse().unwrap()
}

/// The mail as it goes out: its head, its headers unfolded, and its body.
fn sent(mail: &Mail) -> (String, String) {
    let outgoing = Outgoing::of(mail, &from(), NOW).unwrap();
    let text = String::from_utf8(outgoing.bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.replace("\r\n ", " "), body.to_owned())
}

#[test]
fn every_kind_says_what_it_is_about_in_both_parts() {
    let words = [
        (MailKind::Confirmed, "Booking confirmed", "the seats are yours"),
        (MailKind::Held, "Seats held for you", "Please pay soon; after that they go back on sale."),
        (MailKind::AboutToExpire, "Your hold is about to end", "for a few minutes only. Please pay"),
        (MailKind::Expired, "Your hold has ended", "they went back on sale"),
        (MailKind::Cancelled, "Booking cancelled", "Your booking is cancelled."),
        (MailKind::Refunded, "Money given back", "We gave back money"),
        (MailKind::Offered, "Seats offered to you", "kept for you for a short while; after that"),
        (MailKind::Changed, "Booking changed", "Your booking was changed."),
        (MailKind::ConcertChanged, "Concert changed", "The organizer changed"),
        (MailKind::ConcertCancelled, "Concert cancelled", "this concert will not take place"),
    ];
    assert_eq!(words.map(|(kind, ..)| kind), KINDS);
    for (kind, headline, sentence) in words {
        let mail = mail(kind);
        let Letter { subject, text, html } = Letter::of(&mail);
        assert_eq!(subject, format!("{headline}: Summer Night"));
        let essentials = [
            "Hello ada,",
            sentence,
            "Summer Night",
            "Saturday, 12 June 2027, 20:00 (UTC+02:00)",
            "Old Harbour Hall",
            "2 x Front, 60.00 EUR each",
            "1 x Standing, 25.00 EUR each",
            "145.00 EUR",
            &mail.booking.id.to_string(),
        ];
        for essential in essentials {
            assert!(text.contains(essential), "{kind:?}: {essential}:\n{text}");
            assert!(html.contains(essential), "{kind:?}: {essential}:\n{html}");
        }
        assert!(html.contains(&format!("{headline}</h1>")), "{html}");
        // What asks for more than the mail itself is not shown by mail clients, or tells on its reader.
        for foreign in ["http", "<img", "<link", "<script", "<style", "src="] {
            assert!(!html.contains(foreign), "{kind:?}: {foreign}");
        }
    }
}

#[test]
fn text_reads_as_a_letter() {
    let mail = mail(MailKind::Confirmed);
    let booking: BookingId = mail.booking.id;
    let expected = format!(
        "Hello ada,\n\n\
         Your booking is confirmed: the seats are yours. Enjoy the concert!\n\n\
         Summer Night\nSaturday, 12 June 2027, 20:00 (UTC+02:00)\nOld Harbour Hall\n\n\
         2 x Front, 60.00 EUR each\n1 x Standing, 25.00 EUR each\nTotal: 145.00 EUR\nBooking: {booking}\n\n\
         You get this mail because of your booking."
    );
    assert_eq!(Letter::of(&mail).text.trim_end(), expected);
}

#[test]
fn ends_and_seats_are_told_where_there_are_any() {
    for kind in [MailKind::Held, MailKind::AboutToExpire, MailKind::Offered] {
        let mut facts = Facts::of(&mail(kind));
        facts.until = Some("Tuesday".to_owned());
        facts.items[0].seats = "A-1, A-2".to_owned();
        let Letter { text, html, .. } = Letter::telling(&facts);
        for part in [text, html] {
            assert!(part.contains("Tuesday"), "{kind:?}: {part}");
            assert!(part.contains("2 x Front (A-1, A-2), 60.00 EUR each"), "{kind:?}: {part}");
        }
    }
}

#[test]
fn names_are_no_html() {
    let mut hostile = about(mail(MailKind::Confirmed), "<script>alert('x')</script> & \"friends\"");
    hostile.username = "<b>ada</b>".to_owned();
    let Letter { text, html, .. } = Letter::of(&hostile);
    assert!(text.contains("<script>alert('x')</script> & \"friends\""), "{text}");
    assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("& "), "{html}");
    // In the title, too.
    assert_eq!(html.matches("script&#62;alert(&#39;x&#39;)").count(), 2, "{html}");
}

#[test]
fn names_cannot_reach_the_headers() {
    for end in ["\r\n", "\n", "\r", "\u{85}", "\u{2028}"] {
        let mut hostile =
            about(mail(MailKind::Confirmed), &format!("Night{end}Bcc: eve@example.com{end}{end}body"));
        hostile.username = format!("ada{end}Bcc: eve@example.com");
        let Letter { subject, text, .. } = Letter::of(&hostile);
        assert!(!subject.contains(['\r', '\n', '\u{85}', '\u{2028}']), "{subject:?}");
        assert!(!text.contains(&format!("{end}Bcc")), "{text:?}");
        let (head, _) = sent(&hostile);
        for line in head.lines() {
            assert!(!line.to_lowercase().starts_with("bcc"), "{head}");
        }
    }
    let mut hostile = mail(MailKind::Confirmed);
    for address in
        ["ada@example.com\r\nBcc: eve@example.com", "ada\n@example.com", "ada", "", "@", "a b@example.com"]
    {
        hostile.address = address.to_owned();
        let refused = Outgoing::of(&hostile, &from(), NOW).err();
        assert!(matches!(refused, Some(NotifierError::Refused(_))), "{address:?}");
    }
    hostile.address = "ada@example.com".to_owned();
    for id in ["", "a>\r\nBcc: eve@example.com", "a@b"] {
        hostile.id = id.into();
        let refused = Outgoing::of(&hostile, &from(), NOW).err();
        assert!(matches!(refused, Some(NotifierError::Refused(_))), "{id:?}");
    }
}

#[test]
fn headers_are_the_same_for_every_try_but_the_date() {
    let mail = mail(MailKind::Confirmed);
    let (head, body) = sent(&mail);
    for line in [
        "From: \"Box Office\" <tickets@boxoffice.example>",
        "To: ada@example.com",
        "Subject: Booking confirmed: Summer Night",
        "Date: Tue, 01 Jun 2027 18:00:00 +0000",
        "Message-ID: <0000000000007-m7@boxoffice.example>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ] {
        assert!(head.lines().any(|known| known == line), "{line}:\n{head}");
    }
    assert!(head.contains("Content-Type: multipart/alternative;"), "{head}");
    assert!(body.find("text/plain").unwrap() < body.find("text/html").unwrap(), "the better part comes last");
    let later = Outgoing::of(&mail, &from(), NOW.plus_seconds(60)).unwrap();
    assert!(String::from_utf8(later.bytes).unwrap().contains("<0000000000007-m7@boxoffice.example>"));
    assert!(Outgoing::of(&mail, &from(), Time(i64::MIN)).is_ok());
    assert!(Outgoing::of(&mail, &from(), Time(i64::MAX)).is_ok());
}

#[test]
fn names_of_any_script_go_out_in_ascii() {
    let mut mail = about(mail(MailKind::Confirmed), "Nächte in 東京 🎷");
    mail.address = "ada@bücher.example".to_owned();
    let Letter { subject, text, html } = Letter::of(&mail);
    for part in [subject, text, html] {
        assert!(part.contains("Nächte in 東京 🎷"), "{part}");
    }
    let outgoing = Outgoing::of(&mail, &from(), NOW).unwrap();
    assert!(outgoing.bytes.is_ascii());
    assert_eq!(outgoing.recipient.to_string(), "ada@xn--bcher-kva.example");
    // A user beyond ASCII is the server's to take or refuse.
    mail.address = "ädä@example.com".to_owned();
    assert_eq!(Outgoing::of(&mail, &from(), NOW).unwrap().recipient.to_string(), "ädä@example.com");
}
