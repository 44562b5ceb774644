//! Makes the acts of appointments, hearings, transcripts, confirmation rounds and mediation from requests.

use crate::court::acts::{AcceptMediation, AgreeMediation, AgreeSigning, EndHearing, ProlongMediation};
use crate::court::acts::{
    Act, AddRecording, AddTranscriptVersion, ApplyWayOut, Appoint, CloseRecording, Confirm, DecideCorrection,
    DraftAgreement, EndAppointment, EndMediation, FinaliseTranscript, ForwardItem, IssueMediationDocument, JoinSession,
    LeaveSession, OpenRound, OpenTranscript, RecordRefusal, RequestCorrection, WithdrawConfirmation,
};
use crate::court::case::refusal::Refusal;
use crate::court::case::round::person_of;
use crate::court::case::session_records::Paper;
use crate::court::case::session_refusal::SessionRefusal;
use crate::court::case::state::CaseFile;
use crate::court::ids::{
    AccountId, AgreementNumber, CorrectionNumber, HearingNumber, ItemNumber, RoundNumber, TranscriptNumber,
};
use crate::court::registry::Registry;
use crate::court::session_words::{ConfirmationMethod, ParticipantKind, TranscriptKind};
use crate::court::signer::Signer;
use crate::court::values::{Capacity, IdentityCheck};
use crate::court::words::{IdentityLevel, IdentityMethod, Role};
use crate::filing::annexes::Annexes;
use crate::filing::documents::DocumentFacts;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::field_values::{known, read, read_moment};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::time::Timestamp;
use crate::wire::court::act::ActRequest;
use crate::wire::facts::DigestJson;

/// The data from which these acts are made.
pub(in crate::http) struct SessionContext<'a> {
    /// The case.
    pub(in crate::http) file: &'a CaseFile,
    /// The account that acts.
    pub(in crate::http) by: AccountId,
    /// Its capacity.
    pub(in crate::http) capacity: Capacity,
    /// Its latest identity check.
    pub(in crate::http) identity: Option<IdentityCheck>,
    /// The accounts.
    pub(in crate::http) registry: &'a Registry,
    /// The texts of the act.
    pub(in crate::http) annexes: &'a mut Annexes,
    /// The document that the act names.
    pub(in crate::http) document: Option<&'a DocumentFacts>,
    /// Now.
    pub(in crate::http) now: Timestamp,
}

impl SessionContext<'_> {
    fn document(&self) -> Result<&DocumentFacts, FilingError> {
        self.document.ok_or_else(|| {
            FilingError::bad("document", "name the deposit number of the document", "请填写文书的存证编号")
        })
    }

    fn hearing(&self, named: Option<u32>) -> Result<HearingNumber, FilingError> {
        let last = u32::try_from(self.file.records.hearings.len()).unwrap_or(u32::MAX);
        let number = named.unwrap_or(last);
        if number == 0 { Err(refused(SessionRefusal::NoHearing)) } else { Ok(HearingNumber(number)) }
    }

    fn person(&self, round: RoundNumber, named: Option<u32>) -> Result<u32, FilingError> {
        let records = &self.file.records;
        // A round that the actor may not see is no round for it.
        let found = records.rounds.get(&round).filter(|found| records.may_see(found.paper, self.by));
        let found = found.ok_or_else(|| refused(SessionRefusal::NoSuchRound(round)))?;
        let own = || person_of(self.file, found, self.by, self.capacity);
        named.or_else(own).ok_or_else(|| refused(SessionRefusal::NotOnTheList))
    }

    fn signer(&mut self, text: &str) -> Result<Signer, FilingError> {
        let kind = text.split_once(' ').and_then(|(word, name)| Some((ParticipantKind::from_typed(word)?, name)));
        if let Some((kind, name)) = kind {
            return Ok(Signer::Other(kind, self.annexes.add("name", name)?));
        }
        let signer: Signer = read("signers", text)?;
        if let Signer::Holder(role, account) = signer {
            let holds = self.registry.accounts.get(&account).is_some_and(|of| of.holds(role, Some(&self.file.court)));
            if !holds {
                return Err(FilingError::bad(
                    "signers",
                    "the account does not hold this role at this court",
                    "该账号在本院未担任该角色",
                ));
            }
        }
        Ok(signer)
    }
}

fn refused(refusal: SessionRefusal) -> FilingError {
    FilingError::Refused(Refusal::Session(refusal))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The document that a request names and of which the act records what the chain says.
///
/// # Errors
///
/// [`FilingError::BadValue`].
pub(in crate::http) fn document_of(request: &ActRequest) -> Result<Option<DepositNumber>, FilingError> {
    match request {
        ActRequest::AddRecording { document, .. }
        | ActRequest::CloseRecording { document, .. }
        | ActRequest::AddTranscriptVersion { document, .. }
        | ActRequest::DraftAgreement { document, .. }
        | ActRequest::IssueMediationDocument { document, .. }
        | ActRequest::Confirm { document: Some(document), .. } => read("document", document).map(Some),
        _ => Ok(None),
    }
}

/// The texts of a request that become annexes, and the names of witnesses.
pub(in crate::http) fn texts(request: &ActRequest) -> Vec<&str> {
    match request {
        ActRequest::RequestCorrection { place, wording, .. } => vec![place, wording],
        ActRequest::DecideCorrection { reason: Some(text), .. }
        | ActRequest::RecordRefusal { reason: Some(text), .. }
        | ActRequest::EndMediation { note: Some(text), .. } => vec![text],
        _ => Vec::new(),
    }
}

/// The act of a request, if it is one of these.
///
/// # Errors
///
/// [`FilingError`].
pub(in crate::http) fn make(
    context: &mut SessionContext<'_>,
    request: &ActRequest,
) -> Result<Option<Act>, FilingError> {
    if let Some(act) = hearing_act(context, request)? {
        return Ok(Some(act));
    }
    if let Some(act) = transcript_act(context, request)? {
        return Ok(Some(act));
    }
    if let Some(act) = round_act(context, request)? {
        return Ok(Some(act));
    }
    mediation_act(context, request)
}

fn hearing_act(context: &mut SessionContext<'_>, request: &ActRequest) -> Result<Option<Act>, FilingError> {
    Ok(Some(match request {
        ActRequest::Appoint { role, account } => {
            let role: Role = read("role", role)?;
            let (account, of) = known(context.registry, account)?;
            if role.needs_appointment() && !of.holds(role, Some(&context.file.court)) {
                return Err(FilingError::bad(
                    "account",
                    "the account does not hold this role at this court",
                    "该账号在本院未担任该角色",
                ));
            }
            Act::Appoint(Appoint { role, account })
        }
        ActRequest::EndAppointment { role, account } => {
            let account = known(context.registry, account)?.0;
            Act::EndAppointment(EndAppointment { role: read("role", role)?, account })
        }
        ActRequest::EndHearing {} => Act::EndHearing(EndHearing {}),
        ActRequest::JoinSession { activity } => {
            let identity = context.identity.ok_or(FilingError::Refused(Refusal::IdentityRequired))?;
            Act::JoinSession(JoinSession { activity: read("activity", activity)?, identity })
        }
        ActRequest::LeaveSession { activity } => {
            Act::LeaveSession(LeaveSession { activity: read("activity", activity)? })
        }
        ActRequest::AddRecording { hearing, name_commitment, from, until, .. } => {
            let number = context.hearing(*hearing)?;
            let segments = context.file.records.hearing(number).map_or(0, |hearing| hearing.segments.len());
            let (data_hash, size) = context.document()?.comparable()?;
            Act::AddRecording(AddRecording {
                hearing: number,
                segment: count(segments).saturating_add(1),
                document: context.document()?.number,
                data_hash,
                size,
                name: read::<Digest>("name_commitment", name_commitment)?,
                from: read_moment("from", from)?,
                until: read_moment("until", until)?,
            })
        }
        ActRequest::CloseRecording { hearing, .. } => {
            let document = context.document()?;
            let manifest = document
                .manifest
                .ok_or_else(|| FilingError::bad("document", "it is no manifest", "该存证不是清单存证"))?;
            Act::CloseRecording(CloseRecording {
                hearing: context.hearing(*hearing)?,
                document: document.number,
                root: manifest.root,
                count: u32::try_from(manifest.count).unwrap_or(u32::MAX),
            })
        }
        _ => return Ok(None),
    }))
}

fn transcript_act(context: &mut SessionContext<'_>, request: &ActRequest) -> Result<Option<Act>, FilingError> {
    let versions =
        |transcript: u32| count(context.file.records.versions(Paper::Transcript(TranscriptNumber(transcript))).len());
    Ok(Some(match request {
        ActRequest::OpenTranscript { kind, hearing } => {
            let kind: TranscriptKind = read("kind", kind)?;
            let of_a_hearing = kind == TranscriptKind::Hearing || hearing.is_some();
            Act::OpenTranscript(OpenTranscript {
                transcript: context.file.records.next_transcript(),
                kind,
                hearing: if of_a_hearing { Some(context.hearing(*hearing)?) } else { None },
            })
        }
        ActRequest::AddTranscriptVersion { transcript, source, .. } => {
            let (data_hash, size) = context.document()?.comparable()?;
            Act::AddTranscriptVersion(AddTranscriptVersion {
                transcript: TranscriptNumber(*transcript),
                version: versions(*transcript).saturating_add(1),
                source: read("source", source)?,
                document: context.document()?.number,
                data_hash,
                size,
                media_type: context.document()?.media_type,
            })
        }
        ActRequest::RequestCorrection { transcript, version, speaker, ground, place, wording, segment } => {
            let number = TranscriptNumber(*transcript);
            let made = context.file.records.transcripts.get(&number).map_or(0, |one| one.corrections.len());
            let speaker = speaker.as_ref().map(|text| read("speaker", text)).transpose()?;
            Act::RequestCorrection(RequestCorrection {
                transcript: number,
                version: version.unwrap_or_else(|| versions(*transcript)),
                correction: CorrectionNumber(count(made).saturating_add(1)),
                speaker: speaker.unwrap_or(context.capacity),
                ground: read("ground", ground)?,
                place: context.annexes.add("place", place)?,
                wording: context.annexes.add("wording", wording)?,
                segment: *segment,
            })
        }
        ActRequest::DecideCorrection { transcript, correction, decision, reason } => {
            Act::DecideCorrection(DecideCorrection {
                transcript: TranscriptNumber(*transcript),
                correction: CorrectionNumber(*correction),
                decision: read("decision", decision)?,
                reason: context.annexes.add_some("reason", reason.as_deref())?,
            })
        }
        ActRequest::FinaliseTranscript { transcript } => {
            Act::FinaliseTranscript(FinaliseTranscript { transcript: TranscriptNumber(*transcript) })
        }
        _ => return Ok(None),
    }))
}

fn digest(shape: &DigestJson) -> Result<(HashAlgorithm, Digest), FilingError> {
    let algorithm = HashAlgorithm::parse(&shape.algorithm);
    let algorithm = algorithm.ok_or_else(|| {
        FilingError::bad("digest", "the algorithm is `sm3` or `sha-256`", "算法应为 sm3 或者 sha-256")
    })?;
    Ok((algorithm, read("digest", &shape.value)?))
}

fn round_act(context: &mut SessionContext<'_>, request: &ActRequest) -> Result<Option<Act>, FilingError> {
    Ok(Some(match request {
        ActRequest::OpenRound { transcript, agreement, signers } => {
            let paper = match (transcript, agreement) {
                (Some(number), None) => Paper::Transcript(TranscriptNumber(*number)),
                (None, Some(number)) => Paper::Agreement(AgreementNumber(*number)),
                _ => return Err(refused(SessionRefusal::NoSuchPaper)),
            };
            let signer = signers.iter().map(|text| context.signer(text)).collect::<Result<Vec<_>, _>>()?;
            Act::OpenRound(OpenRound {
                round: context.file.records.next_round(),
                transcript: transcript.map(TranscriptNumber),
                agreement: agreement.map(AgreementNumber),
                version: count(context.file.records.versions(paper).len()),
                signer,
            })
        }
        ActRequest::Confirm { round, person, digest: named, method, checked_at, .. } => {
            let round = RoundNumber(*round);
            let method: ConfirmationMethod = read("method", method)?;
            // What was signed on paper was signed before the clerk, who checked the papers.
            let identity = if method == ConfirmationMethod::Offline {
                let at =
                    checked_at.as_ref().map(|text| read_moment("checked_at", text)).transpose()?.unwrap_or(context.now);
                Some(IdentityCheck { method: IdentityMethod::CourtOffline, level: IdentityLevel::High, at })
            } else {
                context.identity
            };
            Act::Confirm(Confirm {
                round,
                person: context.person(round, *person)?,
                digest: digest(named)?,
                method,
                identity,
                document: context.document.map(|document| document.number),
            })
        }
        ActRequest::WithdrawConfirmation { round, person } => {
            let round = RoundNumber(*round);
            Act::WithdrawConfirmation(WithdrawConfirmation { round, person: context.person(round, *person)? })
        }
        ActRequest::RecordRefusal { round, person, reason } => {
            let round = RoundNumber(*round);
            Act::RecordRefusal(RecordRefusal {
                round,
                person: context.person(round, *person)?,
                reason: context.annexes.add_some("reason", reason.as_deref())?,
            })
        }
        _ => return Ok(None),
    }))
}

fn mediation_act(context: &mut SessionContext<'_>, request: &ActRequest) -> Result<Option<Act>, FilingError> {
    Ok(Some(match request {
        ActRequest::AgreeMediation {} => Act::AgreeMediation(AgreeMediation {}),
        ActRequest::AcceptMediation {} => Act::AcceptMediation(AcceptMediation {}),
        ActRequest::ProlongMediation { until } => {
            Act::ProlongMediation(ProlongMediation { until: read("until", until)? })
        }
        ActRequest::DraftAgreement { agreement, track, .. } => {
            let records = &context.file.records;
            let number = agreement.map_or_else(|| records.next_agreement(), AgreementNumber);
            let (data_hash, size) = context.document()?.comparable()?;
            Act::DraftAgreement(DraftAgreement {
                agreement: number,
                version: count(records.versions(Paper::Agreement(number)).len()).saturating_add(1),
                track: read("track", track)?,
                document: context.document()?.number,
                data_hash,
                size,
                media_type: context.document()?.media_type,
            })
        }
        ActRequest::AgreeSigning { agreement } => {
            Act::AgreeSigning(AgreeSigning { agreement: AgreementNumber(*agreement) })
        }
        ActRequest::EndMediation { agreement, reason, note } => Act::EndMediation(EndMediation {
            agreement: agreement.map(AgreementNumber),
            reason: read("reason", reason)?,
            note: context.annexes.add_some("note", note.as_deref())?,
        }),
        ActRequest::ApplyWayOut { agreement, way } => {
            Act::ApplyWayOut(ApplyWayOut { agreement: AgreementNumber(*agreement), way: read("way", way)? })
        }
        ActRequest::IssueMediationDocument { agreement, .. } => Act::IssueMediationDocument(IssueMediationDocument {
            agreement: AgreementNumber(*agreement),
            document: context.document()?.number,
        }),
        ActRequest::ForwardItem { item } => Act::ForwardItem(ForwardItem { item: ItemNumber(*item) }),
        _ => return Ok(None),
    }))
}
