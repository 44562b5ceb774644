//! Forms without a case: a case is opened, somebody associates with a case by its code.

use crate::court::acts::ActKind;
use crate::court::course_words::{Instance, SpecialPower};
use crate::court::values::Filer;
use crate::court::words::{Authority, CaseKind, Procedure};
use crate::http::pages::cases::forms::field::{
    ActForm, Control, Field, Group, Shape, Word, optional, required, words_of,
};
use crate::http::pages::cases::forms::filing::persons;
use crate::wire::bilingual::Bilingual;

/// 【我是原告】, 【我是代理人】, or the court for somebody who came in person.
fn filers() -> Vec<Word> {
    let word = |(filer, zh, en): (Filer, &str, &str)| Word { word: filer.word(), label: Bilingual::new(zh, en) };
    let all = [
        (Filer::Principal, "我是原告", "I am the plaintiff"),
        (Filer::Agent, "我是代理人", "I am an agent"),
        (Filer::StatutoryAgent, "我是法定代理人", "I am the statutory agent"),
        (Filer::Court, "法院代为录入", "The court enters it for a party"),
    ];
    all.into_iter().map(word).collect()
}

fn joiners() -> Vec<Word> {
    let word = |(filer, zh, en): (Filer, &str, &str)| Word { word: filer.word(), label: Bilingual::new(zh, en) };
    let all = [
        (Filer::Principal, "我是当事人", "I am the party"),
        (Filer::Agent, "我是代理人", "I am an agent"),
        (Filer::StatutoryAgent, "我是法定代理人", "I am the statutory agent"),
    ];
    all.into_iter().map(word).collect()
}

/// Proceedings that are opened, not handed over.
fn kinds() -> Vec<Word> {
    let opened = CaseKind::ALL
        .iter()
        .copied()
        .filter(|kind| !matches!(kind, CaseKind::CivilSecond | CaseKind::AdministrativeSecond | CaseKind::Bankruptcy));
    opened.map(|kind| Word { word: kind.word(), label: Bilingual::of(|language| kind.label(language)) }).collect()
}

/// A statutory agent says so by the kind of filer.
fn authorities() -> Vec<Word> {
    let all: Vec<Word> = words_of!(Authority)();
    all.into_iter().filter(|one| one.word != Authority::Statutory.word()).collect()
}

const AUTHORITY: Field = optional("authority", Control::Radios(authorities));
const INSTANCES: Field = optional("instances", Control::Checks(words_of!(Instance)));
const POWER: Field =
    optional("power", Control::Line).hint("委托书编号或者说明；代理人填写", "Its number or a description; for agents");
const RELATIONSHIP: Field = optional("relationship", Control::Line).hint(
    "户口簿、监护人指定书等的编号或者说明；法定代理人填写",
    "Number or description of a household register, an appointment of the guardian …; for statutory agents",
);

/// 我要起诉: identity, cause, court, the plaintiff, the agent.
pub static OPEN: ActForm = ActForm::new(
    ActKind::Open,
    Group::Filing,
    &[
        required("filer", Control::Radios(filers)).named("选择身份", "Who you are"),
        required("kind", Control::Words(kinds)).named("案件类型", "Kind of proceeding"),
        required("title", Control::Line)
            .named("起诉案由", "Cause of action")
            .hint("例如网络购物合同纠纷", "For example a dispute over an online purchase"),
        required("court", Control::Court),
        required("procedure", Control::Words(words_of!(Procedure))),
        required("subject", Control::Radios(persons)).named("原告主体类型", "Kind of plaintiff"),
        required("name", Control::Line).named("原告姓名或者名称", "Name of the plaintiff"),
        optional("claims", Control::Area).hint("也可在下一步填写", "It can be filled in later too"),
        AUTHORITY,
        optional("special", Control::Checks(words_of!(SpecialPower))),
        POWER,
        RELATIONSHIP,
        INSTANCES,
        optional("account", Control::Account).named("原告的账号", "Account of the plaintiff").hint(
            "代理人或者法院录入时，原告已在本平台注册的，填写其登录名",
            "For agents and the court: the login name of a plaintiff who is registered here",
        ),
        optional("role", Control::Derived),
    ],
)
.making(Shape::Open)
.more("authority", "诉讼代理人信息（代理人起诉或者关联时填写）", "The agent (if an agent acts)")
.titled("我要起诉", "Bring a suit")
.button("下一步", "Continue");

/// 关联案件.
pub static ASSOCIATE: ActForm = ActForm::new(
    ActKind::Associate,
    Group::People,
    &[
        required("code", Control::Line)
            .named("关联码", "Association code")
            .hint("由人民法院发给当事人，例如 7K2M-X9QT-3D5W", "Given to the party by the court, like 7K2M-X9QT-3D5W"),
        required("filer", Control::Radios(joiners)).named("选择身份", "Who you are"),
        optional("name", Control::Line).named("代理人姓名", "Name of the agent"),
        AUTHORITY,
        POWER,
        RELATIONSHIP,
        INSTANCES,
    ],
)
.making(Shape::Association)
.more("name", "诉讼代理人信息（代理人起诉或者关联时填写）", "The agent (if an agent acts)")
.button("关联案件", "Associate");
