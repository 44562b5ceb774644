//! Checks of every answer: the receipt is valid, it is of the sent statement, and no two deposits have the same index.

use std::collections::HashSet;
use std::thread;

use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::receipt::Receipt;
use crate::ledger::verify::report::Conclusion;
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{Question, verify};
use crate::load::traffic::Answer;
use crate::wire::deposit::{BatchVerdict, DepositRequest};
use crate::wire::receipt;

/// A deposit with a valid receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedDeposit {
    /// Index of its entry.
    pub index: LeafIndex,
    /// The entry, byte for byte.
    pub entry: String,
    /// The header of its block, byte for byte.
    pub header: String,
}

/// The result of a check.
#[derive(Debug, Default)]
pub struct CheckResult {
    /// Deposits with a valid receipt, in no order.
    pub proven: Vec<VerifiedDeposit>,
    /// What is wrong; empty if nothing is.
    pub faults: Vec<String>,
}

/// The format of the bodies of request and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// One request, one receipt.
    Single,
    /// Lines of requests, lines of verdicts.
    Lines,
}

/// Checks each of `answers` against the body of its call, on all cores.
#[must_use]
pub fn check(bodies: &[&[u8]], answers: &[Answer], packing: BodyFormat, trust: &Trust) -> CheckResult {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = answers.len().div_ceil(cores).max(1);
    let looked: Vec<_> = thread::scope(|scope| {
        let look = |share| scope.spawn(move || check_answers(bodies, share, packing, trust));
        let tasks: Vec<_> = answers.chunks(share).map(look).collect();
        tasks.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut all = CheckResult::default();
    for checked in looked {
        match checked {
            Ok(CheckResult { proven, faults }) => {
                all.proven.extend(proven);
                all.faults.extend(faults);
            }
            Err(_) => all.faults.push("a checking thread ended early".into()),
        }
    }
    if answers.len() != bodies.len() {
        all.faults.push(format!("{} calls, {} answers", bodies.len(), answers.len()));
    }
    let places: HashSet<LeafIndex> = all.proven.iter().map(|one| one.index).collect();
    if places.len() != all.proven.len() {
        all.faults.push("two deposits have the same place".into());
    }
    all
}

fn check_answers(bodies: &[&[u8]], answers: &[Answer], packing: BodyFormat, trust: &Trust) -> CheckResult {
    let mut checked = CheckResult::default();
    for answer in answers {
        let body = bodies.get(answer.call).copied().unwrap_or_default();
        let found = match packing {
            BodyFormat::Single => vec![single(body, answer, trust)],
            BodyFormat::Lines => lines(body, answer, trust),
        };
        for one in found {
            match one {
                Ok(proven) => checked.proven.push(proven),
                Err(fault) => checked.faults.push(format!("call {}: {fault}", answer.call)),
            }
        }
    }
    checked
}

fn single(request: &[u8], answer: &Answer, trust: &Trust) -> Result<VerifiedDeposit, String> {
    if !matches!(answer.status, 200 | 201) {
        return Err(format!("HTTP {}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
    }
    let receipt = receipt::parse(&answer.body).map_err(|error| error.to_string())?;
    proven(request, receipt, trust)
}

fn lines(body: &[u8], answer: &Answer, trust: &Trust) -> Vec<Result<VerifiedDeposit, String>> {
    if answer.status != 200 {
        return vec![Err(format!("HTTP {}: {}", answer.status, String::from_utf8_lossy(&answer.body)))];
    }
    let split = |text: &[u8]| -> Vec<Vec<u8>> {
        text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    };
    let (requests, verdicts) = (split(body), split(&answer.body));
    let mut found = Vec::with_capacity(requests.len());
    if requests.len() != verdicts.len() {
        found.push(Err(format!("{} lines, {} verdicts", requests.len(), verdicts.len())));
    }
    for (number, (request, verdict)) in (1..).zip(requests.iter().zip(&verdicts)) {
        found.push(verdict_of(number, request, verdict, trust));
    }
    found
}

fn verdict_of(number: usize, request: &[u8], verdict: &[u8], trust: &Trust) -> Result<VerifiedDeposit, String> {
    let verdict: BatchVerdict = serde_json::from_slice(verdict).map_err(|error| error.to_string())?;
    if verdict.line != number {
        return Err(format!("verdict {number} is of line {}", verdict.line));
    }
    let receipt = verdict.receipt.ok_or_else(|| format!("line {number}: HTTP {}", verdict.status))?;
    proven(request, Receipt::try_from(receipt).map_err(|error| error.to_string())?, trust)
}

fn proven(request: &[u8], receipt: Receipt, trust: &Trust) -> Result<VerifiedDeposit, String> {
    let sent = DepositRequest::parse(request).map_err(|error| error.to_string())?;
    if !receipt.entry.ends_with(&sent.statement) {
        return Err("the receipt is of another statement".into());
    }
    let question = Question::about(&receipt, trust);
    let report = verify(&question);
    if report.conclusion != Conclusion::RecordOnly {
        return Err(format!("the receipt does not verify: {:?}", report.conclusion));
    }
    Ok(VerifiedDeposit { index: receipt.index, entry: receipt.entry, header: receipt.header })
}
