//! Forms of the filing: parties, agents, claims, submission, review, assignment.

use crate::court::acts::ActKind;
use crate::court::course_words::{Instance, SpecialPower};
use crate::court::words::{Authority, SubjectKind};
use crate::http::pages::cases::forms::field::{ActForm, Control, Group, Shape, Word, optional, required, words_of};
use crate::wire::bilingual::Bilingual;

/// Kinds of persons that are parties.
pub(in crate::http::pages::cases) fn persons() -> Vec<Word> {
    let kinds = [SubjectKind::NaturalPerson, SubjectKind::LegalPerson, SubjectKind::OtherOrganisation];
    let word = |kind: SubjectKind| Word { word: kind.word(), label: Bilingual::of(|language| kind.label(language)) };
    kinds.into_iter().map(word).collect()
}

pub(super) const FORMS: &[ActForm] = &[
    ActForm::new(
        ActKind::Describe,
        Group::Filing,
        &[optional("title", Control::Line), optional("claims", Control::Area)],
    )
    .lead(
        "至少填写一项。诉讼请求应当具体，事实和理由另起一段。",
        "Fill in at least one. State each claim, then facts and reasons.",
    ),
    ActForm::new(
        ActKind::ConfirmNotice,
        Group::Filing,
        &[optional("document", Control::Deposit).named("须知文本的存证编号", "Deposit number of the notice")],
    )
    .sure("我已阅读《民事诉讼须知》《诉讼风险告知书》《廉政监督卡》", "I have read the notices before filing"),
    ActForm::new(ActKind::Submit, Group::Filing, &[])
        .sure("以上信息确认无误", "I have checked the above, and it is correct"),
    ActForm::new(ActKind::WithdrawFiling, Group::Filing, &[]).sure("确认撤回立案申请", "Withdraw the filing"),
    ActForm::new(ActKind::Approve, Group::Filing, &[])
        .lead("审核通过后，可立案并登记案号。", "After the review the case can be filed, with its case number."),
    ActForm::new(ActKind::ReturnFiling, Group::Filing, &[required("reason", Control::Area)])
        .lead("起诉方补充后可再次提交。", "The filer can supplement it and submit it again."),
    ActForm::new(ActKind::Reject, Group::Filing, &[optional("reason", Control::Area)]),
    ActForm::new(
        ActKind::Refuse,
        Group::Filing,
        &[
            optional("document", Control::Deposit).named("不予立案裁定的存证编号", "Deposit number of the ruling"),
            optional("reason", Control::Area),
        ],
    ),
    ActForm::new(
        ActKind::FileCase,
        Group::Filing,
        &[optional("number", Control::Line).hint(
            "例如（2026）粤0192民初113号；可在立案后登记",
            "With year, court and serial number; it can be registered later",
        )],
    ),
    ActForm::new(
        ActKind::BindNumber,
        Group::Filing,
        &[required("number", Control::Line).hint(
            "例如（2026）粤0192民初113号。已登记的案号有误的，在此重新登记即为更正，更正前后的案号均留存记录",
            "With year, court and serial number. A wrong number is corrected by registering the right one; the record keeps both",
        )],
    ),
    ActForm::new(
        ActKind::Assign,
        Group::Filing,
        &[optional("judge", Control::Judge).hint("不选则仅登记已分案", "Without one, only the assignment is recorded")],
    ),
    ActForm::new(
        ActKind::AddParty,
        Group::People,
        &[
            required("role", Control::Role),
            required("subject", Control::Radios(persons)),
            required("name", Control::Line).named("姓名或者名称", "Name"),
            optional("account", Control::Account).hint(
                "该当事人已在本平台注册的，填写其登录名；否则日后凭关联码加入",
                "The login name, if the party is registered here; otherwise it joins by a code",
            ),
        ],
    ),
    ActForm::new(
        ActKind::RestateParty,
        Group::People,
        &[
            required("party", Control::Party),
            optional("name", Control::Line).named("更正后的姓名或者名称", "Right name"),
            optional("subject", Control::Radios(persons)).named("更正后的主体类型", "Right kind of party"),
        ],
    )
    .lead("请填写需要更正的事项；更正前后的内容均留存备查。", "Fill in what is to be corrected. The record keeps both."),
    ActForm::new(ActKind::EndAssociation, Group::People, &[required("party", Control::Party)])
        .lead(
            "用于关联账号有误的情形：解除后，该账号不再代表该当事人，已办理的事项留存记录。该账号委托的代理人，须另行解除委托；请重新生成关联码。",
            "For an association with a wrong account: it no longer acts for the party, and its acts stay in the record. End the agencies that it gave, too, and issue another code.",
        )
        .sure("已核实关联账号有误，确认解除", "I have checked that the account is a wrong one; end the association"),
    ActForm::new(
        ActKind::AddAgent,
        Group::People,
        &[
            required("party", Control::Party).named("被代理的当事人", "Party represented"),
            required("account", Control::Account).named("代理人的账号", "Account of the agent"),
            optional("name", Control::Line).named("代理人姓名", "Name of the agent"),
            required("authority", Control::Radios(words_of!(Authority))),
            optional("special", Control::Checks(words_of!(SpecialPower))),
            optional("power", Control::Line).hint("委托书编号或者说明", "Its number or a description"),
            optional("relationship", Control::Line).hint(
                "法定代理的，填写户口簿、监护人指定书等监护关系证明，不填授权委托书",
                "For a statutory agent instead of a power of attorney: a household register, an appointment of the guardian …",
            ),
            optional("instances", Control::Checks(words_of!(Instance))),
        ],
    ),
    ActForm::new(ActKind::EndAgent, Group::People, &[required("agent", Control::Agent)]),
    ActForm::new(
        ActKind::IssueCode,
        Group::People,
        &[
            required("party", Control::Party),
            required("party_uses", Control::Whole).hint("0 或 1", "0 or 1"),
            required("agent_uses", Control::Whole).hint("0 至 2", "0 to 2"),
            required("days", Control::Whole).named("有效天数", "Days of validity").hint("1 至 366", "1 to 366"),
        ],
    )
    .making(Shape::Code)
    .lead(
        "关联码仅在生成后显示一次，请当面或者通过可靠途径交给该当事人。",
        "The code is shown once. Give it to the party in person or in another reliable way.",
    ),
];
