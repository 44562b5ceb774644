//! The reasons to reject an act upon a case. For the same reasons an act on the chain has no effect.

use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::rules_version::OlderRules;
use crate::court::case::service::service_error::ServiceError;
use crate::court::case::session_refusal::SessionRefusal;
use crate::court::ids::{AgentNumber, CodeNumber, ItemNumber, PartyNumber};
use crate::court::party_roles::roles_in;
use crate::court::period::PeriodError;
use crate::court::permission::DeniedReason;
use crate::court::window::{WindowError, WindowKind};
use crate::court::words::{CaseKind, PartyRole, Procedure};
use crate::error_code::ErrorCode;
use crate::ledger::verify::wording::Language;

/// Most acts of a case: some tens of megabytes of documents.
pub const ACTS_MAX: u64 = 50_000;

/// Why an act is rejected. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not permitted by the permission table.
    #[error(transparent)]
    Denied(#[from] DeniedReason),
    /// The case begins with `open`, once.
    #[error("a case begins with the act that opens it, and with no other")]
    OutOfOrder,
    /// The act belongs to another kind of stream.
    #[error("this act does not belong to a case")]
    NotOfACase,
    /// To sue, answer or import, the account must be identified.
    #[error("an identity check at the level of real names is needed first")]
    IdentityRequired,
    /// There is no such party.
    #[error("there is no party {0}")]
    NoSuchParty(PartyNumber),
    /// There is no such agent, or the agency has ended.
    #[error("there is no agent {0}")]
    NoSuchAgent(AgentNumber),
    /// There is no such association code in this case.
    #[error("there is no code {0}")]
    NoSuchCode(CodeNumber),
    /// A role of another kind of proceeding or instance.
    #[error("a case of the kind `{kind}` has no party in the role `{role}`: name one of {}", listed(.kind))]
    RoleNotOfCase {
        /// The role given.
        role: PartyRole,
        /// The kind of the case.
        kind: CaseKind,
    },
    /// There is no such item.
    #[error("there is no item {0}")]
    NoSuchItem(ItemNumber),
    /// It is another party's.
    #[error("this belongs to another party")]
    NotYours,
    /// The number was taken meanwhile.
    #[error("the next number is {expected}")]
    NotNext {
        /// The next free number.
        expected: u32,
    },
    /// An organisation or person is a party already, under this account.
    #[error("this account is a party or agent of the case already")]
    AlreadyInTheCase,
    /// 民诉法 art. 61: one or two agents.
    #[error("a party has at most two agents")]
    TooManyAgents,
    /// 民诉法 art. 62.
    #[error("an agent needs special authority for this")]
    SpecialAuthorityNeeded,
    /// The code's uses for this role are over.
    #[error("the association code is used up for this role")]
    CodeUsedUp,
    /// The code has expired.
    #[error("the association code has expired")]
    CodeExpired,
    /// The party has an account already.
    #[error("the party is associated with an account already")]
    PartyTaken,
    /// No account is associated with the party.
    #[error("no account is associated with the party")]
    NotAssociated,
    /// Evidence filed with the complaint is locked at submission.
    #[error("evidence filed with the complaint can be neither edited nor withdrawn")]
    ItemLocked,
    /// The item was withdrawn or replaced before.
    #[error("the item is withdrawn or replaced")]
    ItemWithdrawn,
    /// Only in the evidence period.
    #[error("the evidence period has ended")]
    PeriodEnded,
    /// A party cannot reply to its own item.
    #[error("a party does not reply to its own item")]
    OwnItem,
    /// A reply must say something.
    #[error("the reply says nothing")]
    EmptyReply,
    /// The item was restated: a reply answers the version that stands.
    #[error("the item was restated and has version {current} now: look at it again, and answer that version")]
    OtherItemVersion {
        /// The version that stands.
        current: u32,
    },
    /// The verified deposit is not the item's.
    #[error("the item is another deposit")]
    OtherDeposit,
    /// Items are transferred only into a case that continues another.
    #[error("the case continues no other, so nothing is carried into it")]
    NothingCarried,
    /// Only material of a mediation needs consent.
    #[error("only material of a mediation needs consent")]
    NoMediation,
    /// The case was already transferred in this way.
    #[error("the case has gone this way already")]
    AlreadyPassedOn,
    /// The number names another court.
    #[error("the case number is another court's")]
    OtherCourt,
    /// The case has reached the maximum number of acts.
    #[error("the case has {ACTS_MAX} acts")]
    TooManyActs,
    /// Orders and holds are limited to content of the case.
    #[error(
        "it is not in this case: name the deposit number of one of its items of evidence, or the account of a party or agent"
    )]
    NotInTheCase,
    /// The deposit is another ledger's: its private content is not kept on this platform.
    #[error(
        "the deposit is of another ledger, and its private content is not kept on this platform: apply to that platform"
    )]
    OfOtherLedger,
    /// A hold or a release is about exactly one deposit or one account.
    #[error("name either one deposit or one account whose erasure is suspended or resumed")]
    HoldNamesNothing,
    /// The case holds it already.
    #[error("this case suspends that erasure already: release it first")]
    HeldAlready,
    /// The case does not hold it.
    #[error("this case does not suspend that erasure: there is nothing to release")]
    NotHeld,
    /// An objection must be dated today.
    #[error("an objection is raised today, not on another day")]
    NotToday,
    /// Staff of the court, lawyers and auditors act in a case by their role alone.
    #[error("this role is not appointed case by case: grant it to the account instead")]
    NotAppointable,
    /// There is no such appointment.
    #[error("this account is not appointed in this role")]
    NotAppointed,
    /// The case was opened before this act existed.
    #[error(transparent)]
    RulesVersion(#[from] OlderRules),
    /// Only civil cases that are tried have evidence periods.
    #[error("a case of this kind has no evidence period")]
    NoEvidencePeriod,
    /// Only the court records this.
    #[error("only the court records this: the day of posting or handing in, or that the court collected the evidence")]
    CourtOnly,
    /// A day that has not come yet, or that is over.
    #[error("the day does not fit the day of the act")]
    NotYet,
    /// The item is in time.
    #[error("item {0} is not late, as the evidence period stands")]
    NotLate(ItemNumber),
    /// 民诉法 art. 68: the court first orders the party to state its reason.
    #[error("the party was not told to state the reason of the lateness")]
    ReasonNotRequired,
    /// 民诉法 art. 118.
    #[error("a fine here is {least} to {most} yuan")]
    Fine {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A fine is named with the decision that imposes one, and only with it.
    #[error("name a fine with the decision `fined`, and only with it")]
    FineMismatch,
    /// There is an application already.
    #[error("an application for this period is pending")]
    AlreadyApplied,
    /// There is no application.
    #[error("no application for this period is pending")]
    NoApplication,
    /// Several periods of the kind, and the act names none of them.
    #[error(
        "the party has several periods of the kind `{0}`: name one in `about`, as the case shows it under `windows`"
    )]
    WindowNotNamed(WindowKind),
    /// The party has no such period that has begun and is not closed.
    #[error(
        "the party has no period of the kind `{0}` about this that has begun: the case lists its periods under `windows`"
    )]
    NoSuchWindow(WindowKind),
    /// A case before another instance.
    #[error("claims are changed and counterclaims raised at first instance")]
    OnlyFirstInstance,
    /// 民诉法 arts. 169 and 170.
    #[error("a case by `{from}` procedure is not converted to `{to}`")]
    Conversion {
        /// The procedure of the case.
        from: Procedure,
        /// The procedure given.
        to: Procedure,
    },
    /// Evidence in rebuttal is about another party's item; a cure or reinforcement is about the own item.
    #[error("rebuttal is about another party's item, a cure or a reinforcement about an own item")]
    PurposeMismatch,
    /// The rules of service.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// Hearings, transcripts, confirmation rounds, mediation.
    #[error(transparent)]
    Session(#[from] SessionRefusal),
    /// Decisions, appeals, hand-overs.
    #[error(transparent)]
    Course(#[from] CourseRefusal),
    /// The evidence period.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// A window.
    #[error(transparent)]
    Window(#[from] WindowError),
}

/// The roles of a kind of case, for a message.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "messages of errors pass references")]
fn listed(kind: &CaseKind) -> String {
    let quoted: Vec<String> = roles_in(*kind).iter().map(|role| format!("`{role}`")).collect();
    quoted.join(", ")
}

impl Refusal {
    /// The message in Chinese, where it says more than the title of the code.
    #[must_use]
    pub fn chinese(&self) -> Option<String> {
        let zh = Language::Chinese;
        Some(match self {
            Self::RoleNotOfCase { role, kind } => {
                let roles: Vec<&str> = roles_in(*kind).iter().map(|role| role.label(zh)).collect();
                format!("{}案件没有“{}”，诉讼地位应为{}", kind.label(zh), role.label(zh), roles.join("、"))
            }
            Self::Period(PeriodError::Length(error)) => error.chinese(),
            Self::WindowNotNamed(kind) => format!("该当事人有多项“{}”，请指明其中一项", kind.label(zh)),
            Self::NoSuchWindow(kind) => format!("该当事人没有所指的“{}”，或者该期限尚未起算、已经完成", kind.label(zh)),
            _ => return None,
        })
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::OutOfOrder => ErrorCode::OutOfOrder,
            Self::NotOfACase => ErrorCode::NotOfACase,
            Self::IdentityRequired => ErrorCode::IdentityRequired,
            Self::NoSuchParty(_) => ErrorCode::NoSuchParty,
            Self::NoSuchAgent(_) => ErrorCode::NoSuchAgent,
            Self::NoSuchCode(_) => ErrorCode::NoSuchCode,
            Self::NoSuchItem(_) => ErrorCode::NoSuchItem,
            Self::RoleNotOfCase { .. } => ErrorCode::RoleNotOfCase,
            Self::NotYours => ErrorCode::NotYours,
            Self::NotNext { .. } => ErrorCode::NotNext,
            Self::AlreadyInTheCase => ErrorCode::AlreadyInTheCase,
            Self::TooManyAgents => ErrorCode::TooManyAgents,
            Self::SpecialAuthorityNeeded => ErrorCode::SpecialAuthorityNeeded,
            Self::CodeUsedUp => ErrorCode::CodeUsedUp,
            Self::CodeExpired => ErrorCode::CodeExpired,
            Self::PartyTaken => ErrorCode::PartyTaken,
            Self::NotAssociated => ErrorCode::NotAssociated,
            Self::ItemLocked => ErrorCode::ItemLocked,
            Self::ItemWithdrawn => ErrorCode::ItemWithdrawn,
            Self::PeriodEnded => ErrorCode::PeriodEnded,
            Self::OwnItem => ErrorCode::OwnItem,
            Self::EmptyReply => ErrorCode::EmptyReply,
            Self::OtherItemVersion { .. } => ErrorCode::OtherItemVersion,
            Self::OtherDeposit => ErrorCode::OtherDeposit,
            Self::NothingCarried => ErrorCode::NothingCarried,
            Self::NoMediation => ErrorCode::NoMediation,
            Self::AlreadyPassedOn => ErrorCode::AlreadyPassedOn,
            Self::OtherCourt => ErrorCode::OtherCourt,
            Self::TooManyActs => ErrorCode::TooManyActs,
            Self::NotInTheCase => ErrorCode::NotInTheCase,
            Self::OfOtherLedger => ErrorCode::OfOtherLedger,
            Self::HoldNamesNothing => ErrorCode::HoldNamesNothing,
            Self::HeldAlready => ErrorCode::HeldAlready,
            Self::NotHeld => ErrorCode::NotHeld,
            Self::NotToday => ErrorCode::NotToday,
            Self::NotAppointable => ErrorCode::NotAppointable,
            Self::NotAppointed => ErrorCode::NotAppointed,
            Self::RulesVersion(_) => ErrorCode::RulesVersion,
            Self::NoEvidencePeriod => ErrorCode::NoEvidencePeriod,
            Self::CourtOnly => ErrorCode::CourtOnly,
            Self::NotYet => ErrorCode::DayMismatch,
            Self::NotLate(_) => ErrorCode::NotLate,
            Self::ReasonNotRequired => ErrorCode::ReasonNotRequired,
            Self::Fine { .. } => ErrorCode::FineOutOfRange,
            Self::FineMismatch => ErrorCode::FineMismatch,
            Self::AlreadyApplied => ErrorCode::AlreadyApplied,
            Self::NoApplication => ErrorCode::NoApplication,
            Self::WindowNotNamed(_) => ErrorCode::WindowNotNamed,
            Self::NoSuchWindow(_) => ErrorCode::NoSuchWindow,
            Self::OnlyFirstInstance => ErrorCode::OnlyFirstInstance,
            Self::Conversion { .. } => ErrorCode::ProcedureConversion,
            Self::PurposeMismatch => ErrorCode::PurposeMismatch,
            Self::Service(error) => error.code(),
            Self::Session(error) => error.code(),
            Self::Course(refusal) => refusal.code(),
            Self::Period(error) => error.code(),
            Self::Window(error) => error.code(),
        }
    }
}
