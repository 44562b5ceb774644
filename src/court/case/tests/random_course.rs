//! Random acts of decisions, appeals and hand-overs.

use super::random::Dice;
use crate::court::acts::*;
use crate::court::calendar::Calendar;
use crate::court::case::manifest::{lines, on_paper, root};
use crate::court::case::state::CaseFile;
use crate::court::course_words::{
    AppealOutcome, DocumentForm, FiledWith, Instance, JurisdictionGround, RetrialGround, RulingKind, SpecialPower,
    Volume,
};
use crate::court::ids::{AccountId, AnnexId, AppealNumber, CaseId, DocumentNumber, HandOverNumber};
use crate::court::service_words::DocumentKind;
use crate::court::words::{PartyRole, Procedure, TransferKind};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::text::ManifestRoot;

impl Dice {
    pub(in crate::court) fn special(&mut self) -> Vec<SpecialPower> {
        self.many(|d| d.of(SpecialPower::ALL))
    }

    pub(in crate::court) fn instances(&mut self) -> Vec<Instance> {
        self.many(|d| d.of(Instance::ALL))
    }

    /// The document of a decision to be made: more than there are deposits in the walks.
    pub(in crate::court) fn paper(&mut self) -> DepositNumber {
        let one = u64::from(self.below(40)) << 20;
        (0..).find_map(|draw| DepositNumber::draw(true, 20_261_122, one | draw)).unwrap()
    }

    fn manifest(&mut self) -> ManifestRoot {
        ManifestRoot { root: self.digest(), count: u64::from(1 + self.below(3)) }
    }

    /// The document of a decision of the case, mostly.
    fn decision(&mut self, file: Option<&CaseFile>) -> DepositNumber {
        let all: Vec<_> = file.iter().flat_map(|file| &file.course.decisions).map(|one| one.document).collect();
        if all.is_empty() || self.below(6) == 0 { self.deposit() } else { self.of(&all) }
    }

    /// The volumes as they were sent, mostly.
    fn sent(&mut self, file: Option<&CaseFile>) -> (HandOverNumber, ManifestRoot, Option<ManifestRoot>) {
        let last = file.and_then(|file| file.course.hand_overs.last_key_value());
        match last {
            Some((number, one)) if self.below(6) > 0 => (*number, one.manifest, one.second_volume),
            _ => (HandOverNumber(1 + self.below(3)), self.manifest(), self.optional(Self::manifest)),
        }
    }
}

pub(in crate::court) fn of_the_course(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    match kind {
        ActKind::FileDocument => file_document(d, file),
        ActKind::FormPanel => Act::FormPanel(FormPanel {
            member: if d.below(4) > 0 {
                [1, 2, 3].map(|n| AccountId(Digest([n; 32]))).into()
            } else {
                d.many(Dice::account)
            },
        }),
        ActKind::Rule => {
            let ruling = d.of(RulingKind::ALL);
            // Those that end the case are rarer, so that a walk goes on.
            let ruling = if ruling.ends_the_instance() && d.below(4) > 0 { d.of(RulingKind::ALL) } else { ruling };
            Act::Rule(Rule { ruling, document: d.paper(), party: d.optional(Dice::party) })
        }
        ActKind::ObjectJurisdiction => Act::ObjectJurisdiction(ObjectJurisdiction {
            party: d.party(),
            reason: d.annex(),
            document: d.optional(Dice::deposit),
            ground: d.optional(|d| d.of(JurisdictionGround::ALL)),
        }),
        ActKind::Answer => Act::Answer(Answer {
            party: d.party(),
            document: d.deposit(),
            appeal: d.optional(|d| AppealNumber(1 + d.below(2))),
        }),
        ActKind::Appeal => Act::Appeal(Appeal {
            appeal: AppealNumber(d.number(file.map(|file| file.next_appeal().0))),
            party: d.party(),
            decision: d.decision(file),
            petition: d.deposit(),
            against: d.many(Dice::party),
            filed_with: d.of(FiledWith::ALL),
            day: if d.below(5) == 0 { Some(d.day()) } else { None },
        }),
        ActKind::WithdrawAppeal => Act::WithdrawAppeal(WithdrawAppeal { party: d.party() }),
        _ => of_a_hand_over(d, kind, file),
    }
}

fn file_document(d: &mut Dice, file: Option<&CaseFile>) -> Act {
    let (volume, form) = (d.of(Volume::ALL), d.of(DocumentForm::ALL));
    let named = (volume == Volume::Main && form != DocumentForm::Paper) ^ (d.below(6) == 0);
    Act::FileDocument(FileDocument {
        document: DocumentNumber(d.number(file.map(|file| file.next_document().0))),
        volume,
        form,
        pages: d.below(4),
        deposit: named.then(|| d.deposit()),
        data_hash: if named { d.data_hash() } else { Vec::new() },
        entry: d.annex(),
    })
}

fn of_a_hand_over(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    let case = file.map_or(CaseId(Digest([8; 32])), |file| file.from.map_or(CaseId(Digest([8; 32])), |(case, _)| case));
    let (hand_over, manifest, second_volume) = d.sent(file);
    match kind {
        ActKind::SendHandOver => {
            // An appeal is to be sent, mostly; the court of the walks is another.
            let appealed = file.and_then(|file| file.course.appeals.values().next()).map(|appeal| appeal.decision);
            let on_appeal = appealed.filter(|_| d.below(4) > 0);
            let now = |volume| file.and_then(|file| root(&lines(file, volume, &Calendar::default())));
            Act::SendHandOver(SendHandOver {
                hand_over: HandOverNumber(d.number(file.map(|file| file.next_hand_over().0))),
                kind: if on_appeal.is_some() { TransferKind::SecondInstance } else { d.of(TransferKind::ALL) },
                to: d.court(),
                basis: on_appeal.unwrap_or_else(|| d.decision(file)),
                party: d.many(Dice::party),
                manifest: if d.below(5) > 0 { now(Volume::Main).unwrap_or(manifest) } else { manifest },
                second_volume: if d.below(5) > 0 { now(Volume::Second) } else { second_volume },
                outcome: if d.below(4) == 0 && on_appeal.is_none() { Some(d.of(AppealOutcome::ALL)) } else { None },
                ground: if d.below(4) == 0 { Some(d.of(RetrialGround::ALL)) } else { None },
                on_paper: file.map(on_paper).filter(|_| d.below(5) > 0),
            })
        }
        ActKind::ReceiveHandOver => Act::ReceiveHandOver(ReceiveHandOver { hand_over }),
        ActKind::AcceptHandOver => Act::AcceptHandOver(AcceptHandOver {
            hand_over,
            manifest,
            second_volume,
            to: (d.below(5) > 0).then_some(case),
            procedure: (d.below(4) == 0).then(|| d.of(Procedure::ALL)),
        }),
        ActKind::ReportDifference => Act::ReportDifference(ReportDifference {
            hand_over,
            manifest: if d.below(2) == 0 { manifest } else { d.manifest() },
            second_volume,
            reason: d.annex(),
        }),
        ActKind::ReturnHandOver => Act::ReturnHandOver(ReturnHandOver { hand_over, reason: d.annex() }),
        ActKind::TakeOver => {
            let count = |n: usize| u32::try_from(n).unwrap();
            Act::TakeOver(TakeOver {
                case,
                hand_over: file.and_then(|file| file.course.incoming).unwrap_or(hand_over),
                court: d.court(),
                manifest,
                parties: file.map_or(1, |file| count(file.parties.len())),
                agents: file.map_or(0, |file| count(file.agents.len())),
                items: file.map_or(0, |file| count(file.items.size())),
                withdrawing: d.many(Dice::party),
                number: None,
                former_judge: d.many(Dice::account),
                former_participant: Vec::new(),
                appealed: d.optional(|d| d.of(DocumentKind::ALL)),
                came_by: d.optional(|d| d.of(TransferKind::ALL)),
            })
        }
        _ => {
            let on_appeal = |(_, kind): &&(CaseId, TransferKind)| *kind == TransferKind::SecondInstance;
            let went = file.and_then(|file| file.passed_on.iter().find(on_appeal)).map(|(to, _)| *to);
            Act::TakeBack(TakeBack {
                case: went.unwrap_or(case),
                hand_over,
                manifest,
                decision: d.deposit(),
                outcome: d.of(AppealOutcome::ALL),
            })
        }
    }
}

impl Dice {
    pub(in crate::court) fn optional_former(&mut self) -> Option<PartyRole> {
        self.optional(|d| d.of(PartyRole::ALL))
    }

    /// The document of a relationship, which few agents have.
    pub(in crate::court) fn relationship(&mut self) -> Option<AnnexId> {
        (self.below(4) == 0).then(|| self.annex())
    }

    pub(in crate::court) fn incoming(&mut self) -> Option<HandOverNumber> {
        (self.below(4) == 0).then_some(HandOverNumber(1))
    }
}
