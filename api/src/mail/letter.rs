//! A mail as it is to be read.

use askama::Template;
use boxoffice_engine::errands::notifier::{Mail, MailKind};

use super::facts::Facts;

/// What a mail says, twice: as text, and as HTML that mail clients show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// For whoever reads text.
    pub text: String,
    /// The same in HTML, without anything to load.
    pub html: String,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct TextLayout<'a> {
    facts: &'a Facts,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct HtmlLayout<'a> {
    facts: &'a Facts,
}

impl Letter {
    /// Writes the letter of a mail.
    pub fn of(mail: &Mail) -> Self {
        Self::telling(&Facts::of(mail))
    }

    /// Writes down what there is to tell.
    pub(super) fn telling(facts: &Facts) -> Self {
        Self {
            subject: format!("{}: {}", facts.headline(), facts.concert),
            text: TextLayout { facts }.render().expect("texts and numbers can be written"),
            html: HtmlLayout { facts }.render().expect("texts and numbers can be written"),
        }
    }
}
