//! Where settings come from: flag > environment > `boxoffice.toml` > default.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

macro_rules! settings {
    ($($variant:ident $name:literal $variable:literal),+ $(,)?) => {
        /// A setting, by its name in `boxoffice.toml`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Setting {
            $(#[doc = concat!("`", $name, "`, `", $variable, "`")] $variant,)+
        }

        impl Setting {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name in the file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Its name in the environment.
            pub const fn variable(self) -> &'static str {
                match self { $(Self::$variant => $variable,)+ }
            }
        }
    };
}

settings! {
    Listen "listen" "BOXOFFICE_LISTEN",
    DataDir "data_dir" "BOXOFFICE_DATA_DIR",
    JwtSecret "jwt_secret" "BOXOFFICE_JWT_SECRET",
    JwtSecretFile "jwt_secret_file" "BOXOFFICE_JWT_SECRET_FILE",
    AdminUsername "admin_username" "BOXOFFICE_ADMIN_USERNAME",
    AdminEmail "admin_email" "BOXOFFICE_ADMIN_EMAIL",
    AdminPassword "admin_password" "BOXOFFICE_ADMIN_PASSWORD",
    AdminPasswordFile "admin_password_file" "BOXOFFICE_ADMIN_PASSWORD_FILE",
    Demo "demo" "BOXOFFICE_DEMO",
    Gateway "gateway" "BOXOFFICE_GATEWAY",
    StripeSecretKey "stripe_secret_key" "BOXOFFICE_STRIPE_SECRET_KEY",
    StripeSecretKeyFile "stripe_secret_key_file" "BOXOFFICE_STRIPE_SECRET_KEY_FILE",
    StripeWebhookSecret "stripe_webhook_secret" "BOXOFFICE_STRIPE_WEBHOOK_SECRET",
    StripeWebhookSecretFile "stripe_webhook_secret_file" "BOXOFFICE_STRIPE_WEBHOOK_SECRET_FILE",
    StripeUrl "stripe_url" "BOXOFFICE_STRIPE_URL",
    RateLimit "rate_limit" "BOXOFFICE_RATE_LIMIT",
    PasswordThreads "password_threads" "BOXOFFICE_PASSWORD_THREADS",
    SnapshotBytes "snapshot_bytes" "BOXOFFICE_SNAPSHOT_BYTES",
    SnapshotEvents "snapshot_events" "BOXOFFICE_SNAPSHOT_EVENTS",
    SnapshotSeconds "snapshot_seconds" "BOXOFFICE_SNAPSHOT_SECONDS",
    SmtpUrl "smtp_url" "BOXOFFICE_SMTP_URL",
    SmtpPassword "smtp_password" "BOXOFFICE_SMTP_PASSWORD",
    SmtpPasswordFile "smtp_password_file" "BOXOFFICE_SMTP_PASSWORD_FILE",
    SmtpCaFile "smtp_ca_file" "BOXOFFICE_SMTP_CA_FILE",
    MailFrom "mail_from" "BOXOFFICE_MAIL_FROM",
}

/// The kinds of sources, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    File,
    Environment,
    Flag,
}

/// A value and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) layer: Layer,
    pub(super) value: String,
    /// Where, for a message: `--listen`, `BOXOFFICE_LISTEN`, `listen in boxoffice.toml`.
    pub(super) place: String,
}

/// What was found, the strongest source of each setting.
#[derive(Debug, Default)]
pub(super) struct Sources {
    found: BTreeMap<Setting, Found>,
}

impl Sources {
    /// Adds flags.
    pub(super) fn add_flags(&mut self, flags: impl IntoIterator<Item = (Setting, String)>) {
        for (setting, value) in flags {
            let place = format!("--{}", setting.name().replace('_', "-"));
            self.add(setting, Found { layer: Layer::Flag, value, place });
        }
    }

    /// Adds the environment. A variable that is set but empty counts as unset, as compose files make them.
    pub(super) fn add_environment(
        &mut self,
        variable: impl Fn(&str) -> Option<OsString>,
        faults: &mut Vec<String>,
    ) {
        for setting in Setting::ALL {
            let name = setting.variable();
            match variable(name).filter(|value| !value.is_empty()).map(OsString::into_string) {
                None => {}
                Some(Ok(value)) => {
                    self.add(*setting, Found { layer: Layer::Environment, value, place: name.to_owned() });
                }
                Some(Err(_)) => faults.push(format!("{name} is not valid UTF-8")),
            }
        }
    }

    /// Adds a file's text.
    pub(super) fn add_file(&mut self, path: &Path, text: &str, faults: &mut Vec<String>) {
        let file = path.display();
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
                let hint = text.lines().nth(line - 1).map_or_else(String::new, hint_of_quotes);
                faults.push(format!("{file} is not TOML: line {line}: {}{hint}", error.message()));
                return;
            }
        };
        for (name, value) in table {
            let Some(setting) = Setting::ALL.iter().find(|setting| setting.name() == name) else {
                if is_section(&value) {
                    faults.push(format!(
                        "{file} has the section {name:?}, and settings stand in no section (hint: leave its name out, as in {SAMPLE})"
                    ));
                    continue;
                }
                let known: Vec<&str> = Setting::ALL.iter().map(|setting| setting.name()).collect();
                let known = known.join(", ");
                faults.push(format!("{file} has the unknown setting {name:?} (hint: known are {known})"));
                continue;
            };
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Boolean(value) => value.to_string(),
                toml::Value::Integer(value) => value.to_string(),
                _ => {
                    faults.push(format!("{name} in {file} must be a text, a whole number or a boolean"));
                    continue;
                }
            };
            self.add(*setting, Found { layer: Layer::File, value, place: format!("{name} in {file}") });
        }
    }

    /// The value that counts.
    pub(super) fn get(&self, setting: Setting) -> Option<&Found> {
        self.found.get(&setting)
    }

    /// The value that counts of two settings that say the same in different ways.
    pub(super) fn stronger(&self, one: Setting, other: Setting) -> Result<Option<(Setting, &Found)>, String> {
        match (self.get(one), self.get(other)) {
            (Some(first), Some(second)) if first.layer == second.layer => {
                Err(format!("{} and {} are both given (hint: keep one of them)", first.place, second.place))
            }
            (Some(first), Some(second)) if first.layer < second.layer => Ok(Some((other, second))),
            (Some(first), _) => Ok(Some((one, first))),
            (None, second) => Ok(second.map(|second| (other, second))),
        }
    }

    fn add(&mut self, setting: Setting, found: Found) {
        let stands = self.found.get(&setting).is_some_and(|known| known.layer > found.layer);
        if !stands {
            self.found.insert(setting, found);
        }
    }
}

/// A line as it should be.
const SAMPLE: &str = "listen = \"127.0.0.1:3000\"";

/// What to say of a line that is not TOML because its text has no quotes. It may be a secret, so it is not repeated.
fn hint_of_quotes(line: &str) -> String {
    let value = line.split_once('=').map_or("", |(_, value)| value.trim());
    let is_bare = !value.is_empty() && !value.starts_with(['"', '\'', '[', '{', '#']);
    if is_bare && format!("value = {value}").parse::<toml::Table>().is_err() {
        format!(" (hint: texts stand in quotes, as in {SAMPLE})")
    } else {
        String::new()
    }
}

/// `[name]`, `[[name]]`, or what is written in another way and means the same.
fn is_section(value: &toml::Value) -> bool {
    match value {
        toml::Value::Table(_) => true,
        toml::Value::Array(values) => values.iter().any(toml::Value::is_table),
        _ => false,
    }
}
