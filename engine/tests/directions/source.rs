//! Sources, read as text: what they name, and on which line.

/// A source without comments and literals; every line keeps its number.
pub(crate) fn code_of(source: &str) -> String {
    let characters: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < characters.len() {
        let end = end_of_text(&characters, at);
        if end == at {
            code.push(characters[at]);
            at += 1;
        } else {
            code.push(' ');
            code.extend(characters[at..end].iter().filter(|character| **character == '\n'));
            at = end;
        }
    }
    code
}

/// Where the comment or literal that begins here ends; here, if none does.
fn end_of_text(characters: &[char], at: usize) -> usize {
    let rest = &characters[at..];
    let is_start =
        |text: &str| text.chars().zip(rest).filter(|(one, other)| one == *other).count() == text.len();
    let length = rest.len();
    if is_start("//") {
        return at + rest.iter().position(|character| *character == '\n').unwrap_or(length);
    }
    if is_start("/*") {
        let mut depth = 0_usize;
        for place in 0..length - 1 {
            match (rest[place], rest[place + 1]) {
                ('/', '*') => depth += 1,
                ('*', '/') if depth == 1 => return at + place + 2,
                ('*', '/') => depth -= 1,
                _ => {}
            }
        }
        return at + length;
    }
    if is_start("r\"") || is_start("r#") {
        let hashes = rest[1..].iter().take_while(|character| **character == '#').count();
        let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
        let opened = rest.get(hashes + 1) == Some(&'"');
        let ends = rest[2..].windows(close.len()).skip(hashes).position(|window| window == close);
        return if opened { at + ends.map_or(length, |end| 2 + hashes + end + close.len()) } else { at };
    }
    let is_character = is_start("'\\") || (is_start("'") && rest.get(2) == Some(&'\''));
    if is_start("\"") || is_character {
        let mut place = 1;
        while place < length && rest[place] != rest[0] {
            place += if rest[place] == '\\' { 2 } else { 1 };
        }
        return (at + place + 1).min(characters.len());
    }
    at
}

/// Words that stand before a path and are no part of one.
const KEYWORDS: [&str; 18] = [
    "as", "const", "dyn", "else", "extern", "fn", "for", "if", "impl", "in", "let", "match", "mut", "pub",
    "return", "static", "use", "where",
];

/// Every path in the code with its line; the trees of `use` are spread out.
pub(crate) fn paths_in(code: &str) -> Vec<(usize, String)> {
    let mut found = Paths { path: String::new(), begun: 1, prefixes: Vec::new(), all: Vec::new() };
    let mut line = 1;
    let mut rest = code.chars().peekable();
    while let Some(character) = rest.next() {
        if is_of_a_word(character) {
            let mut word = String::from(character);
            word.extend(std::iter::from_fn(|| rest.next_if(|next| is_of_a_word(*next))));
            found.word(&word, line);
        } else if character == ':' && rest.next_if_eq(&':').is_some() {
            found.colons();
        } else if character == '{' && found.path.ends_with("::") {
            found.open_tree();
        } else if character == '\'' {
            // A lifetime is no path.
            while rest.next_if(|next| is_of_a_word(*next)).is_some() {}
        } else if !character.is_whitespace() {
            found.finish();
            if character == '}' {
                found.prefixes.pop();
            }
        }
        line += usize::from(character == '\n');
    }
    found.finish();
    found.all
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The paths that were found, and the one that is being read.
struct Paths {
    path: String,
    /// The line on which it begins.
    begun: usize,
    /// What stands before the open braces of a `use`.
    prefixes: Vec<String>,
    all: Vec<(usize, String)>,
}

impl Paths {
    fn word(&mut self, word: &str, line: usize) {
        if !self.path.ends_with("::") {
            self.finish();
        }
        if !KEYWORDS.contains(&word) {
            if self.path.is_empty() {
                self.begun = line;
            }
            self.path.push_str(word);
        }
    }

    /// A path from the root, `::rand`, is the crate's own name.
    fn colons(&mut self) {
        if !self.path.is_empty() {
            self.path.push_str("::");
        }
    }

    fn open_tree(&mut self) {
        let prefix = self.prefix().to_owned();
        self.prefixes.push(prefix + &std::mem::take(&mut self.path));
    }

    fn prefix(&self) -> &str {
        self.prefixes.last().map_or("", String::as_str)
    }

    fn finish(&mut self) {
        if !self.path.is_empty() {
            let path = format!("{}{}", self.prefix(), self.path);
            self.path.clear();
            self.all.push((self.begun, path));
        }
    }
}
