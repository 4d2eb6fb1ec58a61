//! The command lines of the benches, and what they say.
//!
//! Cargo adds `--bench` to what it tells a bench. When it runs one as a test it does not: that is a trial, which shows that the bench
//! runs, and measures as little as it can.

use clap::builder::RangedU64ValueParser;
use clap::{Arg, ArgAction, Command, Parser};

/// What this process was asked for, which is the bench with this name. Help ends it with 0, and what is not understood with 2 and a hint.
pub fn asked<T: Parser>(bench: &str) -> T {
    let matches = command::<T>(bench).get_matches();
    T::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn command<T: Parser>(bench: &str) -> Command {
    let from_cargo = Arg::new("bench").long("bench").action(ArgAction::SetTrue).hide(true);
    // Whoever calls a script that calls a bench has the last word.
    T::command()
        .bin_name(format!("cargo bench -p boxoffice-benches --bench {bench} --"))
        .arg(from_cargo)
        .args_override_self(true)
}

/// Whether this is a test that the bench runs.
pub fn is_trial() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

/// One of these, whichever this is.
pub fn bench_or_trial<T>(bench: T, trial: T) -> T {
    if is_trial() { trial } else { bench }
}

/// A number that is at least 1.
pub fn at_least_1() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// Prints a line, or several.
#[expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
pub fn say(line: &str) {
    println!("{line}");
}

/// Says so if the figures of this build count for nothing.
pub fn warn_of_testing() {
    if crate::has_testing() {
        say("NOT TO BE PUBLISHED: the engine is built for tests; use `cargo bench -p boxoffice-benches`\n");
    }
}

/// Says why it cannot go on, and ends the process with 1.
#[expect(clippy::print_stderr, reason = "the last word before the end")]
pub fn give_up(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(1);
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;
    use clap::error::ErrorKind;

    use super::*;

    /// A bench.
    #[derive(Debug, PartialEq, Parser)]
    struct Wanted {
        /// How often
        #[arg(long, value_name = "N", default_value_t = bench_or_trial(5, 1), value_parser = at_least_1())]
        rounds: usize,
        /// How many
        #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [7, 8], value_parser = at_least_1())]
        callers: Vec<usize>,
    }

    fn parsed(line: &[&str]) -> Result<Wanted, clap::Error> {
        let line = ["a-bench"].iter().chain(line);
        command::<Wanted>("some")
            .try_get_matches_from(line)
            .and_then(|matches| Wanted::from_arg_matches(&matches))
    }

    #[test]
    fn options_count_although_cargo_has_the_last_word() {
        let cases = [
            (&["--bench"][..], Wanted { rounds: 1, callers: vec![7, 8] }),
            (&["--rounds", "3", "--bench"], Wanted { rounds: 3, callers: vec![7, 8] }),
            (
                &["--rounds", "3", "--rounds", "4", "--callers", "1,64"],
                Wanted { rounds: 4, callers: vec![1, 64] },
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(parsed(line).unwrap(), expected, "{line:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_with_a_hint() {
        let cases = [
            (&["--rounds", "0"][..], ErrorKind::ValueValidation),
            (&["--rounds", "-1"], ErrorKind::UnknownArgument),
            (&["--rounds", "many"], ErrorKind::ValueValidation),
            (&["--rounds"], ErrorKind::InvalidValue),
            (&["--callers", "1,,2"], ErrorKind::ValueValidation),
            (&["--rouns", "3"], ErrorKind::UnknownArgument),
            (&["rounds"], ErrorKind::UnknownArgument),
        ];
        for (line, kind) in cases {
            let refusal = parsed(line).unwrap_err();
            assert_eq!((refusal.kind(), refusal.exit_code()), (kind, 2), "{line:?}");
            assert!(refusal.to_string().contains("try '--help'"), "{refusal}");
        }
    }

    #[test]
    fn help_says_how_a_bench_is_called() {
        let help = parsed(&["--help"]).unwrap_err().to_string();
        let usage = "Usage: cargo bench -p boxoffice-benches --bench some -- [OPTIONS]";
        assert!(help.contains(usage) && !help.contains("--bench\n"), "{help}");
    }
}
