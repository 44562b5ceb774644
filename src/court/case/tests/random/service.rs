//! Random acts of service.

use super::Dice;
use crate::court::acts::*;
use crate::court::case::service::book::ServiceRecord;
use crate::court::case::service::certificate::all_due;
use crate::court::case::state::CaseFile;
use crate::court::ids::{AddressNumber, AgentNumber, AttemptNumber, PartyNumber, ServiceNumber};
use crate::court::masked_address::MaskedAddress;
use crate::court::service_words::*;
use crate::court::values::Code;
use crate::ledger::time::Timestamp;

impl Dice {
    /// One that is there, mostly.
    fn service_of(&mut self, file: Option<&CaseFile>) -> ServiceNumber {
        let there = file.map_or(0, |file| u32::try_from(file.service.records.size()).unwrap());
        ServiceNumber(if there == 0 || self.below(8) == 0 { 1 + self.below(3) } else { 1 + self.below(there) })
    }

    /// The first party, which has an account, more often than others.
    fn recipient(&mut self) -> PartyNumber {
        if self.below(3) > 0 { PartyNumber(1) } else { self.party() }
    }

    fn address_of(&mut self, file: Option<&CaseFile>) -> AddressNumber {
        let there = file.map_or(0, |file| u32::try_from(file.service.addresses.len()).unwrap());
        AddressNumber(if there == 0 || self.below(8) == 0 { 1 + self.below(3) } else { 1 + self.below(there) })
    }

    fn attempt_of(&mut self, file: Option<&CaseFile>, service: ServiceNumber) -> AttemptNumber {
        let there = file.and_then(|file| file.service.records.get(&service)).map_or(0, |record| record.attempts.len());
        let there = u32::try_from(there).unwrap();
        AttemptNumber(if there == 0 || self.below(8) == 0 { 1 + self.below(2) } else { 1 + self.below(there) })
    }

    /// The time of the last act or before it, mostly.
    fn time_before(&mut self, file: Option<&CaseFile>) -> Timestamp {
        match file {
            Some(file) if self.below(4) > 0 => {
                let back = u64::from(self.below(3)) * 1_000;
                Timestamp::from_millis(file.last.at.as_millis() - back).unwrap()
            }
            _ => self.time(),
        }
    }
}

/// An act of service, which fits `file` more often than not.
pub(super) fn of_service(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    match kind {
        ActKind::ConsentService => Act::ConsentService(ConsentService {
            party: d.recipient(),
            scope: d.of(ConsentScope::ALL),
            answer: if d.below(6) > 0 { ConsentAnswer::Agreed } else { d.of(ConsentAnswer::ALL) },
            form: d.of(ConsentForm::ALL),
            ticked: (d.below(6) > 0).then(|| d.of(BoxState::ALL)),
            shown: (d.below(6) > 0).then(|| d.digest()),
            clicked: d.optional(|d| d.time_before(file)),
            document: d.optional(Dice::deposit),
        }),
        ActKind::ServiceAddress => {
            let kind = d.of(AddressKind::ALL);
            let today = file.map(|file| crate::court::calendar::Day::of(file.last.at));
            Act::ServiceAddress(ServiceAddress {
                party: d.party(),
                address: AddressNumber(d.number(file.map(|file| file.service.next_address().0))),
                kind,
                masked: MaskedAddress::of(kind, "13812345678"),
                clear: d.annex(),
                source: d.of(AddressSource::ALL),
                active: d.optional(|d| today.unwrap_or_else(|| d.day())),
                replaces: (d.below(4) == 0).then(|| d.address_of(file)),
                document: d.optional(Dice::deposit),
            })
        }
        ActKind::EndServiceAddress => Act::EndServiceAddress(EndServiceAddress { address: d.address_of(file) }),
        ActKind::NameReceiver => Act::NameReceiver(NameReceiver { agent: AgentNumber(1 + d.below(3)) }),
        ActKind::Serve => {
            let beside = (d.below(3) == 0).then(|| d.service_of(file));
            let other = beside.and_then(|number| file?.service.records.get(&number));
            // The same document for the same party, mostly, if it stands beside another record.
            let other = other.filter(|_| d.below(6) > 0);
            Act::Serve(Serve {
                service: ServiceNumber(d.number(file.map(|file| file.service.next_service().0))),
                party: other.map_or_else(|| d.recipient(), ServiceRecord::party),
                mode: d.of(&[
                    ServiceMode::Electronic,
                    ServiceMode::Electronic,
                    ServiceMode::Paper,
                    ServiceMode::Announcement,
                ]),
                kind: other.map_or_else(|| d.of(DocumentKind::ALL), ServiceRecord::kind),
                document: other.map_or_else(|| d.deposit(), ServiceRecord::document),
                data_hash: d.data_hash(),
                days: d.optional(|d| d.of(&[10, 15, 30])),
                beside,
                reason: d.optional(Dice::annex),
            })
        }
        ActKind::CertifyService => {
            // As the platform does it, mostly.
            let due = file.map(|file| all_due(&file.service, &crate::court::calendar::Calendar::default()));
            match due.and_then(|due| due.into_iter().next()) {
                Some(due) if d.below(4) > 0 => Act::CertifyService(due),
                _ => certificate(d, file),
            }
        }
        _ => of_attempts(d, kind, file),
    }
}

fn certificate(d: &mut Dice, file: Option<&CaseFile>) -> Act {
    Act::CertifyService(CertifyService {
        service: d.service_of(file),
        version: 1 + d.below(2),
        party: d.party(),
        kind: d.of(DocumentKind::ALL),
        document: d.deposit(),
        data_hash: d.data_hash(),
        channel: d.of(Channel::ALL),
        address: d.optional(|_| MaskedAddress::of(AddressKind::Mobile, "13812345678")),
        sent: d.time(),
        arrived: d.optional(Dice::time),
        read: d.optional(Dice::time),
        confirmed: d.optional(Dice::time),
        basis: d.of(ServiceBasis::ALL),
        effective: d.time(),
    })
}

fn of_attempts(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    let service = d.service_of(file);
    match kind {
        ActKind::SendService => {
            let record = file.and_then(|file| file.service.records.get(&service));
            let channels: Vec<Channel> = Channel::ALL.to_vec();
            let fit = channels.iter().copied().filter(|one| record.is_none_or(|record| record.mode() == one.mode()));
            let fit: Vec<Channel> = fit.collect();
            let platform = fit.contains(&Channel::Platform) && d.below(2) == 0;
            let channel = if platform { Channel::Platform } else { d.of(&fit) };
            let needs_address = channel.address().is_some();
            Act::SendService(SendService {
                service,
                attempt: AttemptNumber(d.number(record.map(|record| record.next_attempt().0))),
                channel,
                address: (needs_address || d.below(8) == 0).then(|| d.address_of(file)),
                published: (channel == Channel::Announcement).then(|| d.day()),
            })
        }
        ActKind::ReportService => {
            let step = d.of(ServiceStep::ALL);
            let own = file.and_then(|file| file.service.own_acts.last());
            let own = own.filter(|_| step == ServiceStep::Responded && d.below(4) > 0);
            Act::ReportService(ReportService {
                service,
                attempt: d.attempt_of(file, service),
                step,
                reporter: d.of(Reporter::ALL),
                at: own.map_or_else(|| d.time_before(file), |(_, (_, at))| *at),
                cause: (step == ServiceStep::Failed && d.below(2) == 0).then(|| Code("no_such_number".into())),
                own_act: own.map(|(sequence, _)| *sequence),
            })
        }
        ActKind::ConfirmReceipt => Act::ConfirmReceipt(ConfirmReceipt { service }),
        ActKind::RequestPaper => Act::RequestPaper(RequestPaper { service }),
        ActKind::ObjectService => {
            let reason = d.optional(Dice::annex);
            Act::ObjectService(ObjectService { service, ground: d.of(ServiceGround::ALL), reason })
        }
        ActKind::DecideService => {
            let reason = d.optional(Dice::annex);
            Act::DecideService(DecideService { service, outcome: d.of(ServiceOutcome::ALL), reason })
        }
        _ => Act::DetermineService(DetermineService { service, reason: d.optional(Dice::annex) }),
    }
}
