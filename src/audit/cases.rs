//! Audit of cases, accounts and access logs: replays every act of the filing flow in the order of the chain, and
//! compares it with its statement.
//!
//! # Invariants
//!
//! One pass: an act is checked against the registry at its position, including roles and holidays. An act without
//! effect is not a fault (another act was committed between its decision and its commit): it is counted and listed.
//! Gaps in the sequences of a stream are found in `chain_checks`. The periods of all cases are recomputed at the end
//! (`periods`). Content under a hold must not be erased before the court releases it.
//!
//! # Memory
//!
//! The registry and the states of all cases stay in memory to the end of the walk: some kilobytes per case, about one more for each
//! item, reply and verification, and some 300 bytes per original in custody.
//!
//! Not here: the text of an act and its annexes (`documents`), index labels (`labels`), hand-overs between cases (`hand_overs`).

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::audit::documents;
use crate::audit::hand_overs::HandOvers;
use crate::audit::labels::Labels;
use crate::audit::report::{CourtReport, Fault, Findings, IneffectiveActFinding, OriginalRecord, ServiceCoverage};
use crate::audit::rounds::{self, Rounds};
use crate::audit::service;
use crate::court::acts::{Act, ActKind};
use crate::court::case::labels::CaseBefore;
use crate::court::case::replay::begin;
use crate::court::case::state::{ActPosition, CaseFile, HeldContent};
use crate::court::case_number::CourtCode;
use crate::court::document::{Document, Stream};
use crate::court::ids::CaseId;
use crate::court::registry::Registry;
use crate::court::values::Capacity;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::query::records;
use crate::store::traits::{LedgerReader, PrivatePiece};

/// The replayed state of a stream of acts.
enum StreamState {
    Registry,
    Case(Box<CaseFile>),
    /// The stream of a case whose first act is invalid, so that nothing can be replayed.
    NoCase,
    Access,
    Custody,
}

impl StreamState {
    fn case(&self) -> Option<&CaseFile> {
        match self {
            Self::Case(file) => Some(file),
            _ => None,
        }
    }

    const fn stream(&self) -> Stream {
        match self {
            Self::Registry => Stream::Registry,
            Self::Case(_) | Self::NoCase => Stream::Case,
            Self::Access => Stream::Access,
            Self::Custody => Stream::Custody,
        }
    }
}

/// The states of all streams of acts so far.
#[derive(Default)]
pub(in crate::audit) struct Cases {
    registry: Registry,
    registry_stream: Option<Digest>,
    streams: HashMap<Digest, StreamState>,
    /// The cases that have placed a hold on a content.
    holds: BTreeMap<HeldContent, BTreeSet<Digest>>,
    labels: Labels,
    rounds: Rounds,
    hand_overs: HandOvers,
}

impl Cases {
    /// Checks the entry at `at` and its private content against the acts before it.
    pub(in crate::audit) fn check<R: LedgerReader + ?Sized>(
        &mut self,
        store: &R,
        (at, entry): (LeafIndex, &Entry),
        private: &PrivatePiece,
        report: &mut CourtReport,
        findings: &mut Findings,
    ) {
        let subject = entry.statement.statement().subject;
        self.labels.deposit(store, (at, entry), report, findings);
        let known = subject.and_then(|subject| self.streams.get(&subject.id)).map(StreamState::stream);
        match (private, known) {
            (PrivatePiece::Held(piece), _) if documents::is_act(piece) => {
                self.act(store, (at, entry), piece, report, findings);
            }
            (PrivatePiece::Held(_), Some(_)) => {
                findings.push((Fault::ActMalformed, "a text that is not an act is in a stream of acts".into()));
            }
            // The program never erases these texts, only annexes.
            (PrivatePiece::Erased(notice), Some(Stream::Case | Stream::Registry)) => {
                self.labels.set_incomplete();
                findings.push((Fault::ActErased, format!("by the notice at {notice}")));
            }
            (PrivatePiece::None | PrivatePiece::Erased(_), Some(_)) => {
                self.labels.set_incomplete();
                report.unread += 1;
            }
            // The erased text may have been the first act of an access log, so its labels are unknown.
            (PrivatePiece::Erased(_), None) if subject.is_some() => self.labels.set_incomplete(),
            (_, None) => {}
        }
    }

    fn act<R: LedgerReader + ?Sized>(
        &mut self,
        store: &R,
        (at, entry): (LeafIndex, &Entry),
        piece: &PrivateMetadata,
        report: &mut CourtReport,
        findings: &mut Findings,
    ) {
        report.acts += 1;
        let statement = entry.statement.statement();
        self.labels.signed_by(&statement.keys);
        let Some(document) = documents::read(piece, statement, findings) else {
            self.labels.set_incomplete();
            return;
        };
        documents::annexes(store, at, &document.act, report, findings);
        match &document.act {
            Act::Access(_) => report.accesses += 1,
            Act::TakeCustody(act) => {
                report.originals.push(OriginalRecord { index: at, number: entry.number, act: act.clone() });
            }
            Act::Serve(act) => service::document(store, act, findings),
            _ => {}
        }
        let Some(subject) = statement.subject else {
            findings.push((Fault::ActStream, "it is in no stream".into()));
            self.labels.set_incomplete();
            return;
        };
        let before = match self.streams.get(&subject.id) {
            Some(StreamState::Case(file)) => Some(CaseBefore::of(file)),
            _ => None,
        };
        let position = ActPosition { index: at, sequence: subject.sequence, at: entry.received };
        let replayed = self.replay(subject.id, &document, position, report);
        let had_effect = matches!(replayed, Ok(None));
        let replayed_code = replayed.as_ref().ok().copied().flatten();
        match replayed {
            Ok(None) => {}
            Ok(Some(code)) => report.void(IneffectiveActFinding { index: at, number: entry.number, code }),
            Err(detail) => findings.push((Fault::ActStream, detail)),
        }
        let file = match self.streams.get(&subject.id) {
            Some(StreamState::Case(file)) if had_effect => Some(&**file),
            _ => None,
        };
        self.labels.act(store, at, (&document, file, before.as_ref()), report, findings);
        if let Some(file) = file {
            rounds::check_document(store, &document.act, findings);
            rounds::check_identity(&self.registry, &document, findings);
            self.rounds.follow((&document.act, entry.received), file, report, findings);
        }
        self.check_hand_over(subject.id, (&document, position), replayed_code, report, findings);
        self.track_holds(subject.id, &document.act);
        self.check_role(subject.id, &document, findings);
    }

    /// Checks the acts of a hand-over, and items taken over from another case, against the sending case.
    fn check_hand_over(
        &mut self,
        id: Digest,
        (document, position): (&Document, ActPosition),
        refused: Option<&'static str>,
        report: &mut CourtReport,
        findings: &mut Findings,
    ) {
        let file = |id: Digest| match self.streams.get(&id) {
            Some(StreamState::Case(file)) => Some(&**file),
            _ => None,
        };
        let Some(own) = file(id) else { return };
        let other = |case: CaseId| file(case.0);
        let registry = &self.registry;
        self.hand_overs.check((own, &other, registry), (document, position), refused, report, findings);
    }

    /// Counts the hand-overs that are open, or accepted but not taken over, at the end of the walk.
    pub(in crate::audit) fn count_open_hand_overs(&self, report: &mut CourtReport) {
        let files = self.streams.values().filter_map(|state| match state {
            StreamState::Case(file) => Some(&**file),
            _ => None,
        });
        let taken = |case: CaseId| match self.streams.get(&case.0) {
            Some(StreamState::Case(file)) => !file.is_being_taken_over(),
            _ => false,
        };
        for one in files.flat_map(|file| file.course.hand_overs.values()) {
            report.hand_overs_open += u64::from(one.state.is_open());
            report.hand_overs_incomplete += u64::from(one.case.is_some_and(|case| !taken(case)));
        }
    }

    fn track_holds(&mut self, id: Digest, act: &Act) {
        let (deposit, account) = match act {
            Act::Hold(act) => (act.deposit, act.account),
            Act::Release(act) => (act.deposit, act.account),
            Act::OrderErasure(act) => (act.deposit, act.account),
            _ => return,
        };
        let (Some(content), Some(StreamState::Case(file))) = (HeldContent::of(deposit, account), self.streams.get(&id))
        else {
            return;
        };
        if file.holds.contains_key(&content) {
            self.holds.entry(content).or_default().insert(id);
        } else if let Some(cases) = self.holds.get_mut(&content) {
            cases.remove(&id);
            if cases.is_empty() {
                self.holds.remove(&content);
            }
        }
    }

    /// Computes the periods of all cases at the end of the walk, in the order of their ids.
    pub(in crate::audit) fn compute_periods(&self, report: &mut CourtReport) {
        let mut files: Vec<_> = self.streams.values().filter_map(StreamState::case).collect();
        files.sort_unstable_by_key(|file| file.id);
        for file in files {
            report.periods.add(file, &self.registry.calendar);
        }
    }

    /// The number of rows that the label index must have; `None` if it cannot be computed.
    pub(in crate::audit) const fn label_rows(&self) -> Option<u64> {
        self.labels.rows()
    }

    /// The coverage of service of documents in all cases.
    pub(in crate::audit) fn service_coverage(&self) -> ServiceCoverage {
        let files = self.streams.values().filter_map(|stream| match stream {
            StreamState::Case(file) => Some(&**file),
            _ => None,
        });
        service::coverage(files, &self.registry.calendar)
    }

    /// Finds pieces that were erased although a court has placed a hold on them.
    pub(in crate::audit) fn check_holds<R: LedgerReader + ?Sized>(
        &self,
        store: &R,
        pieces: &[ErasedPiece],
        report: &CourtReport,
    ) -> Findings {
        let mut findings = Findings::new();
        if self.holds.is_empty() {
            return findings;
        }
        for piece in pieces {
            let content = self.content_of(store, piece, report);
            if let Some(cases) = content.and_then(|content| self.holds.get(&content)) {
                let cases: Vec<_> = cases.iter().map(ToString::to_string).collect();
                findings
                    .push((Fault::Erasure, format!("{piece} is erased despite a hold in case {}", cases.join(", "))));
            }
        }
        findings
    }

    /// The content that a piece belongs to, in the form in which holds name it.
    fn content_of<R: LedgerReader + ?Sized>(
        &self,
        store: &R,
        piece: &ErasedPiece,
        report: &CourtReport,
    ) -> Option<HeldContent> {
        let Piece::Annex(commitment) = piece.piece else {
            return records::entry(store, piece.index).ok().map(|entry| HeldContent::Deposit(entry.number));
        };
        let at = report.originals.partition_point(|original| original.index < piece.index);
        let original = report.originals.get(at).filter(|one| one.index == piece.index && one.act.key.0 == commitment);
        let of_account = |content: &&HeldContent| match content {
            HeldContent::Account(id) => self.registry.accounts.get(id).is_some_and(|account| {
                let mut texts = account.texts();
                texts.any(|text| text.index == piece.index && text.annex.0 == commitment)
            }),
            HeldContent::Deposit(_) => false,
        };
        let account = || self.holds.keys().find(of_account).copied();
        original.map(|original| HeldContent::Deposit(original.act.deposit)).or_else(account)
    }

    /// Replays an act. Returns the code of the reason if it has no effect; an error if it does not belong to the stream.
    fn replay(
        &mut self,
        id: Digest,
        document: &Document,
        position: ActPosition,
        report: &mut CourtReport,
    ) -> Result<Option<&'static str>, String> {
        let stream = document.stream;
        let fold = match self.streams.entry(id) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => match stream {
                Stream::Case => {
                    report.cases += 1;
                    let begun = begin(CaseId(id), document, position);
                    let (fold, result) = match begun {
                        Ok(file) => (StreamState::Case(Box::new(file)), Ok(None)),
                        Err(refusal) => {
                            (StreamState::NoCase, Err(format!("the first act cannot open a case: {refusal}")))
                        }
                    };
                    slot.insert(fold);
                    return result;
                }
                Stream::Registry => slot.insert(StreamState::Registry),
                Stream::Access => slot.insert(StreamState::Access),
                Stream::Custody => slot.insert(StreamState::Custody),
            },
        };
        if fold.stream() != stream {
            return Err(format!("an act for {stream} in a stream for {}", fold.stream()));
        }
        match fold {
            StreamState::Registry => {
                if *self.registry_stream.get_or_insert(id) != id {
                    return Err("a second registry".into());
                }
                let before = self.registry.ineffective_acts.len();
                let gap = self.registry.length + 1 != position.sequence;
                self.registry.replay(document, position);
                let void = self.registry.ineffective_acts.get(before).map(|(_, reason)| reason.code().as_str());
                if gap { Err(format!("sequence {} without its predecessor", position.sequence)) } else { Ok(void) }
            }
            StreamState::Case(file) => {
                let before = file.ineffective_acts.len();
                let gap = file.last.sequence + 1 != position.sequence;
                file.replay(document, position, &self.registry.calendar_at(position.index));
                let void = file.ineffective_acts.get(before).map(|void| void.reason.code().as_str());
                if gap { Err(format!("sequence {} without its predecessor", position.sequence)) } else { Ok(void) }
            }
            StreamState::NoCase => Ok(Some("out_of_order")),
            // Erasures of an account are in its access log.
            StreamState::Access if !matches!(document.act.kind(), ActKind::Access | ActKind::Erase) => {
                Err(format!("`{}` in an access log", document.act.kind()))
            }
            StreamState::Access | StreamState::Custody => Ok(None),
        }
    }

    /// Checks that the account held the role in which it acted, at that time and for the case's court.
    fn check_role(&self, id: Digest, document: &Document, findings: &mut Findings) {
        let (role, receiving) = match document.capacity {
            Capacity::Holding(role) => (role, false),
            Capacity::Receiving(role) => (role, true),
            _ => return,
        };
        let court = match (&document.act, self.streams.get(&id)) {
            (act, Some(StreamState::Case(file))) if receiving => match receiving_court(file, act) {
                Some(court) => court,
                None => return,
            },
            (_, Some(StreamState::Case(file))) => &file.court,
            (Act::Open(open), Some(StreamState::NoCase)) => &open.court,
            _ => return,
        };
        let account = self.registry.accounts.get(&document.by);
        if !account.is_some_and(|account| account.holds(role, Some(court))) {
            findings.push((Fault::ActRole, format!("{} did not hold `{role}` for {court}", document.by)));
        }
    }
}

/// The court that receives the hand-over that an act names.
fn receiving_court<'f>(file: &'f CaseFile, act: &Act) -> Option<&'f CourtCode> {
    let number = match act {
        Act::ReceiveHandOver(act) => act.hand_over,
        Act::AcceptHandOver(act) => act.hand_over,
        Act::ReportDifference(act) => act.hand_over,
        Act::ReturnHandOver(act) => act.hand_over,
        // Any other act in this capacity has no effect for any role.
        _ => return None,
    };
    file.course.hand_overs.get(&number).map(|one| &one.to)
}
