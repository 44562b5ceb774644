//! The output of the demo: headings, commands, expected and actual results.

use serde_json::{Value, json};

use crate::cli::demo::sandbox::{CommandRun, Sandbox};
use crate::cli::exit::ExitStatus;
use crate::cli::screen::{BAD, FAINT, GOOD, HEADING, Screen};
use crate::wire::facts::LABELS;

/// An expected and an actual result.
#[derive(Debug)]
struct Expectation {
    zh: &'static str,
    en: &'static str,
    expected: String,
    found: String,
}

/// Prints the demo and collects its results.
#[derive(Debug)]
pub struct DemoReport<'a> {
    /// The output.
    pub screen: &'a Screen,
    /// The node and its folder.
    pub sandbox: Sandbox,
    expectations: Vec<Expectation>,
}

impl<'a> DemoReport<'a> {
    /// A report of the commands in `sandbox`.
    #[must_use]
    pub const fn new(screen: &'a Screen, sandbox: Sandbox) -> Self {
        Self { screen, sandbox, expectations: Vec::new() }
    }

    /// A heading in both languages.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written, here as below.
    pub fn heading(&self, zh: &str, en: &str) -> anyhow::Result<()> {
        self.screen.line("")?;
        Ok(self.screen.line(self.screen.paint(HEADING, &format!("■ {zh} · {en}")))?)
    }

    /// Runs a command, and prints its command line and its messages.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<CommandRun> {
        self.command_with_progress(arguments, false)
    }

    /// As [`Self::command`]; `interactive` lets it draw a progress bar.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn command_with_progress(&self, arguments: &[&str], interactive: bool) -> anyhow::Result<CommandRun> {
        let run = self.sandbox.run(arguments, interactive)?;
        self.command_line(&run.line)?;
        for line in run.messages.lines() {
            self.screen.line(format!("    {line}"))?;
        }
        Ok(run)
    }

    /// Prints a command line.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn command_line(&self, line: &str) -> anyhow::Result<()> {
        Ok(self.screen.line(self.screen.paint(FAINT, &format!("  $ {line}")))?)
    }

    /// Records and prints an expected and an actual result.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn check(&mut self, zh: &'static str, en: &'static str, expected: &str, found: &str) -> anyhow::Result<()> {
        let (style, sign) = if expected == found { (GOOD, "✓") } else { (BAD, "✗") };
        let text = format!("  {sign} {}: {found}", self.screen.pick(zh, en));
        self.screen.line(self.screen.paint(style, &text))?;
        if expected != found {
            self.screen.line(format!("    {}{expected}", self.screen.pick("应为：", "expected: ")))?;
        }
        self.expectations.push(Expectation { zh, en, expected: expected.to_owned(), found: found.to_owned() });
        Ok(())
    }

    /// Prints the seven facts in a command's document.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn facts(&self, document: &Value) -> anyhow::Result<()> {
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or("—").to_owned();
        let mut rows = vec![vec!["  存证编号".to_owned(), "deposit number".to_owned(), text("/deposit_number")]];
        for (i, (_, zh, en)) in LABELS.iter().enumerate() {
            let (mut zh, mut en) = (format!("  {zh}"), (*en).to_owned());
            for line in text(&format!("/facts/{i}/value")).lines() {
                rows.push(vec![std::mem::take(&mut zh), std::mem::take(&mut en), line.to_owned()]);
            }
        }
        Ok(self.screen.table(&rows)?)
    }

    /// Prints the conclusion of a verification.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn conclusion(&self, run: &CommandRun) -> anyhow::Result<()> {
        let pointer = self.screen.pick("/conclusion/zh", "/conclusion/en");
        Ok(self.screen.line(format!("  {}", run.text(pointer)))?)
    }

    /// Prints a table of all expected results, and how to start an own node.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn end(self) -> anyhow::Result<ExitStatus> {
        let screen = self.screen;
        screen.line("")?;
        screen.line(screen.paint(HEADING, "■ 小结 · Summary"))?;
        let rows: Vec<_> = self
            .expectations
            .iter()
            .map(|expectation| {
                let good = expectation.expected == expectation.found;
                let sign = if good { screen.paint(GOOD, "✓") } else { screen.paint(BAD, "✗") };
                vec![
                    format!("  {sign}"),
                    expectation.zh.to_owned(),
                    expectation.en.to_owned(),
                    expectation.found.clone(),
                ]
            })
            .collect();
        screen.table(&rows)?;
        let good = self.expectations.iter().all(|expectation| expectation.expected == expectation.found);
        let steps: Vec<_> = self
            .expectations
            .iter()
            .map(|one| {
                json!({
                    "step": one.en, "expected": one.expected, "found": one.found, "good": one.expected == one.found,
                })
            })
            .collect();
        screen.document(&json!({ "good": good, "steps": steps }))?;
        screen.line("")?;
        if good {
            screen.line(screen.paint(GOOD, screen.pick("每一步都如预期。", "Every step gave the expected result.")))?;
            screen.line(screen.pick("启动自己的节点：", "Start a node of your own:"))?;
            screen.line("  tiezheng serve --test --data chain-data")?;
            screen.line("  tiezheng deposit FILE")?;
        } else {
            screen.line(screen.paint(
                BAD,
                screen.pick("有步骤未如预期，见上。", "Some steps did not come out as they must; see above."),
            ))?;
        }
        Ok(if good { ExitStatus::Good } else { ExitStatus::Finding })
    }
}

/// The value at `pointer` in a command's document, and its exit code.
#[must_use]
pub fn outcome(run: &CommandRun, pointer: &str) -> String {
    format!("{}, {}", run.text(pointer), run.code)
}
