//! Forms of decisions, appeals, the dossier, and of what continues a case elsewhere.

use crate::court::acts::ActKind;
use crate::court::course_words::{
    AppealOutcome, DocumentForm, FiledWith, JurisdictionGround, RetrialGround, RulingKind, Volume,
};
use crate::court::words::{CaseKind, Procedure, TransferKind};
use crate::http::pages::cases::forms::field::{
    ActForm, Control, Field, Group, Shape, Word, optional, required, words_of,
};
use crate::wire::bilingual::Bilingual;

fn transfers(kinds: &[TransferKind]) -> Vec<Word> {
    let word = |kind: &TransferKind| Word { word: kind.word(), label: Bilingual::of(|language| kind.label(language)) };
    kinds.iter().map(word).collect()
}

/// How a case is continued by an account with the role at both courts.
fn transfer_kinds() -> Vec<Word> {
    transfers(&[TransferKind::SecondInstance, TransferKind::Suit, TransferKind::Retrial])
}

/// Why a dossier is handed over.
fn hand_overs() -> Vec<Word> {
    transfers(&[
        TransferKind::SecondInstance,
        TransferKind::Jurisdiction,
        TransferKind::Remand,
        TransferKind::DossierReturn,
        TransferKind::Retrial,
    ])
}

const OF_PARTY: Field = optional("party", Control::Party).named("为哪一方当事人录入", "For which party").court();

pub(super) const FORMS: &[ActForm] = &[
    ActForm::new(
        ActKind::Judge,
        Group::Decisions,
        &[required("document", Control::Deposit).named("判决书的存证编号", "Deposit number of the judgment")],
    )
    .sure(
        "已核对判决书。宣判一经记入案件，不得撤回",
        "I have checked the judgment; once pronounced, it cannot be taken back",
    ),
    ActForm::new(
        ActKind::Rule,
        Group::Decisions,
        &[
            required("ruling", Control::Words(words_of!(RulingKind))),
            required("document", Control::Deposit).named("裁定书的存证编号", "Deposit number of the ruling"),
            optional("party", Control::Party).named("涉及的当事人", "Party concerned"),
        ],
    )
    .sure(
        "已核对裁定书。裁定一经记入案件，不得撤回",
        "I have checked the ruling; once recorded, it cannot be taken back",
    ),
    ActForm::new(ActKind::WithdrawSuit, Group::Decisions, &[]).sure("确认申请撤诉", "Apply to withdraw the suit"),
    ActForm::new(ActKind::Close, Group::Decisions, &[]).sure("确认结案", "Close the case"),
    ActForm::new(
        ActKind::ObjectJurisdiction,
        Group::Decisions,
        &[
            required("ground", Control::Radios(words_of!(JurisdictionGround))).named("异议事由", "It is about").hint(
                "应诉答辩后，仅就级别管辖、专属管辖提出的异议待裁定",
                "After an answer to the suit, only the level of the court and exclusive jurisdiction are left to be ruled on",
            ),
            required("reason", Control::Area),
            optional("document", Control::Deposit).named("申请书的存证编号", "Deposit number of the application"),
            OF_PARTY,
        ],
    ),
    ActForm::new(
        ActKind::Answer,
        Group::Decisions,
        &[
            required("document", Control::Deposit).named("答辩状的存证编号", "Deposit number of the answer"),
            optional("appeal", Control::Appeal).hint("不选则为对起诉的答辩", "Without one, an answer to the suit"),
            OF_PARTY,
        ],
    ),
    ActForm::new(
        ActKind::Appeal,
        Group::Decisions,
        &[
            required("decision", Control::Decision).named("上诉所针对的裁判", "Decision appealed"),
            required("petition", Control::Deposit),
            optional("against", Control::Parties),
            optional("filed_with", Control::Radios(words_of!(FiledWith))).court(),
            optional("day", Control::Day).named("提交或者交邮之日", "Day of filing or mailing").court(),
            optional("party", Control::Party).named("上诉人", "Appellant").court(),
        ],
    ),
    ActForm::new(ActKind::WithdrawAppeal, Group::Decisions, &[OF_PARTY])
        .sure("确认申请撤回上诉", "Apply to withdraw the appeal"),
    ActForm::new(ActKind::FormPanel, Group::Decisions, &[required("members", Control::Judges)]),
    ActForm::new(
        ActKind::FileDocument,
        Group::Dossier,
        &[
            required("volume", Control::Radios(words_of!(Volume))),
            required("form", Control::Radios(words_of!(DocumentForm))).named("材料形式", "Form"),
            required("pages", Control::Whole),
            required("name", Control::Line).named("材料名称", "Name of the document"),
            optional("deposit_number", Control::Deposit),
        ],
    ),
    ActForm::new(
        ActKind::SendHandOver,
        Group::Dossier,
        &[
            required("kind", Control::Radios(hand_overs)).named("移交种类", "Kind of hand-over"),
            required("to", Control::Court),
            required("basis", Control::Decision).named("依据的裁判", "Decision it is based on"),
            optional("ground", Control::Words(words_of!(RetrialGround)))
                .named("再审事由", "Ground of the retrial")
                .hint("进入再审时填写", "For a retrial"),
            optional("parties", Control::Parties)
                .hint("仅当事人申请再审时选择", "Only where a party applied for the retrial"),
            optional("on_paper", Control::Whole),
            optional("outcome", Control::Words(words_of!(AppealOutcome)))
                .named("二审结果", "Result of the second instance")
                .hint("退还案卷时填写", "Where the dossier goes back"),
        ],
    )
    .making(Shape::HandOver)
    .lead(
        "移交清单由案件记录计算得出；接收法院核对接收前，不发生移交效力。",
        "The manifest is computed from the case. Nothing is taken over until the receiving court has accepted it.",
    )
    .sure(
        "确认移交；以裁判已生效为前提的，已核实没有交邮在途的上诉状",
        "Send it; where it rests on a decision in force, I have checked that no petition of appeal is in the mail",
    ),
    ActForm::new(
        ActKind::PassOn,
        Group::Dossier,
        &[
            required("transfer", Control::Radios(transfer_kinds)),
            required("court", Control::Court).named("接收法院", "Receiving court"),
            required("kind", Control::Words(words_of!(CaseKind))).named("后续案件类型", "Kind of the new case"),
            required("procedure", Control::Words(words_of!(Procedure))),
            optional("brought_by", Control::Party),
        ],
    )
    .making(Shape::Transfer),
];
