//! Forms about appointments, hearings, transcripts, confirmation rounds and mediation.

use crate::court::acts::ActKind;
use crate::court::session_words::{
    AgreementTrack, ConfirmationMethod, CorrectionDecision, CorrectionGround, MediationEnd, SessionActivity,
    TranscriptKind, VersionSource, WayOut,
};
use crate::court::words::Role;
use crate::http::pages::cases::forms::field::{ActForm, Control, Field, Group, Word, optional, required, words_of};
use crate::wire::bilingual::Bilingual;

/// Roles that a court appoints to a case.
fn appointed() -> Vec<Word> {
    let roles = Role::ALL.iter().copied().filter(|role| role.needs_appointment());
    roles.map(|role| Word { word: role.word(), label: Bilingual::of(|language| role.label(language)) }).collect()
}

const APPOINTMENT: &[Field] = &[
    required("role", Control::Words(appointed)).named("参与身份", "Role"),
    required("account", Control::Staff).named("人员", "Person"),
];
const ACTIVITY: &[Field] = &[required("activity", Control::Radios(words_of!(SessionActivity)))];
const HEARING: Field =
    optional("hearing", Control::Hearing).hint("不选则为最近一次庭审", "Without one, the last hearing");
const TRANSCRIPT: Field = required("transcript", Control::Transcript);
const ROUND: Field = required("round", Control::Round);
const PERSON: Field = optional("person", Control::Person).hint("不选则为本人", "Without one, oneself");
const AGREEMENT: Field = required("agreement", Control::Agreement);
const TEXT: Field = required("document", Control::Deposit).named("文本的存证编号", "Deposit number of the text");

pub(super) const FORMS: &[ActForm] = &[
    ActForm::new(ActKind::Appoint, Group::Hearing, APPOINTMENT),
    ActForm::new(ActKind::EndAppointment, Group::Hearing, APPOINTMENT),
    ActForm::new(ActKind::BeginHearing, Group::Hearing, &[]),
    ActForm::new(ActKind::AdjournHearing, Group::Hearing, &[]),
    ActForm::new(ActKind::EndHearing, Group::Hearing, &[]),
    ActForm::new(ActKind::JoinSession, Group::Hearing, ACTIVITY)
        .lead("进入前须完成为本次活动所作的实名核验。", "The identity must have been checked for this session."),
    ActForm::new(ActKind::LeaveSession, Group::Hearing, ACTIVITY),
    ActForm::new(
        ActKind::AddRecording,
        Group::Hearing,
        &[
            HEARING,
            required("document", Control::Deposit).named("录像分段的存证编号", "Deposit number of the segment"),
            required("name_commitment", Control::ListedName)
                .named("录像分段在清单中的名称", "Name of the segment in the item list")
                .hint(
                    "选择录像系统生成的清单文件，再选择分段；文件不上传，上链的是名称承诺值",
                    "Choose the item list of the recording system, then the segment. The list is not uploaded; only the commitment to the name goes on the chain",
                ),
            required("from", Control::Moment),
            required("until", Control::Moment).named("结束时间", "Until"),
        ],
    ),
    ActForm::new(
        ActKind::CloseRecording,
        Group::Hearing,
        &[
            HEARING,
            required("document", Control::Deposit).named("录像清单的存证编号", "Deposit number of the manifest"),
        ],
    ),
    ActForm::new(
        ActKind::OpenTranscript,
        Group::Hearing,
        &[required("kind", Control::Words(words_of!(TranscriptKind))).named("笔录种类", "Kind of transcript"), HEARING],
    ),
    ActForm::new(
        ActKind::AddTranscriptVersion,
        Group::Hearing,
        &[
            TRANSCRIPT,
            required("source", Control::Words(words_of!(VersionSource))).named("版本来源", "How it was made"),
            TEXT,
        ],
    ),
    ActForm::new(
        ActKind::RequestCorrection,
        Group::Hearing,
        &[
            TRANSCRIPT,
            optional("version", Control::Derived),
            optional("speaker", Control::Speaker).hint("不选则为本人的陈述", "Without one, one's own statement"),
            required("ground", Control::Radios(words_of!(CorrectionGround))),
            required("place", Control::Line).hint("例如第 3 页第 5 行", "For example page 3, line 5"),
            required("wording", Control::Area),
            optional("segment", Control::Whole),
        ],
    ),
    ActForm::new(
        ActKind::DecideCorrection,
        Group::Hearing,
        &[
            TRANSCRIPT,
            required("correction", Control::Correction),
            required("decision", Control::Radios(words_of!(CorrectionDecision))),
            optional("reason", Control::Area),
        ],
    ),
    ActForm::new(ActKind::FinaliseTranscript, Group::Hearing, &[TRANSCRIPT]),
    ActForm::new(
        ActKind::OpenRound,
        Group::Hearing,
        &[
            optional("transcript", Control::Transcript)
                .hint("笔录和调解协议选择其一", "Choose a transcript or an agreement"),
            optional("agreement", Control::Agreement),
            required("signers", Control::Signers),
        ],
    ),
    ActForm::new(
        ActKind::Confirm,
        Group::Hearing,
        &[
            ROUND,
            required("digest", Control::RoundDigest),
            required("method", Control::Radios(words_of!(ConfirmationMethod))),
            PERSON.court(),
            optional("document", Control::Deposit)
                .named("签名扫描件的存证编号", "Deposit number of the scan")
                .hint("线下签名后录入时填写", "For what was signed on paper")
                .court(),
            optional("checked_at", Control::Moment).court(),
        ],
    )
    .titled("确认（签名）", "Confirm")
    .sure("我已阅读笔录，确认无误", "I have read the text and confirm it")
    .button("确认笔录", "Confirm"),
    ActForm::new(ActKind::WithdrawConfirmation, Group::Hearing, &[ROUND, PERSON.court()]),
    ActForm::new(ActKind::RecordRefusal, Group::Hearing, &[ROUND, PERSON.court(), optional("reason", Control::Area)]),
    ActForm::new(ActKind::AgreeMediation, Group::Mediation, &[]),
    ActForm::new(ActKind::AcceptMediation, Group::Mediation, &[]),
    ActForm::new(
        ActKind::ProlongMediation,
        Group::Mediation,
        &[required("until", Control::Day).named("延长至", "Until")],
    ),
    ActForm::new(
        ActKind::DraftAgreement,
        Group::Mediation,
        &[
            optional("agreement", Control::Agreement).hint("不选则为新的调解协议", "Without one, a new agreement"),
            required("track", Control::Words(words_of!(AgreementTrack))),
            TEXT,
        ],
    ),
    ActForm::new(ActKind::AgreeSigning, Group::Mediation, &[AGREEMENT]),
    ActForm::new(
        ActKind::EndMediation,
        Group::Mediation,
        &[
            optional("agreement", Control::Agreement)
                .hint("不选则终止整个调解", "Without one, the mediation as a whole"),
            required("reason", Control::Words(words_of!(MediationEnd))).named("终止原因", "Reason"),
            optional("note", Control::Area),
        ],
    ),
    ActForm::new(
        ActKind::ApplyWayOut,
        Group::Mediation,
        &[AGREEMENT, required("way", Control::Radios(words_of!(WayOut)))],
    ),
    ActForm::new(
        ActKind::IssueMediationDocument,
        Group::Mediation,
        &[
            AGREEMENT,
            required("document", Control::Deposit)
                .named("调解书的存证编号", "Deposit number of the mediation document"),
        ],
    ),
];
