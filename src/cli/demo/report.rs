//! How the story is told: headings, commands, what was expected and what came out.

use serde_json::{Value, json};

use crate::cli::demo::sandbox::{CommandRun, Sandbox};
use crate::cli::exit::ExitStatus;
use crate::cli::screen::{BAD, FAINT, GOOD, HEADING, Screen};
use crate::wire::facts::LABELS;

/// One thing that had to come out one way.
#[derive(Debug)]
struct Expectation {
    zh: &'static str,
    en: &'static str,
    expected: String,
    found: String,
}

/// A story that is being told.
#[derive(Debug)]
pub struct DemoReport<'a> {
    /// Who it is told to.
    pub screen: &'a Screen,
    /// Where it happens.
    pub sandbox: Sandbox,
    told: Vec<Expectation>,
}

impl<'a> DemoReport<'a> {
    /// On `stage`, to `screen`.
    #[must_use]
    pub const fn new(screen: &'a Screen, sandbox: Sandbox) -> Self {
        Self { screen, sandbox, told: Vec::new() }
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

    /// Runs a command and shows its line and what it says beside.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<CommandRun> {
        self.watched(arguments, false)
    }

    /// Likewise; `watched` lets it draw its progress.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn watched(&self, arguments: &[&str], watched: bool) -> anyhow::Result<CommandRun> {
        let ran = self.sandbox.run(arguments, watched)?;
        self.screen.line(self.screen.paint(FAINT, &format!("  $ {}", ran.line)))?;
        for line in ran.said.lines() {
            self.screen.line(format!("    {line}"))?;
        }
        Ok(ran)
    }

    /// Puts on record what must come out and what did.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn must(&mut self, zh: &'static str, en: &'static str, expected: &str, found: &str) -> anyhow::Result<()> {
        let (style, sign) = if expected == found { (GOOD, "✓") } else { (BAD, "✗") };
        let text = format!("  {sign} {}: {found}", self.screen.pick(zh, en));
        self.screen.line(self.screen.paint(style, &text))?;
        if expected != found {
            self.screen.line(format!("    {}{expected}", self.screen.pick("应为：", "expected: ")))?;
        }
        self.told.push(Expectation { zh, en, expected: expected.to_owned(), found: found.to_owned() });
        Ok(())
    }

    /// Shows the seven facts of a command's document.
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

    /// Shows a verification's conclusion.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn conclusion(&self, ran: &CommandRun) -> anyhow::Result<()> {
        let pointer = self.screen.pick("/conclusion/zh", "/conclusion/en");
        Ok(self.screen.line(format!("  {}", ran.text(pointer)))?)
    }

    /// Ends with a short table of all that was expected, and the words for one's own node.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn end(self) -> anyhow::Result<ExitStatus> {
        let screen = self.screen;
        screen.line("")?;
        screen.line(screen.paint(HEADING, "■ 小结 · Summary"))?;
        let rows: Vec<_> = self
            .told
            .iter()
            .map(|told| {
                let good = told.expected == told.found;
                let sign = if good { screen.paint(GOOD, "✓") } else { screen.paint(BAD, "✗") };
                vec![format!("  {sign}"), told.zh.to_owned(), told.en.to_owned(), told.found.clone()]
            })
            .collect();
        screen.table(&rows)?;
        let good = self.told.iter().all(|told| told.expected == told.found);
        let steps: Vec<_> = self.told.iter().map(|told| json!({
            "step": told.en, "expected": told.expected, "found": told.found, "good": told.expected == told.found,
        })).collect();
        screen.document(&json!({ "good": good, "steps": steps }))?;
        screen.line("")?;
        if good {
            screen.line(screen.paint(GOOD, screen.pick("每一步都如预期。", "Every step came out as it must.")))?;
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

/// What a command answered at `pointer`, and its exit code.
#[must_use]
pub fn outcome(ran: &CommandRun, pointer: &str) -> String {
    format!("{}, {}", ran.text(pointer), ran.code)
}
