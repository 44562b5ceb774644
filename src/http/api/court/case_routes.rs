//! The routes of cases, evidence and parties.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error_code::ErrorCode;
use crate::http::api::court::{acts, association, cases, hand_overs, imports, record, records, transfer, verification};
use crate::http::app_state::AppState;
use crate::http::openapi::{READS, WRITES, by_token, codes};

/// The rules that hold for every act upon a case.
const ACTING: &[ErrorCode] = codes![
    NotFound,
    SeveralCases,
    NotPermitted,
    WrongStage,
    OutOfOrder,
    RulesVersion,
    TooManyActs,
    IdentityRequired,
    SpecialAuthorityNeeded,
    ThroughStatutoryAgent,
    Recused,
    NotYours
];
/// Texts of an act.
const TEXTS: &[ErrorCode] = codes![TextTooLong, ControlCharacter];
/// The rules of acts in one word, and of acts with parameters.
const ACTS: &[ErrorCode] = codes![
    NoSuchAccount,
    NotOfACase,
    NoSuchParty,
    NoSuchAgent,
    RoleNotOfCase,
    NoSuchItem,
    MistypedNumber,
    NotNext,
    AlreadyInTheCase,
    TooManyAgents,
    PartyTaken,
    NotAssociated,
    ItemLocked,
    ItemWithdrawn,
    PeriodEnded,
    OwnItem,
    OtherItemVersion,
    EmptyReply,
    NoMediation,
    OtherCourt,
    NotInTheCase,
    OfOtherLedger,
    NothingToHold,
    HoldNamesNothing,
    HeldAlready,
    NotHeld,
    NotToday,
    NotAppointable,
    NotAppointed,
    PeriodNotSet,
    PeriodAlreadySet,
    PeriodTooShort,
    PeriodTooLong,
    PeriodSuspended,
    PeriodNotSuspended,
    PeriodOutOfOrder,
    PeriodNotLater,
    PeriodExchangeTooEarly,
    PeriodOutOfRange,
    PeriodBasis,
    PeriodInThePast,
    PeriodNeedsParty,
    PeriodNeedsGround,
    PeriodNeedsStart,
    NoEvidencePeriod,
    CourtOnly,
    DayMismatch,
    NotLate,
    ReasonNotRequired,
    FineOutOfRange,
    FineMismatch,
    AlreadyApplied,
    NoApplication,
    WindowNotNamed,
    NoSuchWindow,
    OnlyFirstInstance,
    ProcedureConversion,
    WindowNotForKind,
    WindowLength,
    WindowNeedsTime,
    WindowNotBegun,
    WindowBegun,
    WindowClosed,
];
/// The rules of hearings, transcripts, confirmation rounds and mediations.
const SESSIONS: &[ErrorCode] = codes![
    NoSuchDeposit,
    NoSuchPaper,
    NoSuchTranscript,
    NoSuchAgreement,
    NoSuchRound,
    NoSuchCorrection,
    NoSuchHearing,
    NoHearing,
    HearingNotEnded,
    NotInTheSession,
    RecordingClosed,
    SegmentOrder,
    ManifestDiffers,
    IdentityStale,
    VersionSuperseded,
    OtherDigest,
    NotOnTheList,
    AlreadyConfirmed,
    NotConfirmed,
    NotWithdrawable,
    AlreadyInForce,
    RoundOpen,
    RoundOver,
    SignersMissing,
    SignerTwice,
    PanelOnly,
    MethodNotOpen,
    ScanNeeded,
    CorrectionPending,
    CorrectionDecided,
    TranscriptFinal,
    MachineText,
    NotToBeSigned,
    WindowOver,
    MediationNotBegun,
    MediationBegun,
    MediationOver,
    SigningNotAgreed,
    OtherTrack,
    NotSigned,
    NoSuchEnd,
    NoticesNeeded,
    DefendantNeeded,
];
/// Decisions and appeals.
const COURSE: &[ErrorCode] = codes![
    NoSuchDeposit,
    PowerOfAttorneyNeeded,
    PowersNotNamed,
    NotAssigned,
    DocumentNeeded,
    DecisionRecorded,
    PanelNotOdd,
    FormerPanel,
    PanelNeeded,
    RelationshipNeeded,
    NoStatutoryAgent,
    StatutoryAgency,
    OtherAct,
    WithdrawalPending,
    NothingToRuleOn,
    TransferredBefore,
    NotSecondInstance,
    RemandedBefore,
    DecisionForm,
    InstanceEnded,
    NoSuchAppeal,
    NoSuchDecision,
    NoAppeal,
    AppealedBefore,
    AppealAgainstNobody,
    NothingToWithdraw,
    DocumentIncomplete,
];
/// The authority with which somebody joins a case.
const APPOINTING: &[ErrorCode] = codes![PowerOfAttorneyNeeded, RelationshipNeeded, NoStatutoryAgent];
/// A case whose dossier is with another court, or just comes from one.
const MOVING: &[ErrorCode] = codes![HandedOver, BeingTakenOver];
/// Hand-overs.
const HAND_OVERS: &[ErrorCode] = codes![
    NoSuchHandOver,
    SameCourt,
    DossierDiffers,
    ManifestEqual,
    OnPaper,
    NotTheOrigin,
    NotAppealed,
    NoGround,
    AppealPending,
    DecisionNotInForce,
    HandOverState,
    NotPassedOn,
    NoSuchDeposit,
    NoSuchDecision,
    NoAppeal,
    AlreadyPassedOn,
    TransferredBefore,
    NoCourtPair,
    OtherAct,
    NotNext,
    NothingCarried,
    OtherCourt,
    MistypedNumber,
    RulesVersion,
];

/// An import: its number, its receipt, the rules of evidence.
const IMPORT: &[ErrorCode] = codes![
    MistypedNumber,
    UnknownVersion,
    NoSuchDeposit,
    NoSuchParty,
    NoSuchItem,
    AlreadyImported,
    OtherDeposit,
    MediationMaterial,
    LedgerNotListed,
    BrokenReceipt,
    ItemLocked,
    ItemWithdrawn,
    PeriodEnded,
    NotNext,
    CourtOnly,
    DayMismatch,
    PurposeMismatch,
];

/// The routes.
pub(in crate::http) fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(by_token(
            routes!(cases::open_case),
            &[WRITES, ACTING, TEXTS, APPOINTING, codes![NoSuchAccount, PowersNotNamed, AlreadyInTheCase]],
        ))
        .routes(by_token(routes!(cases::list_cases), &[WRITES, codes![BadValue]]))
        .routes(by_token(routes!(cases::view_case), &[WRITES, codes![NotFound, SeveralCases]]))
        .routes(by_token(routes!(acts::act_upon_case), &[WRITES, ACTING, TEXTS, ACTS, SESSIONS, COURSE, MOVING]))
        .routes(by_token(routes!(records::view_records), &[WRITES, codes![NotFound]]))
        .routes(by_token(routes!(acts::list_acts), &[READS, codes![NotFound, SeveralCases]]))
        .routes(by_token(routes!(record::case_record), &[WRITES, codes![NotFound, SeveralCases]]))
        .routes(by_token(routes!(cases::case_access_log), &[WRITES, codes![NotFound, SeveralCases]]))
        .routes(by_token(
            routes!(association::issue_code),
            &[WRITES, ACTING, MOVING, codes![NoSuchParty, NoSuchCode, PartyTaken]],
        ))
        .routes(by_token(
            routes!(association::associate),
            &[
                WRITES,
                ACTING,
                TEXTS,
                MOVING,
                APPOINTING,
                codes![NoSuchCode, CodeUsedUp, CodeExpired, TooManyCodes, PartyTaken, AlreadyInTheCase, TooManyAgents],
            ],
        ))
        .routes(by_token(routes!(imports::import), &[WRITES, ACTING, TEXTS, IMPORT, MOVING, codes![ReasonNeeded]]))
        .routes(by_token(routes!(imports::import_batch), &[WRITES, codes![NotFound, SeveralCases, BatchTooLong]]))
        .routes(by_token(routes!(cases::view_item), &[WRITES, codes![NotFound, SeveralCases]]))
        .routes(by_token(
            routes!(verification::verify_item),
            &[
                WRITES,
                ACTING,
                MOVING,
                codes![BadSalt, UnknownAlgorithm, WrongLength, UpperCaseHex, UnknownVersion, ItemWithdrawn],
            ],
        ))
        .routes(by_token(
            routes!(transfer::transfer_case),
            &[
                WRITES,
                ACTING,
                MOVING,
                codes![AlreadyPassedOn, NothingCarried, OtherCourt, NoSuchParty, NoAppeal, OtherAct],
            ],
        ))
        .routes(by_token(routes!(hand_overs::send_hand_over), &[WRITES, ACTING, MOVING, HAND_OVERS]))
        .routes(by_token(routes!(hand_overs::list_hand_overs), &[READS]))
        .routes(by_token(routes!(hand_overs::view_hand_over), &[WRITES, codes![NotFound, NoSuchHandOver]]))
        .routes(by_token(routes!(hand_overs::receive_hand_over), &[WRITES, ACTING, TEXTS, MOVING, HAND_OVERS]))
}
