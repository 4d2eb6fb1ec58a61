//! Query strings, cursors, and the `Link` to the next page.

use axum::extract::FromRequestParts;
use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boxoffice_engine::faults::Faults;
use boxoffice_engine::limits::PAGE_ITEMS_MAX;

use crate::problem::Problem;

/// Items of a page when the caller does not say.
const PAGE_ITEMS_DEFAULT: usize = 20;

/// A request's query, with everything that is wrong with it collected on the way. Parameters that nobody asks for are ignored,
/// as on the web in general.
pub struct Query {
    uri: Uri,
    parameters: Vec<(String, String)>,
    faults: Faults,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts.uri.clone()))
    }
}

impl Query {
    /// The query of a request's target.
    pub fn of(uri: Uri) -> Self {
        let parameters = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Self { parameters: parameters.into_owned().collect(), uri, faults: Faults::default() }
    }

    /// The text of a parameter, if it is given; the first, if it is given more than once. An empty one counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        let given = self.parameters.iter().find(|(known, _)| known == name);
        given.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter read by `read`, which says what is wrong with it.
    pub fn value<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match read(self.text(name)?) {
            Ok(value) => Some(value),
            Err(detail) => {
                self.fault(name, detail);
                None
            }
        }
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, name: &str, words: &[(T, &str)]) -> Option<T> {
        self.value(name, |text| {
            let known = words.iter().find(|(_, word)| *word == text).map(|(value, _)| *value);
            known.ok_or_else(|| {
                let words: Vec<_> = words.iter().map(|(_, word)| *word).collect();
                format!("must be one of {}", words.join(", "))
            })
        })
    }

    /// How many items the caller wants on a page.
    pub fn limit(&mut self) -> usize {
        self.limit_or(PAGE_ITEMS_DEFAULT)
    }

    /// The same, with another number for who does not say.
    pub fn limit_or(&mut self, default: usize) -> usize {
        let read = |text: &str| {
            let limit = text.parse().ok().filter(|limit| (1..=PAGE_ITEMS_MAX).contains(limit));
            limit.ok_or_else(|| format!("must be a whole number from 1 to {PAGE_ITEMS_MAX}"))
        };
        self.value("limit", read).unwrap_or(default)
    }

    /// Where the page begins, as the page before said it.
    pub fn cursor<T>(&mut self, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.value("cursor", |text| {
            let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
            let place = std::str::from_utf8(&bytes).ok().filter(|place| !place.is_empty()).and_then(read);
            place.ok_or_else(|| "is not a cursor of this list".to_owned())
        })
    }

    /// Notes what is wrong with a parameter.
    pub fn fault(&mut self, name: &str, detail: impl Into<String>) {
        self.faults.add(name, detail);
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// `validation_failed`, naming every bad parameter.
    pub fn finish(&self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::validation(&self.faults)) }
    }

    /// Adds the link to the page that begins after `place`, if there is one.
    #[must_use]
    pub fn link_next(&self, mut response: Response, place: Option<String>) -> Response {
        let Some(place) = place else { return response };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.parameters.iter().filter(|(name, _)| name != "cursor"));
        query.append_pair("cursor", &URL_SAFE_NO_PAD.encode(place));
        let link = format!("<{}?{}>; rel=\"next\"", self.uri.path(), query.finish());
        if let Ok(link) = HeaderValue::try_from(link) {
            response.headers_mut().insert(LINK, link);
        }
        response
    }
}

/// Cuts what was found (one more than the page holds, if there is more) down to the page, and says where it ends if there is
/// more.
pub fn page<T>(found: &mut Vec<T>, limit: usize, place: impl FnOnce(&T) -> String) -> Option<String> {
    if found.len() <= limit {
        return None;
    }
    found.truncate(limit);
    found.last().map(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_parameter_is_named() {
        let mut query = Query::of(Uri::from_static("/x?limit=0&cursor=%21&status=lost&genre="));
        assert_eq!(query.limit(), PAGE_ITEMS_DEFAULT);
        assert_eq!(query.cursor(|place| place.parse::<u64>().ok()), None);
        assert_eq!(query.word("status", &[(1, "held")]), None);
        assert_eq!(query.text("genre"), None);
        let problem = query.finish().unwrap_err();
        let named: Vec<_> = problem.errors().iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(named, ["limit", "cursor", "status"]);
    }

    #[test]
    fn the_link_keeps_the_query_and_its_cursor_is_read_back() {
        let mut query = Query::of(Uri::from_static("/x?genre=hip%20hop&cursor=Ng&limit=2"));
        assert_eq!(query.cursor(|place| place.parse().ok()), Some(6_u64));
        assert_eq!(query.limit(), 2);
        let response = query.link_next(Response::default(), Some("8".to_owned()));
        assert_eq!(response.headers()[LINK], "</x?genre=hip+hop&limit=2&cursor=OA>; rel=\"next\"");
    }

    #[test]
    fn a_page_ends_where_there_is_more() {
        let mut found = vec![1, 2, 3];
        assert_eq!(page(&mut found, 2, ToString::to_string), Some("2".to_owned()));
        assert_eq!(found, [1, 2]);
        assert_eq!(page(&mut found, 2, ToString::to_string), None);
    }
}
