//! The consistency check on `/chain`: whether one state of the ledger continues another.
//!
//! Either state is a size, or a signed checkpoint as a receipt, a witness or `/log/checkpoint` has it. The proof and the roots are
//! those that `GET /v1/proofs/consistency` answers. The node checks itself here, and the page says so.

use serde_json::Value;

use crate::http::api::proofs::consistency_json;
use crate::http::app_state::AppState;
use crate::http::pages::form::Form;
use crate::http::pages::login::Fault;
use crate::http::pages::visit::Visit;
use crate::http::problem::ApiError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::query::{key_history, records};
use crate::wire::bilingual::Bilingual;
use crate::wire::json::INTEGER_MAX;
use crate::wire::ledger::ConsistencyJson;

/// What was asked, and the answer.
#[derive(Debug, Default)]
pub struct ConsistencyCheck {
    /// The old state as it was entered.
    pub old: String,
    /// The new state as it was entered; empty for the published one.
    pub new: String,
    /// What is wrong with the input.
    pub fault: Option<Fault>,
    /// The result.
    pub result: Option<CheckResult>,
}

/// The result of a check.
#[derive(Debug)]
pub struct CheckResult {
    /// The class of the verdict: its colour and pattern.
    pub class: &'static str,
    /// The verdict.
    pub verdict: Bilingual,
    /// What was compared beside the proof.
    pub compared: Vec<Bilingual>,
    /// The proof.
    pub proof: ConsistencyJson,
}

/// One of the two states.
enum Side {
    Size(u64),
    Signed(Box<SignedCheckpoint>),
}

/// How a signed checkpoint compares with the ledger of this node.
enum Compared {
    Equal,
    /// Its root is another one, and the ledger's key signed it.
    OtherRoot,
    /// The ledger's key did not sign it, or this cannot be found out.
    NotSigned,
}

impl Side {
    /// A number of records, a checkpoint, or a receipt, whose checkpoint counts. White space at the beginning of lines is dropped: an
    /// e-mail indents what it quotes, and no line of a checkpoint begins with it.
    fn parse(text: &str) -> Option<Self> {
        if let Ok(Value::Object(receipt)) = serde_json::from_str(text) {
            return receipt.get("checkpoint").and_then(Value::as_str).and_then(Self::of_note);
        }
        let digits: String = text.chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect();
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return digits.parse().ok().filter(|size| *size <= INTEGER_MAX).map(Self::Size);
        }
        Self::of_note(text)
    }

    fn of_note(text: &str) -> Option<Self> {
        let note: String = text.trim().lines().flat_map(|line| [line.trim(), "\n"]).collect();
        SignedCheckpoint::parse(note.as_bytes()).ok().map(|signed| Self::Signed(Box::new(signed)))
    }

    fn size(&self) -> u64 {
        match self {
            Self::Size(size) => *size,
            Self::Signed(signed) => signed.checkpoint().size.0,
        }
    }
}

/// Does what the parameters `old` and `new` ask for.
///
/// # Errors
///
/// Those of a read. What is wrong with the parameters is part of the result.
pub async fn check(state: &AppState, visit: &Visit, parameters: &Form) -> Result<ConsistencyCheck, ApiError> {
    let (old, new) = (parameters.text("old"), parameters.text("new"));
    let asked = ConsistencyCheck { old: old.to_owned(), new: new.to_owned(), ..ConsistencyCheck::default() };
    if parameters.pairs().all(|(name, _)| name != "old" && name != "new") {
        return Ok(asked);
    }
    let unreadable = || {
        visit.t(
            "请输入记录总数，或者粘贴检查点全文（含签名行）或者存证回执全文",
            "Enter a number of records, or paste a whole checkpoint with its signature lines, or a whole receipt",
        )
    };
    let fault = |field, text: &str| Some((field, text.to_owned()));
    let Some(old) = Side::parse(old).filter(|side| side.size() > 0) else {
        return Ok(ConsistencyCheck { fault: fault("old", unreadable()), ..asked });
    };
    let new = if new.is_empty() { None } else { Side::parse(new) };
    if !asked.new.is_empty() && new.is_none() {
        return Ok(ConsistencyCheck { fault: fault("new", unreadable()), ..asked });
    }
    let proof = match consistency_json(state, old.size(), new.as_ref().map(Side::size)).await {
        Ok(proof) => proof,
        Err(failure) if failure.status() < 500 => {
            let field = if failure.status() == 404 && new.is_some() { "new" } else { "old" };
            return Ok(ConsistencyCheck { fault: Some((field, visit.fault(failure))), ..asked });
        }
        Err(failure) => return Err(failure),
    };
    let mut compared = Vec::new();
    for (side, root) in [(Some(old), &proof.old_root), (new, &proof.new_root)] {
        if let Some(Side::Signed(signed)) = side {
            let size = signed.checkpoint().size.0;
            compared.push((size, compare(state, *signed, root.clone()).await?));
        }
    }
    Ok(ConsistencyCheck { result: Some(verdict(&compared, proof)), ..asked })
}

/// Compares a signed checkpoint with the root that this node computes at its size.
async fn compare(state: &AppState, signed: SignedCheckpoint, root: String) -> Result<Compared, ApiError> {
    state
        .read(move |reader| {
            let published = records::published(reader)?;
            let history = key_history::history_under(reader, &published.checkpoint)?;
            let is_own = signed.checkpoint().origin == published.checkpoint.checkpoint().origin;
            if !is_own || history.verify(&signed).is_err() {
                return Ok(Compared::NotSigned);
            }
            let is_equal = signed.checkpoint().root.to_string() == root;
            Ok(if is_equal { Compared::Equal } else { Compared::OtherRoot })
        })
        .await
}

fn verdict(compared: &[(u64, Compared)], proof: ConsistencyJson) -> CheckResult {
    let any = |wanted: fn(&Compared) -> bool| compared.iter().any(|(_, one)| wanted(one));
    let (class, verdict) = if any(|one| matches!(one, Compared::OtherRoot)) {
        (
            "bad",
            Bilingual::new(
                "不一致：所提交的检查点由本账本密钥签名，其默克尔根与本节点账本不同。请保存该检查点，交由见证节点和监督机构核查。",
                "They differ: the ledger key signed the checkpoint that you entered, and its root is not that of this node's ledger. Keep the checkpoint, and give it to the witnesses and to the supervising body.",
            ),
        )
    } else if any(|one| matches!(one, Compared::NotSigned)) {
        (
            "warning",
            Bilingual::new(
                "不能得出结论：无法确认所提交的检查点由本账本密钥签名。",
                "No conclusion: it cannot be confirmed that the ledger key signed the checkpoint that you entered.",
            ),
        )
    } else {
        (
            "good",
            Bilingual::new(
                format!("前后一致：前 {} 条记录是 {} 条记录的开头，其间没有修改、删除或者重排。", proof.old, proof.new),
                format!(
                    "They are consistent: the first {} records are the beginning of the {}; nothing was changed, removed or reordered.",
                    proof.old, proof.new
                ),
            ),
        )
    };
    let line = |(size, one): &(u64, Compared)| match one {
        Compared::Equal => Bilingual::new(
            format!("含 {size} 条记录的检查点：签名有效，默克尔根相同"),
            format!("The checkpoint of {size} records: its signature verifies, its root is the same"),
        ),
        Compared::OtherRoot => Bilingual::new(
            format!("含 {size} 条记录的检查点：签名有效，默克尔根不同"),
            format!("The checkpoint of {size} records: its signature verifies, its root is another one"),
        ),
        Compared::NotSigned => Bilingual::new(
            format!("含 {size} 条记录的检查点：属于其他账本，或者未由本账本已知的密钥签名"),
            format!("The checkpoint of {size} records: of another ledger, or not signed by a known key of this one"),
        ),
    };
    CheckResult { class, verdict, compared: compared.iter().map(line).collect(), proof }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_a_size_or_a_checkpoint() {
        for (text, size) in [("5", Some(5)), ("1,234", Some(1_234)), ("1，234", Some(1_234)), ("0", Some(0))] {
            assert_eq!(Side::parse(text).map(|side| side.size()), size, "{text}");
        }
        let note = "example.org/ledger\n20\nuqYDASSgKrfXBQKl07SyHFBHAwedvaczN9Asp8bZUQI=\n\n— example.org/ledger A7r+w6N39YCQ/WTwi7UQhDXsmC+YBPUGnqgrKlIGC45Sah5iLcsas4iaqNBLcDEHtazUMhl0sdhiuXeplX4aep0+NQE=";
        let receipt = serde_json::json!({ "receipt": "tiezheng/receipt/v1", "checkpoint": format!("{note}\n") });
        for given in [note.to_owned(), receipt.to_string(), format!("  {}\n", note.replace('\n', "\n  "))] {
            assert!(matches!(Side::parse(&given), Some(Side::Signed(_))), "{given}");
            assert_eq!(Side::parse(&given).map(|side| side.size()), Some(20));
        }
        for bad in
            ["{}", "{\"checkpoint\":1}", "", "-1", "1.5", "x", "99999999999999999999", "example.org/ledger\n5\nAAAA"]
        {
            assert!(Side::parse(bad).is_none(), "{bad}");
        }
    }
}
