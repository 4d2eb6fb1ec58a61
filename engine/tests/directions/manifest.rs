//! Manifests, read as text.

/// The forbidden crates that a manifest depends on, by their own names or by others.
pub(crate) fn forbidden_dependencies(manifest: &str, root: &str, forbidden: &[&str]) -> Vec<String> {
    let named = |manifest: &str| {
        let mut table = String::new();
        let mut found: Vec<(String, String)> = Vec::new();
        for line in manifest.lines().map(|line| line.split('#').next().unwrap_or(line).trim()) {
            if let Some(header) = line.strip_prefix('[') {
                header.trim_end_matches(']').clone_into(&mut table);
                if let Some((before, name)) =
                    table.rsplit_once('.').filter(|(before, _)| is_dependencies(before))
                {
                    found.push((name.trim_matches('"').to_owned(), before.to_owned()));
                }
            } else if let Some((key, value)) = line.split_once('=') {
                let (key, in_table) = (key.trim(), is_dependencies(&table));
                if in_table {
                    let name = key.split('.').next().unwrap_or(key).trim_matches('"');
                    found.push((name.to_owned(), table.clone()));
                }
                let is_own = key == "package" && table.contains("dependencies.");
                let package =
                    if is_own { Some(value) } else { value.split_once("package").map(|(_, rest)| rest) };
                if let Some(package) =
                    package.filter(|_| in_table || is_own).and_then(|rest| rest.split('"').nth(1))
                {
                    found.push((
                        package.to_owned(),
                        found.last().map_or(String::new(), |(alias, _)| alias.clone()),
                    ));
                }
            }
        }
        found
    };
    let aliases = named(root);
    let is_alias_of =
        |alias: &str, name: &str| aliases.iter().any(|(package, of)| package == name && of == alias);
    let all = named(manifest);
    let breaches = forbidden.iter().filter(|name| {
        all.iter().any(|(dependency, _)| dependency == *name || is_alias_of(dependency, name))
    });
    breaches.map(|name| (*name).to_owned()).collect()
}

fn is_dependencies(table: &str) -> bool {
    table.ends_with("dependencies")
}
