//! The transcripts of the READMEs are run as they stand.
//!
//! In a `console` block, a line `$ …` is run by bash and the lines after it are what it prints; a line `…` stands for any
//! number of lines. Numbers, hashes, keys, times and addresses differ from run to run and are masked on both sides.
//! `<!-- node: start -->` (or `start with operator`) and `<!-- node: stop -->` are the window in which the node runs.
//!
//! With `README_UPDATE=1` the outputs are written into the file instead, with the page's own deposit number.

use std::path::{Path, PathBuf};
use std::process::Command;

use tiezheng::ledger::number::DepositNumber;

use crate::support::process::{Node, program};

/// Where the reader's node listens.
const ADDRESS: &str = "http://127.0.0.1:7654";

/// The machine of a reader who follows one page.
struct Reader {
    folder: tempfile::TempDir,
    node: Option<Node>,
    /// The number that the page shows, and the one that this run got.
    number: Option<(String, String)>,
}

impl Reader {
    fn run(&mut self, command: &str) -> String {
        let url = self.node.as_ref().map_or(ADDRESS, |node| &node.url);
        let mut command = command.replace(ADDRESS, url);
        if let Some((shown, own)) = &self.number {
            // A command about another number would show that the deposit is unknown.
            let other = numbers_in(&command).find(|number| number != shown && DepositNumber::parse(number).is_ok());
            assert!(other.is_none(), "$ {command}\nthe deposit of this page is {shown}, not {other:?}");
            command = command.replace(shown, own);
        }
        let program = PathBuf::from(program().get_program());
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(self.folder.path())
            .env_remove("LANG")
            .envs([("PATH", path.as_str()), ("LC_ALL", "C.UTF-8"), ("TIEZHENG_SERVER", url)])
            .env("TIEZHENG_CONFIG", self.folder.path().join(".config/tiezheng"))
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        printed.replace(url, ADDRESS).replace(&*self.folder.path().to_string_lossy(), "/home/you")
    }

    fn node(&mut self, start: Option<&[&str]>) {
        if let Some(node) = self.node.take() {
            node.stop();
        }
        if let Some(arguments) = start {
            self.node = Some(Node::start(&self.folder.path().join("try-out"), arguments));
        }
    }

    /// A node with an operator, whose token is written where the page says.
    fn node_with_operator(&mut self) {
        let token = self.folder.path().join("operator.token");
        self.node(Some(&["--operator-token", &token.to_string_lossy()]));
    }
}

/// The deposit numbers in a text.
fn numbers_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| mask_word(word) == "<number>")
}

/// The first deposit number in a text.
fn number_in(text: &str) -> Option<String> {
    numbers_in(text).next().map(str::to_owned)
}

fn mask_word(word: &str) -> &str {
    let hex = |word: &str| word.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = |word: &str| word.bytes().filter(u8::is_ascii_digit).count();
    match word {
        _ if word.len() == 64 && hex(word) => "<hash>",
        _ if word.contains("/policies/") && word.ends_with(".policy") => "<policy>",
        _ if word.len() == 27 && word.starts_with("T2") && word.matches('-').count() == 4 => "<number>",
        _ if word.starts_with("tiezheng/") && word.contains('+') => "<key>",
        _ if word.starts_with("tiezheng/") && word.len() == 25 => "<ledger>",
        _ if word.len() == 10 && digits(word) == 8 && word.matches('-').count() == 2 => "<date>",
        _ if word.len() == 12 && digits(word) == 9 && word.contains('.') => "<time>",
        _ if digits(word) >= 17 && word.contains('T') && word.contains(':') => "<instant>",
        _ if word.len() == 44 && word.ends_with('=') => "<root>",
        _ if word.starts_with("HY-") && word.len() == 24 => "<report>",
        _ if word.len() >= 90 => "<signature>",
        _ => word,
    }
}

/// Splits after every character that no masked word contains.
fn mask(text: &str) -> Vec<String> {
    let inside = |c: char| c.is_ascii_alphanumeric() || "+/=_.:-".contains(c);
    let line = |line: &str| {
        let pieces = line.split_inclusive(|c| !inside(c)).map(|piece| {
            let word = piece.trim_end_matches(|c| !inside(c)).trim_end_matches(':');
            piece.replacen(word, mask_word(word), usize::from(!word.is_empty()))
        });
        pieces.collect::<String>().trim_end().to_owned()
    };
    text.trim_end().lines().map(line).collect()
}

/// Whether `printed` is what `shown` says, where a line `…` stands for any lines.
fn agrees(shown: &[String], printed: &[String]) -> bool {
    match (shown.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((line, rest)), _) if line == "…" => (0..=printed.len()).any(|skip| agrees(rest, &printed[skip..])),
        (Some((a, shown)), Some((b, printed))) => a == b && agrees(shown, printed),
        _ => false,
    }
}

fn read(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let update = std::env::var_os("README_UPDATE").is_some();
    let mut reader = Reader { folder: tempfile::tempdir().unwrap(), node: None, number: None };
    let mut lines = text.lines().peekable();
    let (mut written, mut inside, mut commands) = (String::new(), false, 0);
    while let Some(line) = lines.next() {
        written += line;
        written.push('\n');
        match line {
            "<!-- node: start -->" => reader.node(Some(&[])),
            "<!-- node: start with operator -->" => reader.node_with_operator(),
            "<!-- node: stop -->" => reader.node(None),
            "```console" => inside = true,
            "```" => inside = false,
            _ => {}
        }
        let Some(command) = line.strip_prefix("$ ").filter(|_| inside) else { continue };
        let mut shown = String::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && *line != "```") {
            shown += line;
            shown.push('\n');
        }
        let printed = reader.run(command);
        commands += 1;
        if reader.number.is_none() {
            reader.number = number_in(&shown).or_else(|| number_in(&text)).zip(number_in(&printed));
        }
        if update {
            written += &match &reader.number {
                Some((shown, own)) => printed.replace(own, shown),
                None => printed,
            };
        } else {
            assert!(
                agrees(&mask(&shown), &mask(&printed)),
                "{page}: $ {command}\nshown:\n{shown}\nprinted:\n{printed}"
            );
        }
    }
    reader.node(None);
    assert!(commands > 3, "{page} has a transcript");
    if update {
        std::fs::write(path, written).unwrap();
    }
}

#[test]
fn the_english_readme_says_what_happens() {
    read("README.md");
}

#[test]
fn the_chinese_readme_says_what_happens() {
    read("README.zh-CN.md");
}

#[test]
fn the_page_for_court_systems_says_what_happens() {
    read("COURT-SYSTEMS.md");
}

#[test]
fn the_chinese_page_for_court_systems_says_what_happens() {
    read("COURT-SYSTEMS.zh-CN.md");
}

#[test]
fn the_page_about_the_api_says_what_happens() {
    read("docs/api.md");
}

#[test]
fn the_chinese_page_about_the_api_says_what_happens() {
    read("docs/api.zh-CN.md");
}

#[test]
fn the_page_about_verification_says_what_happens() {
    read("docs/verification.md");
}

#[test]
fn the_chinese_page_about_verification_says_what_happens() {
    read("docs/verification.zh-CN.md");
}

#[test]
fn the_readmes_are_short_and_their_links_lead_to_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = root.join("docs").read_dir().unwrap().map(|entry| entry.unwrap().path());
    // Beside the pages there is a folder of pictures.
    let pages_of_docs = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let docs = pages_of_docs.map(|path| format!("docs/{}", path.file_name().unwrap().display()));
    let pages = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map(str::to_owned);
    let mut links = 0;
    for page in pages.into_iter().chain(docs) {
        let path = root.join(&page);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        // A table of all codes is looked up, not read.
        let long = page == "ARCHITECTURE.md" || page.starts_with("docs/errors.");
        assert!(lines <= 200 || long, "{page} has {lines} lines");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let named = link.split('#').next().unwrap();
            let file = if named.is_empty() { path.clone() } else { path.with_file_name(named) };
            assert!(link.starts_with("https://") || file.is_file(), "{page}: {link}");
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}
