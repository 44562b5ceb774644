//! Forms about periods, claims and the procedure.

use crate::court::acts::ActKind;
use crate::court::period::basis::Basis;
use crate::court::period::by_party::ResetGround;
use crate::court::words::{ClaimChange, Procedure};
use crate::http::pages::cases::forms::field::{ActForm, Control, Field, Group, Word, optional, required, words_of};
use crate::wire::bilingual::Bilingual;
use crate::wire::court::period::basis;

fn bases() -> Vec<Word> {
    let word = |one: Basis| {
        let text = basis(one);
        Word { word: one.word(), label: Bilingual::new(text.zh, text.en) }
    };
    Basis::ALL.into_iter().map(word).collect()
}

const BASIS: Field = required("basis", Control::Words(bases));
const DAYS: Field = required("days", Control::Whole);
const START: Field = optional("start", Control::Day).hint(
    "期限自次日起算，填写时须同时选择当事人；不填则自本案记录的送达起算",
    "The period runs from the day after; name the party too. Without it, from the service on record",
);
const PARTY: Field = optional("party", Control::Party).hint("不选则适用于全体当事人", "Without one, for all parties");
const OF_PARTY: Field = optional("party", Control::Party).named("申请的当事人", "Applicant").court();
/// What the chosen period is about, and whose it is, follows from the choice.
const ABOUT: Field = optional("about", Control::Derived);
const HANDED_IN: Field = optional("handed_in", Control::HandedIn).court();
const DOCUMENT: Field = optional("document", Control::Deposit);

pub(super) const FORMS: &[ActForm] = &[
    ActForm::new(ActKind::SetPeriod, Group::Periods, &[BASIS, DAYS, START, PARTY]),
    ActForm::new(
        ActKind::ResetPeriod,
        Group::Periods,
        &[BASIS, DAYS, START, PARTY, optional("ground", Control::Words(words_of!(ResetGround)))],
    ),
    // 民诉法解释 art. 100 (1).
    ActForm::new(ActKind::ExtendPeriod, Group::Periods, &[DAYS]).lead(
        "延长举证期限的，适用于全体当事人，各方举证期限均按所填天数延长。",
        "An extension counts for all parties: the evidence period of each one becomes longer by these days.",
    ),
    ActForm::new(
        ActKind::SuspendPeriod,
        Group::Periods,
        &[required("on", Control::Day).named("中止之日", "Day of the objection")],
    ),
    ActForm::new(
        ActKind::ResumePeriod,
        Group::Periods,
        &[required("on", Control::Day).named("裁定生效之日", "Day on which the ruling took effect")],
    ),
    ActForm::new(
        ActKind::ExchangeEvidence,
        Group::Periods,
        &[required("day", Control::Day).named("证据交换之日", "Day of the exchange")],
    ),
    ActForm::new(
        ActKind::AllowRebuttal,
        Group::Periods,
        &[required("party", Control::Party), required("item", Control::Item), DAYS, START],
    ),
    ActForm::new(ActKind::OpenReplies, Group::Periods, &[DAYS, START, PARTY]),
    ActForm::new(
        ActKind::ApplyDeferral,
        Group::Periods,
        &[
            required("window", Control::Window).named("申请顺延的期限", "Period to be deferred"),
            required("obstacle_ended", Control::Day),
            required("reason", Control::Area),
            HANDED_IN,
            optional("party", Control::Derived),
            ABOUT,
        ],
    ),
    ActForm::new(
        ActKind::DecideDeferral,
        Group::Periods,
        &[
            required("window", Control::Deferral).named("申请顺延的期限", "Period of the application"),
            optional("last", Control::Day).hint("不填表示不予准许", "Without it, the application is dismissed"),
            optional("reason", Control::Area),
            optional("party", Control::Derived),
            ABOUT,
        ],
    ),
    ActForm::new(
        ActKind::ChangeClaims,
        Group::Periods,
        &[
            required("change", Control::Radios(words_of!(ClaimChange))),
            required("claims", Control::Area).named("变更后的诉讼请求", "Claims"),
            DOCUMENT,
            OF_PARTY,
            HANDED_IN,
        ],
    ),
    ActForm::new(
        ActKind::Counterclaim,
        Group::Periods,
        &[
            required("claims", Control::Area).named("反诉请求、事实和理由", "Counterclaim, facts and reasons"),
            DOCUMENT.named("反诉状的存证编号", "Deposit number of the counterclaim"),
            OF_PARTY,
            HANDED_IN,
        ],
    ),
    ActForm::new(
        ActKind::ConvertProcedure,
        Group::Periods,
        &[
            required("procedure", Control::Words(words_of!(Procedure))).named("转换为", "New procedure"),
            DOCUMENT.named("裁定的存证编号", "Deposit number of the ruling"),
        ],
    ),
];
