//! What usernames, addresses and passwords must be like.

use crate::faults::Faults;
use crate::limits;

/// Notes what is wrong with a username, under `/username`.
pub fn check_username(username: &str, faults: &mut Faults) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let (chars_min, chars_max) = (limits::USERNAME_CHARS_MIN, limits::USERNAME_CHARS_MAX);
    if !username.bytes().all(allowed) {
        faults.add("/username", "may contain only letters a-z, digits, '.', '_' and '-'");
    } else if !(chars_min..=chars_max).contains(&username.len()) {
        faults.add("/username", format!("must have {chars_min} to {chars_max} characters"));
    }
}

/// Notes what is wrong with an e-mail address, under `/email`. Only mail can prove that one exists.
pub fn check_email(email: &str, faults: &mut Faults) {
    if email.chars().count() > limits::EMAIL_CHARS_MAX {
        faults.add("/email", format!("must have at most {} characters", limits::EMAIL_CHARS_MAX));
    } else if !is_address(email) {
        faults.add("/email", "is not an e-mail address");
    }
}

/// Notes what is wrong with a new password, under `pointer`. Never repeats it.
pub fn check_password(pointer: &str, password: &str, faults: &mut Faults) {
    let (chars_min, chars_max) = (limits::PASSWORD_CHARS_MIN, limits::PASSWORD_CHARS_MAX);
    if !(chars_min..=chars_max).contains(&password.chars().count()) {
        faults.add(pointer, format!("must have {chars_min} to {chars_max} characters"));
    }
}

fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    let plain = |character: char| !character.is_whitespace() && !character.is_control();
    let unquoted = |character: char| plain(character) && !"@\"(),:;<>[\\]".contains(character);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|character| character.is_alphanumeric() || character == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (1..=64).contains(&local.len())
        && local.chars().all(unquoted)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(check: impl FnOnce(&mut Faults)) -> usize {
        let mut faults = Faults::default();
        check(&mut faults);
        faults.iter().count()
    }

    #[test]
    fn usernames_have_three_to_forty_plain_characters() {
        for (username, faults) in [
            ("ada", 0),
            ("A.b_c-9", 0),
            (&*"a".repeat(40), 0),
            ("ab", 1),
            (&*"a".repeat(41), 1),
            ("", 1),
            ("a b", 1),
            ("ädä", 1),
            ("a@b", 1),
            ("abc\n", 1),
        ] {
            assert_eq!(faults_of(|found| check_username(username, found)), faults, "{username:?}");
        }
    }

    #[test]
    fn addresses_have_one_local_part_and_a_domain() {
        let long = format!("a@{}.example", "b".repeat(250));
        for (email, faults) in [
            ("ada@example.com", 0),
            ("a.b+c@sub.example.co", 0),
            ("ada", 1),
            ("@example.com", 1),
            ("ada@", 1),
            ("ada@localhost", 1),
            ("ada@exa mple.com", 1),
            ("a@b@example.com", 1),
            ("ada@-example.com", 1),
            ("ada@example..com", 1),
            ("ada\n@example.com", 1),
            (&*long, 1),
        ] {
            assert_eq!(faults_of(|found| check_email(email, found)), faults, "{email:?}");
        }
    }

    #[test]
    fn passwords_are_counted_in_characters() {
        for (password, faults) in [
            ("12345678", 0),
            ("ääääääää", 0),
            ("1234567", 1),
            ("", 1),
            (&*"x".repeat(128), 0),
            (&*"x".repeat(129), 1),
        ] {
            assert_eq!(faults_of(|found| check_password("/password", password, found)), faults);
        }
    }
}
