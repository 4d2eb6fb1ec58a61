//! Variables of the environment that look like settings and are none: slips of the pen, most often.
//!
//! They are named, not refused: other programs may have variables of the same kind, and Kubernetes sets some for a service that is
//! called `boxoffice`.

use std::ffi::OsString;

use super::Setting;

/// How the name of every setting begins.
const OURS: &str = "BOXOFFICE_";
/// What is no setting, and read nevertheless: by `loadtest`, by our tests and benches, and by load tests of other programs.
const READ_BY_OTHERS: [&str; 3] = ["LOADTEST_PASSWORD", "SEED", "URL"];
/// How what our tests and benches read begins.
const READ_BY_TESTS: [&str; 6] = ["BENCH_", "DAMAGE_", "KILL_", "POWER_", "REQUIRE_", "TEST_"];

/// Says for each of these variables that is taken for a setting and is none what it may have been meant to be. Values are not
/// looked at: they may be secrets.
pub fn unknown_variables(names: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let mut names: Vec<_> = names
        .into_iter()
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| is_unknown(name))
        .collect();
    names.sort_unstable();
    names
        .iter()
        .map(|name| format!("the environment has the unknown setting {name} (hint: {})", hint(name)))
        .collect()
}

fn is_unknown(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(OURS) else { return false };
    !READ_BY_OTHERS.contains(&rest)
        && !READ_BY_TESTS.iter().any(|prefix| rest.starts_with(prefix))
        && Setting::ALL.iter().all(|setting| setting.variable() != name)
}

fn hint(name: &str) -> String {
    let distances =
        Setting::ALL.iter().map(|setting| (strsim::osa_distance(name, setting.variable()), setting));
    // What has more mistakes than letters that are right was meant to be something else.
    let nearest = distances.min().filter(|(distance, _)| 2 * distance <= name.len() - OURS.len());
    nearest.map_or_else(
        || "boxoffice --help names all".to_owned(),
        |(_, setting)| format!("is {} meant?", setting.variable()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str) -> Vec<String> {
        unknown_variables([name.into()])
    }

    #[test]
    fn mistyped_setting_is_named_with_the_nearest_one() {
        let cases = [
            ("BOXOFFICE_LISTN", "is BOXOFFICE_LISTEN meant?"),
            ("BOXOFFICE_DATADIR", "is BOXOFFICE_DATA_DIR meant?"),
            ("BOXOFFICE_GATEWYA", "is BOXOFFICE_GATEWAY meant?"),
            ("BOXOFFICE_ADMIN_USER", "is BOXOFFICE_ADMIN_USERNAME meant?"),
            ("BOXOFFICE_listen", "boxoffice --help names all"),
            ("BOXOFFICE_PORT", "boxoffice --help names all"),
            ("BOXOFFICE_", "boxoffice --help names all"),
        ];
        for (name, hint) in cases {
            assert_eq!(
                said(name),
                [format!("the environment has the unknown setting {name} (hint: {hint})")]
            );
        }
    }

    #[test]
    fn what_is_a_setting_or_read_by_others_is_not_named() {
        let settings = Setting::ALL.iter().map(|setting| setting.variable());
        let others = [
            "BOXOFFICE_LOADTEST_PASSWORD",
            "BOXOFFICE_REQUIRE_LOOP",
            "BOXOFFICE_POWER_CUTS",
            "BOXOFFICE_SEED",
            "BOXOFFICE_URL",
            "BOX_OFFICE",
            "PATH",
        ];
        for name in settings.chain(others) {
            assert_eq!(said(name), [] as [&str; 0]);
        }
    }

    #[test]
    fn all_are_named_in_order() {
        let said = unknown_variables(["BOXOFFICE_Z", "PATH", "BOXOFFICE_A"].map(OsString::from));
        assert_eq!(said.len(), 2);
        assert!(said[0].contains("BOXOFFICE_A ") && said[1].contains("BOXOFFICE_Z "), "{said:?}");
    }
}
