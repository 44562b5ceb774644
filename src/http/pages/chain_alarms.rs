//! What an auditor is alerted to on `/chain`: a node that does not write, witnesses that do not cosign, and the evidence for it.

use crate::cosigning::cosigning_state::WitnessHealth;
use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::ledger::verify::wording::Language;
use crate::sequencer::state::{Halt, StopReason};
use crate::wire::bilingual::Bilingual;
use crate::wire::witnesses::{WitnessJson, WitnessesJson};

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What is the case.
    pub title: Bilingual,
    /// What that means.
    pub text: Bilingual,
    /// The stable code.
    pub code: String,
    /// Whether `/problems` explains the code.
    pub is_explained: bool,
    /// What proves it: its name, and the text as it was received.
    pub evidence: Option<(Bilingual, String)>,
}

impl Alarm {
    fn of(code: &str, title: Bilingual, text: Bilingual) -> Self {
        Self { title, text, code: code.to_owned(), is_explained: ErrorCode::parse(code).is_some(), evidence: None }
    }
}

/// The alarms of the node.
#[must_use]
pub fn alarms(state: &AppState, witnesses: &WitnessesJson) -> Vec<Alarm> {
    let halt = state.sequencer().ok().and_then(|sequencer| sequencer.health().writing.err());
    let of_witnesses = witnesses.items.iter().filter_map(|witness| of_witness(witness, witnesses.size));
    halt.as_ref().map(of_halt).into_iter().chain(of_witnesses).collect()
}

fn of_halt(halt: &Halt) -> Alarm {
    let (title, text) = match halt {
        Halt::Paused(pause) => {
            let code = pause.code();
            let title = Bilingual::new(
                format!("存证写入已暂停：{}", code.title_zh()),
                format!("Writing is paused: {}", code.title()),
            );
            (title, Bilingual::new(code.advice_zh(), code.advice()))
        }
        Halt::Stopped(StopReason::ForeignCheckpoint { witness, size, published }) => (
            Bilingual::new(
                "存证写入已停止：见证节点持有不同的账本历史",
                "Writing has stopped: a witness holds another history",
            ),
            Bilingual::new(
                format!(
                    "见证节点“{witness}”持有由本账本密钥签名、含 {size} 条记录的检查点，与本节点已发布的 {published} 条记录的历史不符。"
                ),
                format!(
                    "The witness `{witness}` has a checkpoint of {size} leaves that is signed with this ledger's key and is not of the history of this node, which has published {published}."
                ),
            ),
        ),
        Halt::Stopped(_) => {
            let code = ErrorCode::WritingStopped;
            let title = Bilingual::new("存证写入已停止", "Writing has stopped");
            (title, Bilingual::new(code.advice_zh(), code.advice()))
        }
    };
    Alarm::of(halt.code(), title, text)
}

/// A witness that did not cosign when it was last asked, or that has cosigned more than this node shows.
fn of_witness(witness: &WitnessJson, published: u64) -> Option<Alarm> {
    let is_ahead = witness.last_size.is_some_and(|size| size > published);
    let code = if is_ahead { "ahead" } else { witness.error.as_deref()? };
    let (zh, en) = explanation(code);
    let name = &witness.name;
    let title =
        Bilingual::new(format!("见证节点“{name}”未能共同签名"), format!("The witness `{name}` has not cosigned"));
    let note = witness.last_checkpoint.clone();
    let label = Bilingual::new("该见证节点最近共同签名的检查点", "The last checkpoint that it cosigned");
    let evidence = note.map(|note| (label, note));
    Some(Alarm { evidence, ..Alarm::of(code, title, Bilingual::new(zh, en)) })
}

/// What the code of a witness's failure means.
#[must_use]
pub fn explanation(code: &str) -> (&'static str, &'static str) {
    match code {
        "unreachable" => ("无法连接见证节点。", "The node cannot reach the witness."),
        "timeout" => ("见证节点未在时限内应答。", "The witness did not answer in time."),
        "answer_too_long" | "malformed_answer" => {
            ("见证节点的应答格式有误。", "The answer of the witness is malformed.")
        }
        "other_key" => (
            "应答由其他密钥签名，请向见证节点核实其密钥。",
            "The answer is signed by another key: ask the witness about its key.",
        ),
        "bad_cosignature" => ("见证签名验证不通过。", "The cosignature does not verify."),
        "conflict" => (
            "见证节点最近见证的检查点大小与本节点所知不同，节点将按其大小重新提交。",
            "The witness has cosigned another size than the node knows; the node asks again from that size.",
        ),
        "inconsistent" => (
            "见证节点认为本节点的检查点不是其先前所见的延续。请比对双方的检查点。",
            "The witness says that the checkpoint does not extend the one that it saw before. Compare both checkpoints.",
        ),
        "ahead" => (
            "见证节点见过比本节点更大的账本：本节点可能恢复自较旧的备份。请比对双方的检查点。",
            "The witness has seen a larger ledger than this node shows: the node may have been restored from an older copy. Compare both checkpoints.",
        ),
        "request_rejected" => ("见证节点认为请求有误。", "The witness rejects the request."),
        "signature_rejected" => {
            ("见证节点不认可账本签名。", "The witness does not accept the signature of the ledger.")
        }
        "ledger_unknown" => ("见证节点未跟随本账本。", "The witness does not follow this ledger."),
        "throttled" => ("见证节点限制了请求频率。", "The witness limits the rate of requests."),
        "unavailable" => ("见证节点暂时不能签名。", "The witness cannot cosign at the moment."),
        _ => ("见证节点的应答不符合预期。", "The witness answered something unexpected."),
    }
}

/// The state of a witness in words.
#[must_use]
pub fn state_label(state: &str, language: Language) -> &'static str {
    let (zh, en) = match state {
        word if word == WitnessHealth::Cosigning.word() => ("正常签名", "cosigning"),
        word if word == WitnessHealth::Unknown.word() => ("启动后尚未请求", "not asked since the start"),
        _ => ("未签名", "not cosigning"),
    };
    if language == Language::Chinese { zh } else { en }
}
