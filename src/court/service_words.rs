//! The enumerations of service: consent, addresses, documents, channels, steps, bases.
//!
//! Articles without a name are those of 人民法院在线诉讼规则.

use crate::court::words::words;

words! {
    /// What a consent is about. Judgments, rulings and mediation statements have a line of their own (2018规定 art. 15).
    ConsentScope {
        Litigation = "litigation" / "在线诉讼" / "litigation online",
        Documents = "documents" / "电子送达（判决书、裁定书、调解书除外）" / "electronic service, except judgments, rulings and mediation statements",
        Decisions = "decisions" / "电子送达判决书、裁定书、调解书" / "electronic service of judgments, rulings and mediation statements",
    }
}

words! {
    /// The answer of a party.
    ConsentAnswer {
        Agreed = "agreed" / "同意" / "agreed",
        Refused = "refused" / "不同意" / "refused",
        Withdrawn = "withdrawn" / "撤回同意" / "consent withdrawn",
    }
}

words! {
    /// How consent was given: art. 29.
    ConsentForm {
        Explicit = "explicit" / "明示同意" / "stated expressly",
        AgreedBefore = "agreed-before" / "诉讼前约定或者承诺" / "agreed or promised before the suit",
        AddressGiven = "address-given" / "主动提供电子送达地址" / "an address for electronic service was given",
        Conduct = "conduct" / "以行为接受" / "accepted by conduct",
    }
}

words! {
    /// Who ticked the box of a consent.
    BoxState {
        Ticked = "ticked" / "本人勾选" / "ticked by the person",
        Preset = "preset" / "默认勾选" / "ticked by default",
    }
}

words! {
    /// The kind of an address.
    AddressKind {
        Mobile = "mobile" / "手机号码" / "mobile number",
        Email = "email" / "电子邮箱" / "e-mail address",
        Messenger = "messenger" / "即时通讯账号" / "messenger account",
        Account = "account" / "诉讼平台专用账号" / "account of a litigation platform",
        Fax = "fax" / "传真号码" / "fax number",
        Postal = "postal" / "通信地址" / "postal address",
    }
}

words! {
    /// Where an address comes from: art. 31.
    AddressSource {
        Given = "given" / "受送达人主动提供" / "given by the recipient",
        Confirmed = "confirmed" / "经受送达人确认" / "confirmed by the recipient",
        Found = "found" / "人民法院查得" / "found by the court",
    }
}

words! {
    /// The kind of a served document.
    DocumentKind {
        ComplaintCopy = "complaint-copy" / "起诉状副本" / "copy of the complaint",
        ResponseNotice = "response-notice" / "应诉通知书" / "notice to respond",
        EvidenceNotice = "evidence-notice" / "举证通知书" / "notice to adduce evidence",
        AcceptanceNotice = "acceptance-notice" / "受理案件通知书" / "notice of acceptance",
        Summons = "summons" / "传票" / "summons",
        HearingNotice = "hearing-notice" / "出庭通知书" / "notice of hearing",
        AssociationNotice = "association-notice" / "关联案件通知" / "notice to associate with the case",
        AnswerCopy = "answer-copy" / "答辩状副本" / "copy of the answer",
        EvidenceMaterial = "evidence-material" / "证据材料" / "evidence",
        Judgment = "judgment" / "判决书" / "judgment",
        Ruling = "ruling" / "裁定书" / "ruling",
        MediationStatement = "mediation-statement" / "调解书" / "mediation statement",
        Decision = "decision" / "决定书" / "decision",
        AppealCopy = "appeal-copy" / "上诉状副本" / "copy of the appeal",
        Other = "other" / "其他诉讼文书" / "another document",
    }
}

impl DocumentKind {
    /// The consent that its electronic service needs.
    #[must_use]
    pub const fn scope(self) -> ConsentScope {
        match self {
            Self::Judgment | Self::Ruling | Self::MediationStatement => ConsentScope::Decisions,
            _ => ConsentScope::Documents,
        }
    }
}

words! {
    /// The way of a service record.
    ServiceMode {
        Electronic = "electronic" / "电子送达" / "electronic service",
        Paper = "paper" / "书面送达" / "service on paper",
        Announcement = "announcement" / "公告送达" / "service by public announcement",
    }
}

words! {
    /// The channel of an attempt.
    Channel {
        Sms = "sms" / "短信" / "text message",
        Email = "email" / "电子邮件" / "e-mail",
        Messenger = "messenger" / "即时通讯" / "messenger",
        Fax = "fax" / "传真" / "fax",
        Platform = "platform" / "诉讼平台" / "litigation platform",
        Direct = "direct" / "直接送达" / "handed over",
        Left = "left" / "留置送达" / "left with the recipient",
        Mail = "mail" / "邮寄送达" / "mail",
        Entrusted = "entrusted" / "委托送达" / "through another court",
        Forwarded = "forwarded" / "转交送达" / "forwarded",
        Announcement = "announcement" / "公告" / "public announcement",
    }
}

impl Channel {
    /// The mode of service that it belongs to.
    #[must_use]
    pub const fn mode(self) -> ServiceMode {
        match self {
            Self::Sms | Self::Email | Self::Messenger | Self::Fax | Self::Platform => ServiceMode::Electronic,
            Self::Announcement => ServiceMode::Announcement,
            _ => ServiceMode::Paper,
        }
    }

    /// Whether the court's gateway sends it.
    #[must_use]
    pub const fn is_sent_by_gateway(self) -> bool {
        matches!(self, Self::Sms | Self::Email | Self::Messenger | Self::Fax)
    }

    /// The kind of address that it needs; `None` if it needs none.
    #[must_use]
    pub const fn address(self) -> Option<AddressKind> {
        match self {
            Self::Sms => Some(AddressKind::Mobile),
            Self::Email => Some(AddressKind::Email),
            Self::Messenger => Some(AddressKind::Messenger),
            Self::Fax => Some(AddressKind::Fax),
            Self::Mail => Some(AddressKind::Postal),
            _ => None,
        }
    }
}

words! {
    /// What happened to an attempt.
    ServiceStep {
        Sent = "sent" / "已发送" / "sent",
        Arrived = "arrived" / "已到达" / "arrived",
        Failed = "failed" / "发送失败" / "not delivered",
        Read = "read" / "已查阅" / "read",
        Downloaded = "downloaded" / "已下载" / "downloaded",
        Replied = "replied" / "已回复收悉" / "receipt confirmed",
        Responded = "responded" / "已作出相应诉讼行为" / "acted upon in the proceeding",
    }
}

words! {
    /// Who reports a step.
    Reporter {
        Staff = "staff" / "经办人" / "court staff",
        Gateway = "gateway" / "发送通道" / "gateway",
        Platform = "platform" / "诉讼平台" / "litigation platform",
        Recipient = "recipient" / "受送达人" / "recipient",
    }
}

words! {
    /// What the effect of a service rests on, in the order in which it is preferred at equal times.
    ServiceBasis {
        Arrival = "arrival" / "在线诉讼规则第三十一条第一款：到达受送达人主动提供或者确认的电子地址所在系统" / "Rules of Online Litigation art. 31 (1): arrived in the system of an address that the recipient gave or confirmed",
        Reply = "reply" / "在线诉讼规则第三十一条第二款第（一）项：受送达人回复已收悉" / "Rules of Online Litigation art. 31 (2) 1: the recipient replied that it was received",
        Conduct = "conduct" / "在线诉讼规则第三十一条第二款第（一）项：受送达人已作出相应诉讼行为" / "Rules of Online Litigation art. 31 (2) 1: the recipient acted upon it",
        Presumed = "presumed" / "在线诉讼规则第三十一条第二款第（二）项：系统反馈已阅知" / "Rules of Online Litigation art. 31 (2) 2: the system reports that it was read",
        Signed = "signed" / "民事诉讼法第八十七条：送达回证签收" / "Civil Procedure Law art. 87: signed for",
        Left = "left" / "民事诉讼法第八十九条：留置送达" / "Civil Procedure Law art. 89: left with the recipient",
        Mailed = "mailed" / "民事诉讼法第九十一条：邮寄回执收件日期" / "Civil Procedure Law art. 91: date on the receipt of the mail",
        Announced = "announced" / "民事诉讼法第九十五条：公告满三十日" / "Civil Procedure Law art. 95: thirty days after the announcement",
    }
}

impl ServiceBasis {
    /// The word of the display line: it never says more than the basis does.
    #[must_use]
    pub const fn display(self) -> (&'static str, &'static str) {
        match self {
            Self::Arrival => ("到达", "arrived"),
            Self::Reply => ("确认", "confirmed"),
            Self::Conduct => ("以行为确认", "confirmed by conduct"),
            Self::Presumed => ("推定", "presumed"),
            Self::Signed => ("签收", "signed for"),
            Self::Left => ("留置", "left"),
            Self::Mailed => ("邮寄签收", "mail received"),
            Self::Announced => ("公告期满", "announced"),
        }
    }

    /// Whether the recipient can rebut it (art. 31 (2) 2).
    #[must_use]
    pub const fn is_presumption(self) -> bool {
        matches!(self, Self::Presumed)
    }
}

words! {
    /// The ground of an objection to a service: art. 31 (2) 2.
    ServiceGround {
        SystemError = "system-error" / "存在系统错误" / "system error",
        NotOwnAddress = "not-own-address" / "送达地址非本人使用" / "the address is not the recipient's",
        NotReadByRecipient = "not-read-by-recipient" / "非本人阅知" / "somebody else read it",
        NotReceived = "not-received" / "其他未收悉送达内容的情形" / "not received for another reason",
    }
}

words! {
    /// The court's decision on an objection.
    ServiceOutcome {
        Upheld = "upheld" / "异议成立" / "the objection is upheld",
        Dismissed = "dismissed" / "异议不成立" / "the objection is dismissed",
    }
}

words! {
    /// A period that service begins.
    ServicePeriod {
        Answer = "answer" / "答辩期" / "period for the answer",
        Evidence = "evidence" / "举证期限" / "evidence period",
        Appeal = "appeal" / "上诉期" / "period for an appeal",
        AppealAnswer = "appeal-answer" / "上诉答辩期" / "period for the answer to the appeal",
        Association = "association" / "关联期限" / "period for the association",
    }
}

impl ServicePeriod {
    /// The source of its length.
    #[must_use]
    pub const fn source(self) -> (&'static str, &'static str) {
        match self {
            Self::Answer => ("民事诉讼法第一百二十八条、第一百三十条", "Civil Procedure Law arts. 128 and 130"),
            Self::Evidence => {
                ("证据规定第五十条、第五十一条；举证通知书", "Evidence Rules arts. 50 and 51; the notice")
            }
            Self::Appeal => ("民事诉讼法第一百七十一条", "Civil Procedure Law art. 171"),
            Self::AppealAnswer => ("民事诉讼法第一百七十四条", "Civil Procedure Law art. 174"),
            Self::Association => ("在线诉讼规则第十条", "Rules of Online Litigation art. 10"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_belongs_to_one_mode_and_a_gateway_sends_electronic_ones_only() {
        for channel in Channel::ALL {
            assert!(!channel.is_sent_by_gateway() || channel.mode() == ServiceMode::Electronic);
            assert_eq!(channel.is_sent_by_gateway(), channel.address().is_some() && *channel != Channel::Mail);
        }
        assert_eq!(DocumentKind::Decision.scope(), ConsentScope::Documents);
    }
}
