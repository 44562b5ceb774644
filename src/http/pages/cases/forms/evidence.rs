//! Forms about evidence: import, editing, receipt, replies, lateness, admission.

use crate::court::acts::ActKind;
use crate::court::words::{AdmissionDecision, Collected, Ground, ItemForm, LatenessDecision, Opinion};
use crate::http::pages::cases::forms::field::{ActForm, Control, Field, Group, Shape, optional, required, words_of};

const FORM: Field = optional("form", Control::Words(words_of!(ItemForm)));
const COPIES: Field = optional("copies", Control::Whole);
const PAGES: Field = optional("pages", Control::Whole);
const NAME: Field = required("name", Control::Line).named("证据名称", "Name of the evidence");
const CONTENT: Field = required("content", Control::Area);
const ITEM: Field = required("item", Control::Item);
const DECISION_DOCUMENT: Field =
    optional("document", Control::Deposit).named("决定文书的存证编号", "Deposit number of the decision");
const OPINION: Control = Control::Radios(words_of!(Opinion));

pub(super) const FORMS: &[ActForm] = &[
    ActForm::new(
        ActKind::Import,
        Group::Evidence,
        &[
            required("deposit_number", Control::Deposit),
            NAME,
            CONTENT,
            optional("source", Control::Area),
            optional("proves", Control::Area),
            FORM,
            COPIES,
            PAGES,
            optional("replaces", Control::Item).named("替换的证据", "Replaces the item"),
            optional("purpose", Control::Purpose),
            optional("reason", Control::Area)
                .named("未在一审提交的理由", "Why it was not offered in first instance")
                .hint("二审提交新证据时须填写", "Needed for new evidence in second instance"),
            optional("party", Control::Party).named("为哪一方当事人录入", "For which party").court(),
            optional("handed_in", Control::HandedIn).court(),
            optional("collected", Control::Words(words_of!(Collected))).court(),
            optional("receipt", Control::Receipt).hint(
                "仅用于在其他账本存证的证据：粘贴回执文件全文",
                "Only for a deposit of another ledger: paste the whole receipt file",
            ),
        ],
    )
    .making(Shape::Import)
    .more("source", "更多信息（选填）", "More, all optional")
    .button("导入", "Import"),
    ActForm::new(
        ActKind::Restate,
        Group::Evidence,
        &[
            ITEM,
            NAME,
            CONTENT,
            optional("source", Control::Area),
            optional("proves", Control::Area),
            FORM,
            COPIES,
            PAGES,
        ],
    )
    .more("source", "更多信息（选填）", "More, all optional"),
    ActForm::new(ActKind::WithdrawItem, Group::Evidence, &[ITEM, optional("reason", Control::Area)])
        .lead("撤回后该证据仍留存于案件记录。", "A withdrawn item stays in the record of the case."),
    ActForm::new(
        ActKind::ReceiveItem,
        Group::Evidence,
        &[
            ITEM,
            FORM,
            COPIES,
            PAGES,
            optional("dossier_digests", Control::FileDigests).hint(
                "选择卷宗中的文件，由浏览器计算摘要；文件不上传",
                "Choose the file in the dossier. The browser computes its digests; it is not uploaded",
            ),
        ],
    ),
    ActForm::new(
        ActKind::Reply,
        Group::Evidence,
        &[
            ITEM,
            optional("item_version", Control::Derived),
            optional("authenticity", OPINION)
                .hint("证据的形成过程和内容是否客观真实", "Whether it came about and says what it seems to"),
            optional("legality", OPINION)
                .hint("提供主体、形式和收集程序是否合法", "Whether its form and the way it was obtained are lawful"),
            optional("relevance", OPINION).hint("与待证事实是否有联系", "Whether it bears on the fact to be proved"),
            optional("probative_value", Control::Area)
                .hint("就证明力有无、大小进行说明", "Whether it proves something, and how much"),
            optional("grounds", Control::Checks(words_of!(Ground))),
            optional("reason", Control::Area),
        ],
    )
    .titled("质证", "Reply to an item")
    .button("回复", "Reply"),
    ActForm::new(ActKind::Consent, Group::Evidence, &[ITEM]),
    ActForm::new(ActKind::ForwardItem, Group::Evidence, &[ITEM]),
    ActForm::new(
        ActKind::RequireReason,
        Group::Evidence,
        &[ITEM, optional("days", Control::Whole).named("说明期限（日）", "Days to state it")],
    ),
    ActForm::new(
        ActKind::ExplainLateness,
        Group::Evidence,
        &[
            ITEM,
            required("reason", Control::Area).named("逾期理由", "Reason of the lateness"),
            optional("handed_in", Control::HandedIn).court(),
        ],
    ),
    ActForm::new(
        ActKind::DecideLateness,
        Group::Evidence,
        &[
            ITEM,
            required("decision", Control::Words(words_of!(LatenessDecision))),
            optional("fine", Control::Whole),
            DECISION_DOCUMENT,
            optional("reason", Control::Area),
        ],
    ),
    ActForm::new(
        ActKind::DecideAdmission,
        Group::Evidence,
        &[
            ITEM,
            required("decision", Control::Radios(words_of!(AdmissionDecision))).named("认定", "Decision"),
            DECISION_DOCUMENT,
            optional("reason", Control::Area),
        ],
    ),
];
