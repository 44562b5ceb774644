//! The enumerations of hearings, transcripts, confirmation rounds and mediation: words in records, labels in Chinese and English.

use crate::court::words::words;

words! {
    /// An activity whose participants' identity is verified anew (在线诉讼规则 art. 7 (3)).
    SessionActivity {
        Hearing = "hearing" / "庭审" / "hearing",
        EvidenceExchange = "evidence-exchange" / "证据交换" / "exchange of evidence",
        Mediation = "mediation" / "调解" / "mediation",
    }
}

words! {
    /// How a hearing session ended.
    HearingEnd {
        Adjourned = "adjourned" / "休庭" / "adjourned",
        Ended = "ended" / "结束庭审" / "ended",
    }
}

words! {
    /// A participant without an account in the case.
    ParticipantKind {
        Witness = "witness" / "证人" / "witness",
        Appraiser = "appraiser" / "鉴定人" / "appraiser",
        Inspector = "inspector" / "勘验人" / "inspector",
        Interpreter = "interpreter" / "翻译人员" / "interpreter",
    }
}

words! {
    /// How a confirmation was given. 2018 规定 art. 19 and 在线诉讼规则 art. 33: online confirmation and e-seal count as signing.
    ConfirmationMethod {
        Online = "online" / "在线确认" / "online",
        ESeal = "e-seal" / "电子签章" / "electronic seal",
        Handwritten = "handwritten" / "手写板签名" / "signed by hand on a board",
        Offline = "offline" / "线下签名后录入" / "signed on paper, then entered by the court",
    }
}

words! {
    /// What a participant of a round has done.
    ConfirmationState {
        Pending = "pending" / "待确认" / "to be confirmed",
        Confirmed = "confirmed" / "已确认" / "confirmed",
        CorrectionRequested = "correction-requested" / "申请补正" / "correction requested",
        Refused = "refused" / "拒绝" / "refused",
        NoResponse = "no-response" / "未回应" / "no response",
    }
}

words! {
    /// The state of a round.
    RoundState {
        Open = "open" / "确认中" / "open",
        Completed = "completed" / "已完成" / "completed",
        Superseded = "superseded" / "已被新版本取代" / "superseded by a new version",
        Terminated = "terminated" / "已终止" / "terminated",
    }
}

words! {
    /// The kind of a transcript.
    TranscriptKind {
        Hearing = "hearing" / "庭审笔录" / "transcript of a hearing",
        Mediation = "mediation" / "调解笔录" / "transcript of a mediation",
        EvidenceExchange = "evidence-exchange" / "证据交换笔录" / "transcript of an exchange of evidence",
        Inquiry = "inquiry" / "询问（听证）笔录" / "transcript of an inquiry",
        PretrialMeeting = "pretrial-meeting" / "庭前会议笔录" / "transcript of a meeting before trial",
        Deliberation = "deliberation" / "合议（评议）笔录" / "transcript of the panel's deliberation",
    }
}

words! {
    /// How a version of a transcript came about.
    VersionSource {
        Machine = "machine" / "语音识别稿" / "speech recognition",
        Clerk = "clerk" / "书记员记录" / "the clerk's record",
        Amendment = "amendment" / "补正" / "amended",
    }
}

words! {
    /// The state of a transcript.
    TranscriptState {
        Recording = "recording" / "记录中" / "being recorded",
        MachineText = "machine-text" / "语音识别稿" / "text of the speech recognition",
        ToBeChecked = "to-be-checked" / "待核对" / "to be checked",
        CorrectionRequested = "correction-requested" / "申请补正" / "correction requested",
        ToBeAmended = "to-be-amended" / "待补正" / "to be amended",
        ToBeSigned = "to-be-signed" / "待签" / "to be signed",
        Final = "final" / "已定稿" / "final",
    }
}

words! {
    /// 民诉法 art. 150 (2): why a correction is requested.
    CorrectionGround {
        Omission = "omission" / "遗漏" / "omission",
        Mistake = "mistake" / "差错" / "mistake",
    }
}

words! {
    /// The decision on a request for correction.
    CorrectionDecision {
        Allowed = "allowed" / "予以补正" / "to be amended",
        Refused = "refused" / "不予补正，申请已记录" / "not amended, the request is on record",
    }
}

words! {
    /// The paper of a mediation, by who must sign it and when it takes effect.
    AgreementTrack {
        Organisation = "organisation" / "调解组织主持达成的调解协议（在线调解规则第十九条）" / "agreement before a mediation organisation (online mediation rules, art. 19)",
        CourtRecord = "court-record" / "不制作调解书、记入笔录的调解协议（民事诉讼法第一百零一条）" / "agreement entered in the court's transcript (Civil Procedure Law, art. 101)",
        MediationDocument = "mediation-document" / "制作调解书的调解协议（民事诉讼法第一百条）" / "agreement with a mediation document (Civil Procedure Law, art. 100)",
        UndisputedFacts = "undisputed-facts" / "无争议事实记载（在线调解规则第十八条、第二十二条）" / "undisputed facts (online mediation rules, arts. 18 and 22)",
    }
}

words! {
    /// The state of an agreement.
    AgreementState {
        Drafted = "drafted" / "拟定" / "drafted",
        SigningAgreed = "signing-agreed" / "各方同意在线确认" / "all parties agree to confirm online",
        ToBeSigned = "to-be-signed" / "待签" / "to be signed",
        PartlySigned = "partly-signed" / "部分已签" / "partly signed",
        Signed = "signed" / "已完成签署" / "signed by all",
        Terminated = "terminated" / "已终止" / "terminated",
    }
}

words! {
    /// Why a mediation ended without an agreement (在线调解规则 art. 25).
    MediationEnd {
        Refused = "refused" / "一方拒签" / "a party refused to sign",
        Regretted = "regretted" / "反悔" / "a party took its signature back",
        Expired = "expired" / "调解期限届满" / "the period of mediation has ended",
        Unreachable = "unreachable" / "联系不上当事人" / "a party cannot be reached",
        Withdrawn = "withdrawn" / "当事人退出调解" / "a party left the mediation",
    }
}

words! {
    /// What the parties apply for on the basis of a signed agreement.
    WayOut {
        JudicialConfirmation = "judicial-confirmation" / "申请司法确认" / "application for judicial confirmation",
        MediationDocument = "mediation-document" / "申请出具调解书" / "application for a mediation document",
        WithdrawSuit = "withdraw-suit" / "撤诉申请" / "application to withdraw the suit",
        Performance = "performance" / "自动履行" / "voluntary performance",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::words::Role;

    #[test]
    fn a_participant_is_no_role() {
        for kind in ParticipantKind::ALL {
            assert_eq!(Role::from_word(kind.word()), None, "{kind}");
        }
    }
}
