//! Forms of service of documents.

use crate::court::acts::ActKind;
use crate::court::service_words::{
    AddressKind, AddressSource, BoxState, Channel, ConsentAnswer, ConsentForm, ConsentScope, DocumentKind,
    ServiceGround, ServiceMode, ServiceOutcome, ServiceStep,
};
use crate::http::pages::cases::forms::field::{
    ActForm, Control, Field, Group, Shape, Word, optional, required, words_of,
};
use crate::wire::bilingual::Bilingual;

/// What a party agrees to, as the form shows it.
pub(in crate::http::pages::cases) const CONSENT_TEXT: (&str, &str) = (
    "人民法院可以通过中国审判流程信息公开网、诉讼平台、手机短信、电子邮件等电子方式送达诉讼文书。送达信息到达本人提供或者确认的电子地址所在系统时即为送达。判决书、裁定书、调解书的电子送达须另行同意，并可要求提供纸质文书。同意后可以撤回。",
    "The court may serve documents electronically: by a litigation platform, text message, e-mail and the like. A document is served when it arrives in the system of an address that I gave or confirmed. Judgments, rulings and mediation statements need a consent of their own, and paper can be asked for. Consent can be withdrawn.",
);

fn causes() -> Vec<Word> {
    let word = |(word, zh, en): (&'static str, &str, &str)| Word { word, label: Bilingual::new(zh, en) };
    let all = [
        ("address_unknown", "地址不存在或者有误", "unknown address"),
        ("mailbox_full", "收件系统已满", "mailbox full"),
        ("rejected", "收件系统拒收", "rejected by the receiving system"),
        ("unreachable", "无法连接收件系统", "receiving system unreachable"),
        ("returned", "邮件被退回", "mail returned"),
        ("other", "其他", "another cause"),
    ];
    all.into_iter().map(word).collect()
}

const PARTY: Field = optional("party", Control::Party).court();
const SERVICE: Field = required("service", Control::Service);
const BY_SERVICE: &[Field] = &[SERVICE];
const REASON: Field = optional("reason", Control::Area);

pub(super) const FORMS: &[ActForm] = &[
    ActForm::new(
        ActKind::ConsentService,
        Group::Service,
        &[
            optional("shown", Control::ShownText(CONSENT_TEXT.0, CONSENT_TEXT.1)),
            required("scope", Control::Radios(words_of!(ConsentScope))),
            required("answer", Control::Radios(words_of!(ConsentAnswer))),
            required("form", Control::Words(words_of!(ConsentForm))).named("同意方式", "How it was given"),
            optional("ticked", Control::Words(words_of!(BoxState))),
            optional("document", Control::Deposit)
                .named("约定或者书面材料的存证编号", "Deposit number of the agreement or paper"),
            PARTY,
            optional("clicked", Control::Now),
        ],
    )
    .making(Shape::Service)
    .button("提交意见", "Submit"),
    ActForm::new(
        ActKind::ServiceAddress,
        Group::Service,
        &[
            required("kind", Control::Words(words_of!(AddressKind))).named("地址种类", "Kind of address"),
            required("value", Control::Line)
                .hint("地址不上链，上链的是掩码", "The address stays off the chain; only its masked form goes on it"),
            required("source", Control::Words(words_of!(AddressSource))).named("地址来源", "Where it comes from"),
            optional("active", Control::Day)
                .hint(
                    "人民法院查得的地址，填写最近三个月内活跃的日期",
                    "For an address that the court found: a day within the last three months",
                )
                .court(),
            optional("replaces", Control::Address).named("替换的地址", "Replaces the address"),
            optional("document", Control::Deposit).named("确认书的存证编号", "Deposit number of the confirmation"),
            PARTY,
        ],
    )
    .making(Shape::Service),
    ActForm::new(ActKind::EndServiceAddress, Group::Service, &[required("address", Control::Address)])
        .making(Shape::Service),
    ActForm::new(
        ActKind::NameReceiver,
        Group::Service,
        &[required("agent", Control::Agent).named("代收人", "Receiver")],
    )
    .making(Shape::Service),
    ActForm::new(
        ActKind::ConfirmService,
        Group::Service,
        &[
            optional("document", Control::Deposit),
            optional("address", Control::Line).named("今后的送达地址", "Address for further documents"),
        ],
    )
    .lead(
        "确认已收到送达的文书。确认收到不表示认可文书内容。",
        "Confirms that the documents have come. It says nothing of their content.",
    ),
    ActForm::new(
        ActKind::Serve,
        Group::Service,
        &[
            required("party", Control::Party).named("受送达人", "Recipient"),
            required("mode", Control::Radios(words_of!(ServiceMode))),
            required("kind", Control::Words(words_of!(DocumentKind))).named("文书种类", "Kind of document"),
            required("document", Control::Deposit),
            optional("days", Control::Whole).named("文书载明的期限（日）", "Days that the document states").hint(
                "举证通知书必填；判决书和依法可以上诉的裁定书不填则依法定上诉期",
                "Required for a notice to adduce evidence; without it, a judgment or a ruling that can be appealed has the period of the law",
            ),
            optional("beside", Control::Service),
            REASON,
        ],
    )
    .making(Shape::Service),
    ActForm::new(
        ActKind::SendService,
        Group::Service,
        &[
            SERVICE,
            required("channel", Control::Words(words_of!(Channel))),
            optional("address", Control::Address),
            optional("published", Control::Day),
        ],
    )
    .making(Shape::Service),
    ActForm::new(
        ActKind::ReportService,
        Group::Service,
        &[
            SERVICE,
            required("attempt", Control::Attempt),
            required("step", Control::Words(words_of!(ServiceStep))),
            optional("at", Control::Moment).hint("不填则为现在", "Without it, now"),
            optional("cause", Control::Words(causes)),
            optional("own_act", Control::OwnAct)
                .hint("以相应诉讼行为送达的，选择该行为", "Where the recipient acted upon it: that act"),
        ],
    )
    .making(Shape::Service),
    ActForm::new(ActKind::ConfirmReceipt, Group::Service, BY_SERVICE).making(Shape::Service).lead(
        "确认已收到该文书。确认收到不表示认可文书内容。",
        "Confirms that the document has come. It says nothing of its content.",
    ),
    ActForm::new(ActKind::RequestPaper, Group::Service, BY_SERVICE).making(Shape::Service),
    ActForm::new(
        ActKind::ObjectService,
        Group::Service,
        &[SERVICE, required("ground", Control::Radios(words_of!(ServiceGround))), REASON],
    )
    .making(Shape::Service),
    ActForm::new(
        ActKind::DecideService,
        Group::Service,
        &[SERVICE, required("outcome", Control::Radios(words_of!(ServiceOutcome))), REASON],
    )
    .making(Shape::Service),
    ActForm::new(ActKind::DetermineService, Group::Service, &[SERVICE, REASON]).making(Shape::Service),
];
