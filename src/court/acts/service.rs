//! The fields of the acts of service (送达), and of the gateways that send a court's messages.
//!
//! Not here: their words and names (`acts`), their rules (`case::service`).

use crate::court::acts::grammar::act_types;
use crate::court::calendar::Day;
use crate::court::case_number::CourtCode;
use crate::court::ids::{AddressNumber, AgentNumber, AnnexId, AttemptNumber, PartyNumber, ServiceNumber, TokenId};
use crate::court::masked_address::MaskedAddress;
use crate::court::service_words::{
    AddressKind, AddressSource, BoxState, Channel, ConsentAnswer, ConsentForm, ConsentScope, DocumentKind, Reporter,
    ServiceBasis, ServiceGround, ServiceMode, ServiceOutcome, ServiceStep,
};
use crate::court::values::Code;
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::time::Timestamp;

act_types! {
    /// 在线诉讼规则 arts. 4 and 29: what a party says to litigation online and to electronic service. One act for each scope.
    ConsentService {
        required party "party": PartyNumber,
        required scope "scope": ConsentScope,
        required answer "answer": ConsentAnswer,
        required form "form": ConsentForm,
        optional ticked "ticked": BoxState,
        /// SHA-256 of the text that was shown.
        optional shown "shown": Digest,
        optional clicked "clicked": Timestamp,
        /// The agreement, or the paper that the court enters.
        optional document "document": DepositNumber,
    }
    /// 登记送达地址. The address itself is the annex.
    ServiceAddress {
        required party "party": PartyNumber,
        required address "address": AddressNumber,
        required kind "kind": AddressKind,
        required masked "masked": MaskedAddress,
        required clear "clear": AnnexId,
        required source "source": AddressSource,
        optional active "active": Day,
        optional replaces "replaces": AddressNumber,
        optional document "document": DepositNumber,
    }
    /// 停用送达地址.
    EndServiceAddress {
        required address "address": AddressNumber,
    }
    /// 指定代收人: the agent to whom a mediation statement may be handed (解释 art. 133, unconfirmed).
    NameReceiver {
        required agent "agent": AgentNumber,
    }
    /// 送达: a record of one recipient and one document.
    Serve {
        required service "service": ServiceNumber,
        required party "party": PartyNumber,
        required mode "mode": ServiceMode,
        required kind "kind": DocumentKind,
        required document "document": DepositNumber,
        repeated data_hash "data-hash": (HashAlgorithm, Digest),
        optional days "days": u32,
        optional beside "beside": ServiceNumber,
        optional reason "reason": AnnexId,
    }
    /// 发送: an attempt over one channel.
    SendService {
        required service "service": ServiceNumber,
        required attempt "attempt": AttemptNumber,
        required channel "channel": Channel,
        optional address "address": AddressNumber,
        optional published "published": Day,
    }
    /// 送达状态, as somebody reports it.
    ReportService {
        required service "service": ServiceNumber,
        required attempt "attempt": AttemptNumber,
        required step "step": ServiceStep,
        required reporter "reporter": Reporter,
        required at "at": Timestamp,
        optional cause "cause": Code,
        /// The act of the recipient in this case, by its sequence.
        optional own_act "own-act": u64,
    }
    /// 【送达确认】【判决书确认送达】: received, not agreed with.
    ConfirmReceipt {
        required service "service": ServiceNumber,
    }
    /// 民诉法 art. 90: a document on paper is asked for.
    RequestPaper {
        required service "service": ServiceNumber,
    }
    /// 对送达提出异议.
    ObjectService {
        required service "service": ServiceNumber,
        required ground "ground": ServiceGround,
        optional reason "reason": AnnexId,
    }
    /// 处理送达异议.
    DecideService {
        required service "service": ServiceNumber,
        required outcome "outcome": ServiceOutcome,
        optional reason "reason": AnnexId,
    }
    /// Which of several records of one document counts.
    DetermineService {
        required service "service": ServiceNumber,
        optional reason "reason": AnnexId,
    }
    /// 电子送达凭证: made by the platform from the record.
    CertifyService {
        required service "service": ServiceNumber,
        required version "version": u32,
        required party "party": PartyNumber,
        required kind "kind": DocumentKind,
        required document "document": DepositNumber,
        repeated data_hash "data-hash": (HashAlgorithm, Digest),
        required channel "channel": Channel,
        optional address "address": MaskedAddress,
        required sent "sent": Timestamp,
        optional arrived "arrived": Timestamp,
        optional read "read": Timestamp,
        optional confirmed "confirmed": Timestamp,
        required basis "basis": ServiceBasis,
        required effective "effective": Timestamp,
    }

    /// Registers the gateway that sends a court's messages. Both secrets sign; neither is on the chain.
    AddGateway {
        required gateway "gateway": TokenId,
        required court "court": CourtCode,
        required url "url": AnnexId,
        required secret "secret": AnnexId,
    }
    /// Removes a gateway.
    EndGateway {
        required gateway "gateway": TokenId,
    }
}
