//! Random acts of every kind: few accounts, parties, items and days, so that they meet each other often.
//!
//! One number makes one act, so a failing sequence shrinks by leaving out acts.

mod decisions;
mod evidence;
mod identities;
mod service;
pub(in crate::court) mod session;

use crate::court::acts::*;
use crate::court::calendar::{Calendar, Day};
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{ActPosition, CaseFile, Item};
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::document::{Document, Stream};
use crate::court::ids::{
    AccountId, AgentNumber, AgreementNumber, AnnexId, CaseId, CodeNumber, CorrectionNumber, HearingNumber, ItemNumber,
    PartyNumber, RequestId, RoundNumber, TokenId, TranscriptNumber,
};
use crate::court::period::basis::Basis;
use crate::court::period::by_party::ResetGround;
use crate::court::values::{Capacity, Code, Filer, FirstImport, HandedIn, IdentityCheck, ItemPurpose, StepOutcome};
use crate::court::window::{Subject, WindowKind};
use crate::court::words::*;
use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::time::Timestamp;

/// The fixtures' first moment: midnight in Beijing.
pub(in crate::court) const START: u64 = 1_795_276_800_000;

/// Numbers out of one number.
pub(in crate::court) struct Dice(pub(in crate::court) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        // splitmix64: every seed gives another sequence, neighbouring seeds too.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(in crate::court) fn below(&mut self, n: u32) -> u32 {
        u32::try_from(self.next() % u64::from(n)).unwrap()
    }

    pub(in crate::court) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(u32::try_from(all.len()).unwrap()) as usize].clone()
    }

    pub(in crate::court) fn optional<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 0).then(|| value(self))
    }

    pub(in crate::court) fn many<T>(&mut self, value: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.below(3)).map(|_| value(self)).collect()
    }

    pub(in crate::court) fn digest(&mut self) -> Digest {
        Digest([u8::try_from(self.below(4)).unwrap(); 32])
    }

    pub(in crate::court) fn account(&mut self) -> AccountId {
        AccountId(Digest([u8::try_from(self.below(7)).unwrap(); 32]))
    }

    pub(in crate::court) fn annex(&mut self) -> AnnexId {
        AnnexId(Digest([u8::try_from(self.below(200)).unwrap(); 32]))
    }

    /// The next number, mostly.
    pub(in crate::court) fn number(&mut self, next: Option<u32>) -> u32 {
        if self.below(4) > 0 { next.unwrap_or(1) } else { 1 + self.below(5) }
    }

    pub(in crate::court) fn party(&mut self) -> PartyNumber {
        PartyNumber(1 + self.below(3))
    }

    fn item(&mut self) -> ItemNumber {
        ItemNumber(1 + self.below(4))
    }

    /// One that is there, mostly.
    fn item_of(&mut self, file: Option<&CaseFile>) -> ItemNumber {
        let there = file.map_or(0, |file| u32::try_from(file.items.size()).unwrap());
        if there == 0 || self.below(8) == 0 { self.item() } else { ItemNumber(1 + self.below(there)) }
    }

    /// A late one, if there is one, mostly.
    fn late_item(&mut self, file: Option<&CaseFile>) -> ItemNumber {
        let is_late = |(file, item): (&CaseFile, &Item)| file.lateness(item, &Calendar::default()).is_late();
        let late =
            file.map(|file| file.items.iter().filter(|(_, item)| is_late((file, item))).map(|(number, _)| *number));
        let late: Vec<ItemNumber> = late.into_iter().flatten().collect();
        if late.is_empty() || self.below(6) == 0 { self.item_of(file) } else { self.of(&late) }
    }

    pub(in crate::court) fn time(&mut self) -> Timestamp {
        Timestamp::from_millis(START + u64::from(self.below(40)) * 43_200_000).unwrap()
    }

    pub(in crate::court) fn day(&mut self) -> Day {
        // Beyond all others now and then.
        if self.below(40) == 0 { Day::LAST } else { Day::of(self.time()) }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the field of an act")]
    fn handed_in(&mut self) -> Option<HandedIn> {
        Some(HandedIn { by: self.of(HandedInBy::ALL), on: self.day() })
    }

    /// A period that a party may ask to be deferred, mostly the evidence period.
    fn window(&mut self) -> WindowKind {
        if self.below(3) > 0 { WindowKind::Evidence } else { self.of(WindowKind::ALL) }
    }

    /// What a period is about; mostly nothing.
    fn optional_subject(&mut self) -> Option<Subject> {
        match self.below(10) {
            0 => Some(Subject::Item(ItemNumber(1 + self.below(3)))),
            1 => Some(Subject::Document(self.deposit())),
            2 => Some(Subject::Act(u64::from(1 + self.below(20)))),
            _ => None,
        }
    }

    fn identity(&mut self) -> Option<IdentityCheck> {
        let all = [IdentityLevel::Substantial, IdentityLevel::High, IdentityLevel::Basic];
        let check = IdentityCheck { method: self.of(IdentityMethod::ALL), level: self.of(&all), at: self.time() };
        (self.below(5) > 0).then_some(check)
    }

    pub(in crate::court) fn court(&mut self) -> CourtCode {
        CourtCode::parse(self.of(&["粤0192", "京0491"])).unwrap()
    }

    fn case_number(&mut self) -> CaseNumber {
        CaseNumber::parse(self.of(&["（2024）粤0192民初113号", "（2024）粤0192民初114号"])).unwrap()
    }

    pub(in crate::court) fn deposit(&mut self) -> DepositNumber {
        let one = self.below(2);
        (0..).find_map(|draw| DepositNumber::draw(true, 20_261_122, u64::from(one) << 8 | draw)).unwrap()
    }

    fn key(&mut self) -> VerifierKey {
        let seed = [u8::try_from(1 + self.below(2)).unwrap(); 32];
        Signer::new(Name::parse("other.example").unwrap(), &seed).unwrap().verifier().clone()
    }

    pub(in crate::court) fn data_hash(&mut self) -> Vec<(HashAlgorithm, Digest)> {
        self.many(|dice| (dice.of(&HashAlgorithm::ALL), dice.digest()))
    }
}

/// An act of this kind, which fits `file` more often than not.
pub(in crate::court) fn act(dice: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    if session::KINDS.contains(&kind) { session::act(dice, kind, file) } else { older_act(dice, kind, file) }
}

fn older_act(dice: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    let d = dice;
    let case = CaseId(Digest([8; 32]));
    match kind {
        ActKind::Open => Act::Open(Open {
            court: d.court(),
            kind: d.of(CaseKind::ALL),
            procedure: d.of(Procedure::ALL),
            role: d.of(&[PartyRole::Plaintiff, PartyRole::Plaintiff, PartyRole::Defendant]),
            subject: d.of(SubjectKind::ALL),
            filer: d.of(Filer::ALL),
            authority: d.optional(|d| d.of(Authority::ALL)),
            identity: d.identity(),
            from: d.optional(|_| case),
            transfer: d.optional(|d| d.of(TransferKind::ALL)),
            account: d.optional(Dice::account),
            name: d.annex(),
            title: d.optional(Dice::annex),
            claims: d.optional(Dice::annex),
            power: d.optional(Dice::annex),
            rules: d.optional(|_| RulesVersion::V2),
            special: d.special(),
            instance: d.instances(),
            former_role: d.optional_former(),
            hand_over: d.incoming(),
            relationship: d.relationship(),
        }),
        ActKind::Describe => {
            Act::Describe(Describe { title: d.optional(Dice::annex), claims: d.optional(Dice::annex) })
        }
        ActKind::Submit => Act::Submit(Submit {}),
        ActKind::ReturnFiling => Act::ReturnFiling(ReturnFiling { reason: d.optional(Dice::annex) }),
        ActKind::Approve => Act::Approve(Approve {}),
        ActKind::Reject => Act::Reject(Reject { reason: d.optional(Dice::annex) }),
        ActKind::Refuse => Act::Refuse(Refuse { reason: d.optional(Dice::annex), document: d.optional(Dice::paper) }),
        ActKind::WithdrawFiling => Act::WithdrawFiling(WithdrawFiling {}),
        ActKind::FileCase => Act::FileCase(FileCase { number: d.optional(Dice::case_number) }),
        ActKind::BindNumber => Act::BindNumber(BindNumber { number: d.case_number() }),
        ActKind::Assign => Act::Assign(Assign { judge: d.optional(Dice::account) }),
        ActKind::BeginHearing => Act::BeginHearing(BeginHearing {}),
        ActKind::AdjournHearing => Act::AdjournHearing(AdjournHearing {}),
        ActKind::Judge => Act::Judge(Judge { document: d.optional(Dice::paper) }),
        ActKind::WithdrawSuit => Act::WithdrawSuit(WithdrawSuit {}),
        ActKind::Close => Act::Close(Close {}),
        ActKind::ConfirmNotice => Act::ConfirmNotice(ConfirmNotice { document: d.optional(Dice::deposit) }),
        ActKind::ConfirmService => Act::ConfirmService(ConfirmService {
            document: d.optional(Dice::deposit),
            address: d.optional(Dice::annex),
        }),
        ActKind::PassOn => Act::PassOn(PassOn { to: case, transfer: d.of(TransferKind::ALL) }),
        _ => of_a_group(d, kind, file, case),
    }
}

/// An act of a kind that is made with others like it.
fn of_a_group(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>, case: CaseId) -> Act {
    match kind {
        ActKind::AddParty
        | ActKind::RestateParty
        | ActKind::EndAssociation
        | ActKind::AddAgent
        | ActKind::EndAgent
        | ActKind::IssueCode
        | ActKind::Associate => of_people(d, kind, file),
        ActKind::Import
        | ActKind::ReceiveItem
        | ActKind::Restate
        | ActKind::WithdrawItem
        | ActKind::Verify
        | ActKind::Diverge
        | ActKind::Reply
        | ActKind::Consent => evidence::act(d, kind, file),
        ActKind::SetPeriod
        | ActKind::SuspendPeriod
        | ActKind::ResumePeriod
        | ActKind::ExtendPeriod
        | ActKind::ResetPeriod
        | ActKind::ExchangeEvidence
        | ActKind::AllowRebuttal
        | ActKind::OpenReplies
        | ActKind::ApplyDeferral
        | ActKind::DecideDeferral => of_the_period(d, kind, file),
        ActKind::RequireReason
        | ActKind::ExplainLateness
        | ActKind::DecideLateness
        | ActKind::DecideAdmission
        | ActKind::ChangeClaims
        | ActKind::Counterclaim
        | ActKind::ConvertProcedure => decisions::act(d, kind, file),
        ActKind::FileDocument
        | ActKind::FormPanel
        | ActKind::Rule
        | ActKind::ObjectJurisdiction
        | ActKind::Answer
        | ActKind::Appeal
        | ActKind::WithdrawAppeal
        | ActKind::SendHandOver
        | ActKind::ReceiveHandOver
        | ActKind::AcceptHandOver
        | ActKind::ReportDifference
        | ActKind::ReturnHandOver
        | ActKind::TakeOver
        | ActKind::TakeBack => super::random_course::of_the_course(d, kind, file),
        ActKind::OrderErasure
        | ActKind::Hold
        | ActKind::Release
        | ActKind::Erase
        | ActKind::TakeCustody
        | ActKind::Access => of_content(d, kind, case),
        _ => of_service_or_the_registry(d, kind, file),
    }
}

fn of_people(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    match kind {
        ActKind::AddParty => Act::AddParty(AddParty {
            party: PartyNumber(d.number(file.map(|file| file.next_party().0))),
            role: d.of(PartyRole::ALL),
            subject: d.of(SubjectKind::ALL),
            account: d.optional(Dice::account),
            name: d.annex(),
            former_role: d.optional_former(),
        }),
        ActKind::EndAssociation => Act::EndAssociation(EndAssociation { party: d.party() }),
        ActKind::RestateParty => Act::RestateParty(RestateParty {
            party: d.party(),
            subject: d.optional(|d| d.of(SubjectKind::ALL)),
            name: d.optional(Dice::annex),
        }),
        ActKind::AddAgent => Act::AddAgent(AddAgent {
            agent: AgentNumber(d.number(file.map(|file| file.next_agent().0))),
            party: d.party(),
            account: d.account(),
            authority: d.of(Authority::ALL),
            identity: d.identity(),
            name: d.optional(Dice::annex),
            power: d.optional(Dice::annex),
            special: d.special(),
            instance: d.instances(),
            relationship: d.relationship(),
        }),
        ActKind::EndAgent => Act::EndAgent(EndAgent { agent: AgentNumber(1 + d.below(3)) }),
        ActKind::IssueCode => Act::IssueCode(IssueCode {
            code: CodeNumber(d.number(file.map(|file| file.next_code().0))),
            party: d.party(),
            hash: d.digest(),
            party_uses: d.below(3),
            agent_uses: d.below(4),
            expires: d.time(),
        }),
        _ => Act::Associate(Associate {
            code: CodeNumber(1 + d.below(3)),
            filer: d.of(Filer::ALL),
            agent: Some(AgentNumber(d.number(file.map(|file| file.next_agent().0)))),
            authority: d.optional(|d| d.of(Authority::ALL)),
            identity: d.identity(),
            name: d.optional(Dice::annex),
            power: d.optional(Dice::annex),
            instance: d.instances(),
            relationship: d.relationship(),
        }),
    }
}

fn of_the_period(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    // Bases that fit the procedure, more often than not.
    let basis = |d: &mut Dice| match file {
        Some(file) if d.below(3) > 0 => Basis::of_procedure(file.procedure),
        _ => d.of(&Basis::ALL),
    };
    match kind {
        ActKind::SetPeriod => Act::SetPeriod(SetPeriod {
            basis: basis(d),
            start: d.optional(Dice::day),
            days: d.below(40),
            party: d.optional(Dice::party),
        }),
        ActKind::SuspendPeriod => Act::SuspendPeriod(SuspendPeriod { on: d.day() }),
        ActKind::ResumePeriod => Act::ResumePeriod(ResumePeriod { on: d.day() }),
        ActKind::ExtendPeriod => Act::ExtendPeriod(ExtendPeriod { days: d.of(&[0, 1, 30, 366, u32::MAX]) }),
        ActKind::ResetPeriod => Act::ResetPeriod(ResetPeriod {
            basis: basis(d),
            start: d.optional(Dice::day),
            days: d.below(40),
            party: d.optional(Dice::party),
            ground: d.optional(|d| d.of(ResetGround::ALL)),
        }),
        ActKind::AllowRebuttal => Act::AllowRebuttal(AllowRebuttal {
            party: d.party(),
            item: d.item_of(file),
            days: d.below(40),
            start: d.optional(Dice::day),
        }),
        ActKind::OpenReplies => Act::OpenReplies(OpenReplies {
            days: d.below(40),
            start: d.optional(Dice::day),
            party: d.optional(Dice::party),
        }),
        ActKind::ApplyDeferral => {
            let handed_in = if d.below(8) == 0 { d.handed_in() } else { None };
            let (party, window) = (d.party(), d.window());
            let (obstacle_ended, reason) = (d.day(), d.annex());
            let about = d.optional_subject();
            Act::ApplyDeferral(ApplyDeferral { party, window, obstacle_ended, reason, handed_in, about })
        }
        ActKind::DecideDeferral => {
            let pending = file.and_then(|file| file.deferrals.iter().rfind(|one| one.decision.is_none()));
            let (party, window, about) = match pending {
                Some(one) if d.below(4) > 0 => (one.party, one.window, one.about),
                _ => (d.party(), d.window(), d.optional_subject()),
            };
            let (last, reason) = (d.optional(Dice::day), d.optional(Dice::annex));
            Act::DecideDeferral(DecideDeferral { party, window, last, reason, about })
        }
        _ => Act::ExchangeEvidence(ExchangeEvidence { day: d.day() }),
    }
}

fn of_content(d: &mut Dice, kind: ActKind, case: CaseId) -> Act {
    match kind {
        ActKind::OrderErasure => Act::OrderErasure(OrderErasure {
            deposit: d.optional(Dice::deposit),
            account: d.optional(Dice::account),
            document: d.optional(Dice::deposit),
        }),
        ActKind::Hold => Act::Hold(Hold {
            deposit: d.optional(Dice::deposit),
            account: d.optional(Dice::account),
            reason: d.annex(),
        }),
        ActKind::Release => Act::Release(Release {
            deposit: d.optional(Dice::deposit),
            account: d.optional(Dice::account),
            reason: d.optional(Dice::annex),
        }),
        ActKind::Erase => Act::Erase(Erase {
            deposit: d.optional(Dice::deposit),
            account: d.optional(Dice::account),
            annex: d.many(Dice::annex),
            order: d.optional(|_| case),
        }),
        ActKind::TakeCustody => Act::TakeCustody(TakeCustody {
            deposit: d.deposit(),
            object: d.digest(),
            key: d.annex(),
            size: u64::from(d.below(9)),
            data_hash: d.data_hash(),
            case: d.optional(|_| case),
        }),
        _ => Act::Access(Access {
            shown: d.of(AccessedContent::ALL),
            case: d.optional(|_| case),
            item: d.optional(Dice::item),
            deposit: d.optional(Dice::deposit),
            account: d.optional(Dice::account),
        }),
    }
}

fn of_service_or_the_registry(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    if kind.is_of_service() { service::of_service(d, kind, file) } else { of_the_registry(d, kind) }
}

fn of_the_registry(d: &mut Dice, kind: ActKind) -> Act {
    let token = TokenId(d.digest());
    match kind {
        ActKind::OpenAccount => Act::OpenAccount(OpenAccount {
            account: d.account(),
            subject: d.of(SubjectKind::ALL),
            name: d.optional(Dice::annex),
        }),
        ActKind::CheckIdentity => Act::CheckIdentity(CheckIdentity {
            account: d.account(),
            identity: IdentityCheck { method: d.of(IdentityMethod::ALL), level: IdentityLevel::High, at: d.time() },
            reference: d.optional(Dice::annex),
            provider: d.optional(|d| TokenId(d.digest())),
            verification: d.optional(|d| TokenId(d.digest())),
        }),
        ActKind::Grant => {
            Act::Grant(Grant { account: d.account(), role: d.of(Role::ALL), court: d.optional(Dice::court) })
        }
        ActKind::EndGrant => {
            Act::EndGrant(EndGrant { account: d.account(), role: d.of(Role::ALL), court: d.optional(Dice::court) })
        }
        ActKind::CloseAccount => Act::CloseAccount(CloseAccount { account: d.account() }),
        ActKind::IssueToken => Act::IssueToken(IssueToken {
            token,
            account: d.account(),
            hash: d.digest(),
            scope: d.many(|d| d.of(Scope::ALL)),
            expires: d.time(),
            parent: d.optional(|d| TokenId(d.digest())),
        }),
        ActKind::RevokeToken => Act::RevokeToken(RevokeToken { token, kept: d.optional(|d| d.of(KeptTokens::ALL)) }),
        ActKind::TrustLedger => Act::TrustLedger(TrustLedger { court: d.court(), key: d.key() }),
        ActKind::DistrustLedger => Act::DistrustLedger(DistrustLedger { court: d.court(), key: d.key() }),
        ActKind::LoadCalendar => Act::LoadCalendar(LoadCalendar {
            year: d.of(&[0, 2026, 2027, 70_000]),
            holiday: d.many(Dice::day),
            workday: d.many(Dice::day),
        }),
        ActKind::AddHook => Act::AddHook(AddHook { hook: token, court: d.court(), url: d.annex(), secret: d.annex() }),
        ActKind::SetAppealCourt => {
            Act::SetAppealCourt(SetAppealCourt { court: d.court(), hears: d.court(), from: d.day(), source: d.annex() })
        }
        ActKind::EndAppealCourt => {
            Act::EndAppealCourt(EndAppealCourt { court: d.court(), hears: d.court(), from: d.day(), source: d.annex() })
        }
        ActKind::EndHook => Act::EndHook(EndHook { hook: token }),
        ActKind::AddGateway => {
            Act::AddGateway(AddGateway { gateway: token, court: d.court(), url: d.annex(), secret: d.annex() })
        }
        ActKind::EndGateway => Act::EndGateway(EndGateway { gateway: token }),
        other => identities::of_identities(d, other),
    }
}

/// A document around `act`.
pub(in crate::court) fn document(
    d: &mut Dice,
    stream: Stream,
    by: AccountId,
    capacity: Capacity,
    act: Act,
) -> Document {
    let (request, body) = (d.optional(|d| RequestId(d.digest())), d.optional(Dice::digest));
    Document { stream, by, capacity, request, body, act }
}

/// The place of act number `sequence`, `millis` after the first moment.
pub(in crate::court) fn position(sequence: u64, millis: u64) -> ActPosition {
    ActPosition { index: LeafIndex(2 * sequence), sequence, at: Timestamp::from_millis(START + millis).unwrap() }
}
