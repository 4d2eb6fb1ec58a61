//! The directions of import, checked by a tool: `api -> engine <- persistence`, and a pure core that reaches nothing.
//!
//! It reads manifests and sources as text, so it holds for code that is not compiled here, too. Comments and string literals
//! may name anything.

use std::fs;
use std::path::{Path, PathBuf};

use manifest::forbidden_dependencies;
use source::{code_of, paths_in};

#[path = "directions/manifest.rs"]
mod manifest;
#[path = "directions/source.rs"]
mod source;

/// Crates that a package must not depend on, in any table.
const NOT_FOR: [(&str, &[&str], &str); 4] = [
    (
        "engine",
        &["sled", "axum", "hyper", "boxoffice-persistence", "boxoffice", "serde_json"],
        "the engine knows neither store nor HTTP",
    ),
    (
        "persistence",
        &["axum", "hyper", "ractor", "tokio", "boxoffice"],
        "persistence knows neither HTTP nor actors",
    ),
    ("api", &["sled", "ractor", "bincode"], "sled stays in persistence, ractor in the engine"),
    ("benches", &["sled", "ractor"], "sled stays in persistence, ractor in the engine"),
];

/// The rooms of the engine in which nothing reads a clock, waits, locks, draws or does I/O.
const PURE: [&str; 9] =
    ["concert", "accounts", "ids", "money", "faults", "form", "limits", "caller", "idempotency"];
/// What a pure room must not name: a path's beginning, whole names only.
const NOT_IN_PURE: [&str; 17] = [
    "tokio",
    "ractor",
    "arc_swap",
    "papaya",
    "parking_lot",
    "rand",
    "getrandom",
    "std::time",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::sync::Condvar",
    "std::fs",
    "std::net",
    "std::io",
    "std::env",
    "std::thread",
    "std::process",
];
/// The rooms of the engine in which actors live.
const ACTOR_ROOMS: [&str; 3] = ["engine/src/actor.rs", "engine/src/desk.rs", "engine/src/box_office"];
/// What the load test may name outside its own room: it is a client, and all else that it knows is the HTTP contract.
const LOAD_TEST_NAMES: [&str; 3] = ["crate::mint", "crate::config::Secret", "boxoffice_engine::time"];

#[test]
fn packages_depend_only_in_the_allowed_directions() {
    let root = read("Cargo.toml");
    let members = root.lines().find(|line| line.starts_with("members")).expect("the workspace has members");
    for member in members.split('"').skip(1).step_by(2) {
        let rule = NOT_FOR.iter().find(|(package, ..)| *package == member);
        let (_, forbidden, why) =
            rule.unwrap_or_else(|| unreachable!("package {member} has no rule here: add one"));
        let manifest = format!("{member}/Cargo.toml");
        let found = forbidden_dependencies(&read(&manifest), &root, forbidden);
        let [] = found.as_slice() else { unreachable!("{why}: {manifest} has {found:?}") };
    }
}

#[test]
fn the_pure_core_reaches_nothing() {
    for room in PURE {
        let mut breaches = Vec::new();
        for file in room_files(room) {
            for (line, path) in paths_in(&code_of(&read(&file))) {
                if NOT_IN_PURE.iter().any(|forbidden| begins_with(&path, forbidden)) {
                    breaches.push(format!("{file}:{line}: the pure core must not name {path}"));
                }
                let room = path.strip_prefix("crate::").map(|rest| rest.split("::").next().unwrap_or(rest));
                if room.is_some_and(|room| room != "time" && !PURE.contains(&room)) {
                    breaches.push(format!("{file}:{line}: the pure core imports only itself, not {path}"));
                }
                if path.split("::").any(|name| name.ends_with("Clock")) {
                    breaches.push(format!(
                        "{file}:{line}: time comes into the pure core with a command, not by {path}"
                    ));
                }
            }
        }
        assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    }
}

#[test]
fn only_the_rooms_of_actors_name_ractor() {
    let is_room = |file: &str| ACTOR_ROOMS.iter().any(|room| file.starts_with(room));
    assert_no_name("ractor", "ractor is hidden in the actor and the handle", "engine/src", is_room);
}

#[test]
fn only_the_binary_joins_api_and_persistence() {
    let is_main = |file: &str| file == "api/src/main.rs";
    assert_no_name("boxoffice_persistence", "only api/src/main.rs joins the two", "api/src", is_main);
    assert_no_name("boxoffice_persistence", "the engine knows no store", "engine/src", |_| false);
    assert_no_name("boxoffice_api", "persistence knows no HTTP", "persistence/src", |_| false);
}

#[test]
fn names_of_the_store_stay_in_persistence() {
    for folder in ["engine/src", "api/src"] {
        assert_no_name("sled", "sled's names stay in persistence", folder, |_| false);
    }
    assert_no_name(
        "bincode",
        "the engine derives serde for its state, and knows no format",
        "engine/src",
        |_| false,
    );
    assert_no_name("axum", "axum's names stay in api", "persistence/src", |_| false);
    assert_no_name("axum", "axum's names stay in api", "engine/src", |_| false);
}

#[test]
fn only_the_gateway_names_stripes_crates() {
    let is_gateway = |file: &str| file.starts_with("api/src/gateway/stripe");
    for name in ["stripe_core", "stripe_types", "miniserde"] {
        assert_no_name(name, "Stripe is hidden behind the port", "api/src", is_gateway);
    }
}

#[test]
fn the_load_test_knows_no_room_of_the_server() {
    let mut files = sources_in("api/src/loadtest");
    files.push("api/src/loadtest.rs".to_owned());
    let mut breaches = Vec::new();
    for file in &files {
        let depth = file.matches('/').count() - 2;
        for (line, path) in paths_in(&code_of(&read(file))) {
            let is_outside = ["crate", "boxoffice_engine"].iter().any(|outside| begins_with(&path, outside))
                || path.matches("super::").count() > depth;
            if is_outside && !LOAD_TEST_NAMES.iter().any(|allowed| begins_with(&path, allowed)) {
                breaches.push(format!("{file}:{line}: the load test knows the contract, not {path}"));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn the_map_shows_every_source() {
    let page = read("docs/ARCHITECTURE.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
    let rooms: Vec<String> = rows.flat_map(|(rooms, _)| rooms.split('`').flat_map(alternatives)).collect();
    let is_shown = |file: &&String| {
        let file = file.trim_end_matches(".rs");
        rooms.iter().any(|room| match room.strip_suffix('*') {
            Some(beginning) => file.starts_with(beginning),
            None => file.strip_prefix(&**room).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        })
    };
    let mut files: Vec<String> = ["engine", "persistence", "api"]
        .iter()
        .flat_map(|member| sources_in(&format!("{member}/src")))
        .collect();
    files.retain(|file| !is_shown(&file) && !file.ends_with("/lib.rs"));
    assert!(files.is_empty(), "no row of the map has {}", files.join(", "));
}

/// What stands for several, as `src/{actor,desk*}.rs`, one by one and without the ending.
fn alternatives(room: &str) -> Vec<String> {
    let room = room.trim_end_matches(".rs").trim_end_matches('/');
    let parts = room.split_once('{').and_then(|(before, rest)| Some((before, rest.strip_suffix('}')?)));
    match parts {
        Some((before, names)) => names.split(',').map(|name| format!("{before}{name}")).collect(),
        None => vec![room.to_owned()],
    }
}

#[test]
fn a_forbidden_dependency_is_found_however_it_is_written() {
    let root =
        "[workspace.dependencies]\nstore = { package = \"sled\", version = \"0.34\" }\ntokio = \"1\"\n";
    for manifest in [
        "[dependencies]\nsled = \"0.34\"",
        "[dependencies]\nsled.workspace = true",
        "[dependencies]\n\"sled\" = \"0.34\"",
        "[dependencies.sled]\nversion = \"0.34\"",
        "[dev-dependencies]\nsled = { version = \"0.34\" } # why",
        "[build-dependencies]\nother = { version = \"0.34\", package = \"sled\" }",
        "[target.'cfg(unix)'.dependencies]\nsled = \"0.34\"",
        "[dependencies.other]\nversion = \"0.34\"\npackage = \"sled\"",
        "[dependencies]\nstore.workspace = true",
    ] {
        let found = forbidden_dependencies(manifest, root, &["sled"]);
        assert_eq!(found.len(), 1, "{manifest}: {found:?}");
    }
    let allowed = "[package]\nname = \"sled\"\n[features]\nsled = []\n[dependencies]\n# sled = \"0.34\"\nsledge = \"1\"";
    assert_eq!(forbidden_dependencies(allowed, root, &["sled"]), Vec::<String>::new());
}

#[test]
fn a_forbidden_path_is_found_however_it_is_written() {
    let breaches = |source: &str| {
        let paths = paths_in(&code_of(source));
        paths
            .iter()
            .filter(|(_, path)| NOT_IN_PURE.iter().any(|forbidden| begins_with(path, forbidden)))
            .count()
    };
    for source in [
        "use tokio::sync::mpsc;",
        "let now = std::time::Instant::now();",
        "use std::{collections::HashMap, time::Instant};",
        "use std::{\n    sync::{Arc, Mutex},\n};",
        "pub use ::rand as chance;",
        "fn read() -> std :: fs :: File {",
    ] {
        assert_eq!(breaches(source), 1, "{source}");
    }
    for source in [
        "use std::sync::Arc; // not tokio",
        "/* use tokio; /* rand */ std::fs */ use crate::time::Time;",
        "let text = \"tokio::spawn\"; let quote = '\"'; let raw = r#\"std::fs \"rand\" \"#;",
        "struct Timed<'rand>(&'rand str, operand, self.rand_like);",
    ] {
        assert_eq!(breaches(source), 0, "{source}");
    }
    assert_eq!(paths_in(&code_of("//\n/*\n*/ \"\n\"\nuse tokio;")), [(5, "tokio".to_owned())]);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is around the engine").to_owned()
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| unreachable!("{file}: {error}"))
}

/// Every Rust source in a folder, as a path within the workspace.
fn sources_in(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
        let name = entry.expect("a readable folder").file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            files.extend(sources_in(&path));
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn room_files(room: &str) -> Vec<String> {
    let mut files = sources_in(&format!("engine/src/{room}"));
    files.push(format!("engine/src/{room}.rs"));
    files
}

fn assert_no_name(name: &str, rule: &str, folder: &str, is_exempt: impl Fn(&str) -> bool) {
    let files = sources_in(folder);
    assert!(!files.is_empty(), "{folder} has no sources to check");
    let mut breaches = Vec::new();
    for file in files.iter().filter(|file| !is_exempt(file)) {
        for (line, path) in paths_in(&code_of(&read(file))) {
            if begins_with(&path, name) {
                breaches.push(format!("{file}:{line}: {rule}, but here is {path}"));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// Whether a path is this one or goes on from it.
fn begins_with(path: &str, beginning: &str) -> bool {
    path.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
