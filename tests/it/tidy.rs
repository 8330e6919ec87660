//! Checks of form, and of statements in documents that are no longer true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};
use cur::Column;
use pipeline::Step;
use sluice::args::Args;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Folders that are not part of the project, or that a tool has made.
const FOREIGN: [&str; 7] =
    [".aws-sam", ".git", "__pycache__", "cdk.out", "node_modules", "sluice-demo", "target"];

const LINE_CHARS_MAX: usize = 110;

#[test]
fn every_source_says_what_it_is_for() {
    for (path, text) in files(&["rs"]) {
        // A file that is part of another file, such as the input of a macro or a test, may not begin with
        // such a sentence.
        assert!(text.starts_with("//! "), "`{path}` does not begin with a `//!` sentence");
    }
}

#[test]
fn lines_are_clean_and_short() {
    for (path, text) in files(&["md", "mjs", "py", "rs", "run", "toml", "yaml"]) {
        assert!(text.ends_with('\n'), "`{path}` does not end with a line end");
        assert!(!text.ends_with("\n\n"), "`{path}` ends with an empty line");
        for (number, line) in (1..).zip(text.lines()) {
            let is_clean = line.trim_end() == line && !line.contains('\t');
            assert!(is_clean, "`{path}`, line {number} ends with a space or has a tab");
            let is_short = path.rsplit('.').next() != Some("rs") || length(line) <= LINE_CHARS_MAX;
            assert!(is_short, "`{path}`, line {number} is longer than {LINE_CHARS_MAX} characters");
        }
    }
}

/// The length of a line without its strings and addresses, which cannot be broken.
fn length(line: &str) -> usize {
    let without_addresses = line.split("https://").next().unwrap_or_default();
    let mut is_in_string = false;
    let mut previous = ' ';
    let mut length = 0;
    for character in without_addresses.chars() {
        if character == '"' && previous != '\\' {
            is_in_string = !is_in_string;
        }
        length += usize::from(!is_in_string);
        previous = character;
    }
    length
}

#[test]
fn nothing_is_left_for_later() {
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("todo", "!")];
    for (path, text) in files(&["json", "md", "mjs", "py", "rs", "run", "toml", "yaml"]) {
        for mark in marks {
            assert!(!text.contains(mark), "`{path}` has a {mark}");
        }
    }
}

#[test]
fn every_test_module_is_run() {
    let main = read("tests/it/main.rs");
    for entry in fs::read_dir(Path::new(ROOT).join("tests/it")).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap();
        let is_module = path.extension().is_some_and(|extension| extension == "rs");
        if is_module && module != "main" {
            let line = format!("mod {module};");
            assert!(main.lines().any(|found| found == line), "tests/it/main.rs has no `{line}`");
        }
    }
}

#[test]
fn every_function_says_what_it_is_told() {
    let template = read("infra/template.yaml");
    let functions = ["receive-report"].into_iter().chain(Step::ALL.map(Step::name));
    for function in functions.chain(["bill-customer"]) {
        let readme = format!("functions/{function}/README.md");
        let documented: BTreeSet<String> = section(&readme, "## Environment")
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .map(str::to_owned)
            .collect();
        assert_eq!(
            documented,
            variables(&template, function),
            "`{readme}` and infra/template.yaml"
        );
    }
}

/// The names under `Variables:` of a function in the template.
fn variables(template: &str, function: &str) -> BTreeSet<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let name = format!("FunctionName: {function}");
    let mut lines = template.lines().skip_while(|line| line.trim() != name);
    let heading = lines.find(|line| line.trim() == "Variables:").unwrap();
    lines
        .take_while(|line| indent(line) > indent(heading))
        .filter_map(|line| line.trim().split(':').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn commands_in_documents_are_commands() {
    let mut shown = BTreeSet::new();
    for (path, text) in files(&["md"]) {
        for line in code_lines(&text) {
            let Some(arguments) = arguments_of(line) else {
                continue;
            };
            let words = ["sluice"].into_iter().chain(arguments.split_whitespace());
            if let Err(error) = Args::try_parse_from(words) {
                panic!("`{path}` shows `{line}`, but:\n{error}");
            }
            shown.extend(arguments.split_whitespace().next().map(str::to_owned));
        }
    }
    let commands = Args::command();
    let commands = commands.get_subcommands().map(|command| command.get_name().to_owned());
    assert_eq!(shown, commands.collect(), "commands in documents, and those there are");
}

/// The arguments of the program, if the line of a document calls it.
fn arguments_of(line: &str) -> Option<&str> {
    let line = line.split(" #").next().unwrap_or_default();
    line.strip_prefix("sluice ").or_else(|| line.strip_prefix("cargo run --release -p sluice -- "))
}

#[test]
fn links_lead_somewhere() {
    for (path, text) in files(&["md"]) {
        for link in links(&prose(&text)) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => Path::new(ROOT).join(&path),
                _ => Path::new(ROOT).join(&path).with_file_name(file),
            };
            assert!(target.exists(), "`{path}` links to `{link}`, which is not there");
            if !heading.is_empty() {
                let found = headings(&fs::read_to_string(&target).unwrap());
                assert!(found.contains(heading), "`{path}` links to `{link}`: {found:?}");
            }
        }
    }
}

fn links(prose: &str) -> Vec<String> {
    let targets = prose.split("](").skip(1);
    targets.filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}

/// The headings of a document, as their anchors.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = text.lines().filter_map(|line| line.strip_prefix('#'));
    titles
        .map(|title| {
            let title = title.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn paths_in_documents_are_paths() {
    const BEGINNINGS: [&str; 6] = [".ci/", "events/", "functions/", "infra/", "shared/", "tests/"];
    for (path, text) in files(&["md"]) {
        let prose = prose(&text);
        for name in prose.split('`').skip(1).step_by(2) {
            let is_path = BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
            let is_pattern = name.contains(['<', '*', '…', '{', ' ']);
            if is_path && !is_pattern {
                let there = Path::new(ROOT).join(name).exists();
                assert!(there, "`{path}` speaks of `{name}`, which is not there");
            }
        }
    }
}

#[test]
fn every_invariant_has_its_test() {
    for table in [section("ARCHITECTURE.md", "## Invariants"), read("docs/hostile-input.md")] {
        let quoted = table.split('`').skip(1).step_by(2);
        let named: Vec<(&str, &str)> = quoted.filter_map(|name| name.split_once("::")).collect();
        assert!(named.len() > 10, "the table names its tests");
        for (module, test) in named {
            let source = read(&format!("tests/it/{module}.rs"));
            assert!(source.contains(&format!("fn {test}(")), "there is no test {module}::{test}");
        }
    }
}

#[test]
fn every_special_row_is_explained() {
    let page = read("docs/special-rows.md");
    for entry in fs::read_dir(Path::new(ROOT).join("tests/golden")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_shown = page.contains(&format!("(../tests/golden/{name}/in/contracts.toml)"));
        assert!(
            is_shown || !name.starts_with("rows-"),
            "docs/special-rows.md has no link to {name}"
        );
    }
}

#[test]
fn every_column_of_a_commitment_is_explained() {
    let page = read("docs/report-columns.md");
    let mut explained = 0;
    for column in Column::ALL {
        let name = column.name();
        if name.starts_with("reservation/") || name.starts_with("savingsPlan/") {
            let rows = page.lines().filter(|line| line.starts_with("| "));
            let has_row = rows.into_iter().any(|row| {
                let first = row.split(" | ").next().unwrap_or_default();
                first.contains(&format!("`{name}`")) && row.matches(" | ").count() == 4
            });
            assert!(has_row, "docs/report-columns.md does not say what is done without {name}");
            explained += 1;
        }
    }
    assert!(explained > 20, "commitments are read from more columns than {explained}");
}

#[test]
fn every_format_has_its_test_in_the_table() {
    let document = read("shared/cur/README.md");
    let named = document.split('`').skip(1).step_by(2);
    let named: BTreeSet<&str> = named.filter_map(|name| name.strip_prefix("formats::")).collect();
    let source = read("tests/it/formats.rs");
    let cells = source.split("\ncells! {\n").nth(1).unwrap().split('}').next().unwrap();
    let tests = cells.lines().filter_map(|line| line.trim().split_once(": "));
    assert_eq!(named, tests.map(|(name, _)| name).collect());
}

#[test]
fn every_crate_is_listed() {
    let readme = read("shared/README.md");
    for entry in fs::read_dir(Path::new(ROOT).join("shared")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_listed = readme.contains(&format!("| [`{name}`]({name}) |"));
            assert!(is_listed, "shared/README.md has no line for `{name}`");
        }
    }
}

#[test]
fn the_changelog_knows_the_version() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let version = manifest["workspace"]["package"]["version"].as_str().unwrap();
    let changelog = read("CHANGELOG.md");
    let has_it = changelog.lines().any(|line| line.starts_with(&format!("## {version}")));
    assert!(has_it, "CHANGELOG.md has no heading for {version}");
}

/// All files with one of these extensions: the path below the root, and the text.
fn files(extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(Path::new(ROOT), extensions, &mut found);
    assert!(!found.is_empty(), "there are files with {extensions:?}");
    found
}

/// A file without an extension, such as `.ci/run`, counts as if its whole name were the extension.
fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !FOREIGN.contains(&name) {
            collect(&path, extensions, found);
        } else if path.is_file() && extensions.contains(&name.rsplit('.').next().unwrap()) {
            let shown = path.strip_prefix(ROOT).unwrap().to_str().unwrap().to_owned();
            found.push((shown, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn read(path: &str) -> String {
    let text = fs::read_to_string(Path::new(ROOT).join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The part of a document from a heading to the next heading of the same level.
fn section(path: &str, heading: &str) -> String {
    let text = read(path);
    let start = text.find(&format!("{heading}\n"));
    let start = start.unwrap_or_else(|| panic!("{path} has no {heading}")) + heading.len();
    let level = heading.split(' ').next().unwrap_or_default();
    let rest = &text[start..];
    rest.split(&format!("\n{level} ")).next().unwrap_or_default().to_owned()
}

/// The lines of a document outside its blocks of code, as one text.
fn prose(text: &str) -> String {
    split_by_fences(text, false).join("\n")
}

fn code_lines(text: &str) -> Vec<&str> {
    split_by_fences(text, true)
}

fn split_by_fences(text: &str, wants_code: bool) -> Vec<&str> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code == wants_code {
            lines.push(line);
        }
    }
    lines
}
