//! The enumerations of the filing flow: each value has a word in records, and a label in Chinese and English.
//!
//! Chinese labels are the terms of the courts' own systems and of the law, and are used exactly.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$one:meta])* $variant:ident = $word:literal / $zh:literal / $en:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $zh] $(#[$one])* $variant,)+
        }

        impl $name {
            /// All, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in records, which is stable.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The label for people.
            #[must_use]
            pub const fn label(self, language: $crate::ledger::verify::wording::Language) -> &'static str {
                match language {
                    $crate::ledger::verify::wording::Language::Chinese => match self { $(Self::$variant => $zh,)+ },
                    $crate::ledger::verify::wording::Language::English => match self { $(Self::$variant => $en,)+ },
                }
            }

            /// Parses the word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }

            /// Parses what people type: the word, a label in Chinese or English, or a short form.
            #[must_use]
            pub fn from_typed(text: &str) -> Option<Self> {
                use $crate::ledger::verify::wording::Language;
                let text = text.trim();
                let labelled = |one: &Self| {
                    one.label(Language::Chinese) == text || one.label(Language::English).eq_ignore_ascii_case(text)
                };
                Self::from_word(text)
                    .or_else(|| Self::ALL.iter().copied().find(labelled))
                    .or_else(|| Self::from_word(&text.to_ascii_lowercase().replace(['_', ' '], "-")))
                    .or_else(|| $crate::court::short_forms::short_form(text))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl $crate::court::line_value::LineValue for $name {
            const EXPECTED: &'static str = concat!("one of", $(" ", $word),+);

            fn print(&self) -> String {
                self.word().to_owned()
            }

            fn parse(text: &str) -> Option<Self> {
                Self::from_word(text)
            }

            fn parse_typed(text: &str) -> Option<Self> {
                Self::from_typed(text)
            }

            fn expected_in_chinese() -> Option<String> {
                Some($crate::court::short_forms::one_of::<Self>(&[$($zh),+]))
            }
        }
    };
}
pub(in crate::court) use words;

words! {
    /// The kind of an account's owner.
    SubjectKind {
        NaturalPerson = "natural-person" / "自然人" / "natural person",
        LegalPerson = "legal-person" / "法人" / "legal person",
        OtherOrganisation = "other-organisation" / "其他组织" / "other organisation",
        CourtSystem = "court-system" / "法院系统" / "court system",
        Platform = "platform" / "平台" / "platform",
    }
}

words! {
    /// A role of an account. Roles of a court are held at one court; some of them act only in cases in which they are appointed, and
    /// the court administrator acts in none.
    Role {
        Lawyer = "lawyer" / "律师" / "lawyer",
        OtherAgent = "other-agent" / "其他代理人" / "other agent",
        Clerk = "clerk" / "书记员" / "clerk",
        Judge = "judge" / "法官" / "judge",
        JudgeAssistant = "judge-assistant" / "法官助理" / "judge's assistant",
        TrialSupport = "trial-support" / "审判辅助人员" / "trial support staff",
        Archivist = "archivist" / "档案管理人员" / "archivist",
        AppraisalInstitution = "appraisal-institution" / "鉴定机构" / "appraisal institution",
        Notary = "notary" / "公证机构" / "notary office",
        Mediator = "mediator" / "调解员" / "mediator",
        MediationOrganisation = "mediation-organisation" / "调解组织" / "mediation organisation",
        PeoplesAssessor = "peoples-assessor" / "人民陪审员" / "people's assessor",
        BankruptcyAdministrator = "bankruptcy-administrator" / "破产管理人" / "bankruptcy administrator",
        Supervisor = "supervisor" / "督办人" / "supervisor of appraisals",
        Expert = "expert" / "有专门知识的人" / "person with expert knowledge",
        LegalRepresentative = "legal-representative" / "法定代表人" / "legal representative of an organisation",
        StatutoryAgent = "statutory-agent" / "法定代理人" / "statutory agent of a person",
        CourtAdministrator = "court-administrator" / "法院管理员" / "court administrator",
        Auditor = "auditor" / "审计人员" / "auditor",
        Operator = "operator" / "平台管理员" / "platform operator",
    }
}

words! {
    /// The scope of a token. It limits the rights of the account.
    Scope {
        Deposit = "deposit" / "存证" / "deposit",
        Read = "read" / "查看案件" / "read cases",
        Case = "case" / "办理案件" / "act in cases",
        Court = "court" / "法院履职" / "act for a court",
        Manage = "manage" / "账号管理" / "manage accounts",
        Feed = "feed" / "事件订阅" / "follow the feed",
    }
}

words! {
    /// The tokens issued by a revoked token that stay valid.
    KeptTokens {
        OtherAccounts = "other-accounts" / "已签发给其他账号的令牌" / "tokens issued to other accounts",
    }
}

words! {
    /// The method of an identity check, which is made elsewhere.
    IdentityMethod {
        Alipay = "alipay" / "支付宝认证" / "Alipay",
        WeChat = "wechat" / "微信扫码认证" / "WeChat",
        Face = "face" / "人脸识别" / "face recognition",
        CourtOffline = "court-offline" / "法院线下核验" / "papers checked at court",
        LawyerSystem = "lawyer-system" / "律师身份核验" / "lawyers' register",
        Certificate = "certificate" / "数字证书" / "digital certificate",
        CourtSystem = "court-system" / "法院系统认证" / "court system",
        Other = "other" / "其他方式" / "another way",
    }
}

words! {
    /// The level of an identity check.
    IdentityLevel {
        Basic = "basic" / "基本" / "basic",
        Substantial = "substantial" / "实名" / "real name",
        High = "high" / "实名并当面或生物特征核验" / "real name, seen in person or by biometrics",
    }
}

words! {
    /// 证据规定 art. 14: the five classes of electronic data.
    EvidenceClass {
        WebPublishing = "web-publishing" / "网页、博客、微博客等网络平台发布的信息" / "information published on the web",
        Messages = "messages" / "手机短信、电子邮件、即时通信、通讯群组等网络应用服务的通信信息" / "messages, mail, instant messages",
        Logs = "logs" / "用户注册信息、身份认证信息、电子交易记录、通信记录、登录日志等信息" / "registration, identity, transaction, communication and login records",
        Files = "files" / "文档、图片、音频、视频、数字证书、计算机程序等电子文件" / "documents, pictures, audio, video, certificates, programs",
        Other = "other" / "其他以数字化形式存储、处理、传输的能够证明案件事实的信息" / "other digital information",
    }
}

words! {
    /// The kind of proceeding.
    CaseKind {
        CivilFirst = "civil-first" / "民事一审" / "civil, first instance",
        CivilSecond = "civil-second" / "民事二审" / "civil, second instance",
        Retrial = "retrial" / "再审" / "retrial",
        Mediation = "mediation" / "调解" / "mediation",
        JudicialConfirmation = "judicial-confirmation" / "司法确认" / "judicial confirmation",
        Preservation = "preservation" / "保全" / "preservation",
        AdministrativeFirst = "administrative-first" / "行政一审" / "administrative, first instance",
        AdministrativeSecond = "administrative-second" / "行政二审" / "administrative, second instance",
        AdministrativeEnforcement = "administrative-enforcement" / "行政非诉" / "administrative, without suit",
        PrivateProsecution = "private-prosecution" / "刑事自诉" / "private prosecution",
        StateCompensation = "state-compensation" / "国家赔偿" / "state compensation",
        Enforcement = "enforcement" / "执行" / "enforcement",
        Bankruptcy = "bankruptcy" / "破产" / "bankruptcy",
        Petition = "petition" / "申诉信访" / "petition",
    }
}

words! {
    /// The procedure, which determines the limits of the evidence period.
    Procedure {
        Ordinary = "ordinary" / "普通程序" / "ordinary procedure",
        Summary = "summary" / "简易程序" / "summary procedure",
        SmallClaims = "small-claims" / "小额诉讼程序" / "small claims procedure",
        SecondInstance = "second-instance" / "第二审程序" / "second instance procedure",
    }
}

words! {
    /// The role of a party.
    PartyRole {
        Plaintiff = "plaintiff" / "原告" / "plaintiff",
        Defendant = "defendant" / "被告" / "defendant",
        ThirdParty = "third-party" / "第三人" / "third party",
        Appellant = "appellant" / "上诉人" / "appellant",
        Appellee = "appellee" / "被上诉人" / "appellee",
        OriginalPlaintiff = "original-plaintiff" / "原审原告" / "plaintiff of the first instance",
        OriginalDefendant = "original-defendant" / "原审被告" / "defendant of the first instance",
        OriginalThirdParty = "original-third-party" / "原审第三人" / "third party of the first instance",
        RetrialApplicant = "retrial-applicant" / "再审申请人" / "applicant for retrial",
        Applicant = "applicant" / "申请人" / "applicant",
        Respondent = "respondent" / "被申请人" / "respondent",
    }
}

impl PartyRole {
    /// Whether the party brings the case.
    #[must_use]
    pub const fn brings_the_case(self) -> bool {
        matches!(self, Self::Plaintiff | Self::Appellant | Self::Applicant | Self::RetrialApplicant)
    }
}

words! {
    /// The authority of an agent. 民诉法 art. 62: special authority for admitting, waiving, changing claims, settling,
    /// counterclaiming, appealing. Art. 60: the statutory agent of a person without capacity to litigate does all that the party could.
    Authority {
        General = "general" / "一般授权" / "general authority",
        Special = "special" / "特别授权" / "special authority",
        Statutory = "statutory" / "法定代理" / "statutory agency",
    }
}

words! {
    /// The stage of a case: the filing stages of 人民法院在线服务, then the states of the Guangzhou manual.
    Stage {
        Draft = "draft" / "待提交" / "to be submitted",
        UnderReview = "under-review" / "已提交（待审核）" / "submitted, to be reviewed",
        ToSupplement = "to-supplement" / "待补充材料" / "returned for supplement",
        Approved = "approved" / "审核通过" / "review passed",
        Rejected = "rejected" / "审核不通过" / "review not passed",
        Refused = "refused" / "不予立案" / "filing refused",
        Withdrawn = "withdrawn" / "已撤回" / "filing withdrawn",
        AwaitingAssignment = "awaiting-assignment" / "待分案" / "filed, awaiting assignment",
        Assigned = "assigned" / "审理中" / "assigned",
        InHearing = "in-hearing" / "庭审中" / "in hearing",
        Judged = "judged" / "已判决" / "judged",
        Discontinued = "discontinued" / "准许撤诉" / "withdrawal of the suit permitted",
        Closed = "closed" / "已结案" / "closed",
    }
}

impl Stage {
    /// Whether the case is filed and not ended, so that evidence may be adduced and answered.
    #[must_use]
    pub const fn is_pending_at_court(self) -> bool {
        matches!(self, Self::AwaitingAssignment | Self::Assigned | Self::InHearing)
    }

    /// Whether the filer still prepares it.
    #[must_use]
    pub const fn is_with_the_filer(self) -> bool {
        matches!(self, Self::Draft | Self::ToSupplement)
    }
}

words! {
    /// The phase in which an item was imported.
    Phase {
        Filing = "filing" / "起诉时" / "with the complaint",
        Supplementary = "supplementary" / "补充证据" / "supplementary",
        SecondInstance = "second-instance" / "二审新证据" / "new evidence in second instance",
    }
}

words! {
    /// Whether the importer is the depositor.
    Depositor {
        Same = "same" / "存证人与导入人一致" / "the importer deposited it",
        Different = "different" / "存证人与导入人不一致" / "somebody else deposited it",
        Unknown = "unknown" / "存证人以自有密钥存证，与导入人是否同一未核实" / "deposited with a key of its own; whether the importer is that depositor was not checked",
    }
}

words! {
    /// What was presented for a verification.
    Presented {
        File = "file" / "原文" / "the original",
        Digest = "digest" / "摘要" / "a digest",
        Receipt = "receipt" / "回执" / "a receipt",
    }
}

words! {
    /// A party's opinion on a property of an item.
    Opinion {
        Admitted = "admitted" / "认可" / "admitted",
        Disputed = "disputed" / "有异议" / "disputed",
    }
}

words! {
    /// The ground of an objection: 人民法院在线诉讼规则 arts. 12 and 16 to 19, and objections to legality and relevance. Art. 19 is an
    /// application.
    Ground {
        ContraryEvidence = "contrary-evidence" / "《在线诉讼规则》第十六条：有相反证据足以推翻" / "Online Litigation Rules, art. 16: contrary evidence sufficient to rebut",
        PlatformRules = "platform-rules" / "《在线诉讼规则》第十七条第一项：存证平台是否符合国家有关部门关于提供区块链存证服务的相关规定" / "Online Litigation Rules, art. 17 (1): whether the platform complies with the rules for deposit services",
        PlatformInterest = "platform-interest" / "《在线诉讼规则》第十七条第二项：当事人与存证平台是否存在利害关系，并利用技术手段不当干预取证、存证过程" / "Online Litigation Rules, art. 17 (2): interest between party and platform, and improper interference by technical means",
        SystemStandards = "system-standards" / "《在线诉讼规则》第十七条第三项：存证平台信息系统的清洁性、安全性、可靠性、可用性" / "Online Litigation Rules, art. 17 (3): cleanliness, security, reliability, availability of the platform's system",
        Technology = "technology" / "《在线诉讼规则》第十七条第四项：存证技术和过程（系统环境、技术安全、加密方式、数据传输、信息验证）" / "Online Litigation Rules, art. 17 (4): technology and process (environment, security, encryption, transmission, verification)",
        BeforeTheChain = "before-the-chain" / "《在线诉讼规则》第十八条：上链存储前已不具备真实性" / "Online Litigation Rules, art. 18: not authentic already before it went on the chain",
        Expert = "expert" / "《在线诉讼规则》第十九条（申请）：有专门知识的人提出意见，或者委托鉴定、调取其他证据核对" / "Online Litigation Rules, art. 19 (application): a person with special knowledge, appraisal, or other evidence for comparison",
        OriginalForm = "original-form" / "《在线诉讼规则》第十二条：与原件、原物不一致，或者内容不完整、不清晰、格式不规范" / "Online Litigation Rules, art. 12: not identical with the original, incomplete, unclear or badly formatted",
        UnlawfullyObtained = "unlawfully-obtained" / "取得不合法" / "unlawfully obtained",
        Unrelated = "unrelated" / "与待证事实无关联" / "no link with the fact to be proved",
    }
}

words! {
    /// 证据规定 arts. 11, 15: whether an item is offered as the original or as a copy. A maker's identical copy, and a print or other
    /// readable output directly from the data, count as the original of electronic data.
    ItemForm {
        Original = "original" / "原件（原始载体）" / "original (on its original carrier)",
        IdenticalCopy = "identical-copy" / "制作者制作的与原件一致的副本" / "identical copy made by the maker",
        Output = "output" / "直接来源于电子数据的打印件或者其他输出介质" / "print or other output directly from the data",
        Copy = "copy" / "复制件" / "copy",
    }
}

words! {
    /// How the ledger diverges from an item's snapshot.
    Divergence {
        NotFound = "not-found" / "链上记录不复存在" / "the record is not found any more",
        Facts = "facts" / "区块链存证信息与导入时不一致" / "the chain facts differ from those imported",
        Unreadable = "unreadable" / "链上记录无法读取" / "the record cannot be read",
    }
}

words! {
    /// The kind of transfer of a case to another proceeding.
    TransferKind {
        SecondInstance = "second-instance" / "上诉移送" / "appeal to second instance",
        Suit = "suit" / "诉调衔接" / "from mediation into a suit",
        Retrial = "retrial" / "进入再审（调卷）" / "into retrial (the dossier is called in)",
        Remand = "remand" / "发回重审" / "remanded, to first instance",
        Jurisdiction = "jurisdiction" / "移送管辖" / "to the court with jurisdiction",
        DossierReturn = "dossier-return" / "退还案卷" / "the dossier goes back",
    }
}

words! {
    /// How a document came to the court before the court entered it (民诉法 art. 85 (4)).
    HandedInBy {
        Posted = "posted" / "交邮" / "posted",
        Delivered = "delivered" / "递交" / "handed in",
    }
}

words! {
    /// What an item of evidence does to another item (证据规定 art. 51 (3)).
    Purpose {
        Rebuts = "rebuts" / "反驳" / "rebuts",
        Cures = "cures" / "补正" / "cures a defect of",
        Reinforces = "reinforces" / "补强" / "reinforces",
    }
}

words! {
    /// Evidence that the court collected (证据规定 art. 62).
    Collected {
        OnApplication = "on-application" / "依当事人申请调查收集" / "collected on a party's application",
        ExOfficio = "ex-officio" / "依职权调查收集" / "collected by the court of its own motion",
    }
}

impl Collected {
    /// Whether the item belongs to no party, so that every party may reply to it: the court hears all parties on what it collected of
    /// its own motion (证据规定 art. 62).
    #[must_use]
    pub const fn belongs_to_no_party(self) -> bool {
        matches!(self, Self::ExOfficio)
    }
}

words! {
    /// What follows of lateness (民诉法 art. 68; 民诉法解释 arts. 101 and 102).
    LatenessDecision {
        InTime = "in-time" / "视为未逾期" / "deemed in time",
        NotAdmitted = "not-admitted" / "不予采纳" / "not admitted",
        Admitted = "admitted" / "采纳" / "admitted",
        Admonished = "admonished" / "采纳并训诫" / "admitted with an admonition",
        Fined = "fined" / "采纳并罚款" / "admitted with a fine",
    }
}

words! {
    /// The court's decision on an item of evidence (证据规定 art. 97).
    AdmissionDecision {
        Adopted = "adopted" / "采信" / "adopted",
        PartlyAdopted = "partly-adopted" / "部分采信" / "adopted in part",
        NotAdopted = "not-adopted" / "不予采信" / "not adopted",
    }
}

words! {
    /// A change of the claims (民诉法 arts. 54 and 143).
    ClaimChange {
        Added = "added" / "增加诉讼请求" / "claims added",
        Changed = "changed" / "变更诉讼请求" / "claims changed",
        Waived = "waived" / "放弃诉讼请求" / "claims waived",
    }
}

words! {
    /// The kind of private content that was accessed.
    AccessedContent {
        CaseFile = "case-file" / "案件信息" / "the case file",
        AccessLog = "access-log" / "访问日志" / "the access log",
        HandOver = "hand-over" / "移交清单" / "the manifest of a hand-over",
        Original = "original" / "原文" / "the original",
        Deposit = "deposit" / "存证的非公开信息" / "private content of a deposit",
        Account = "account" / "账号信息" / "private content of an account",
        ServiceAddress = "service-address" / "送达地址" / "an address for service",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::line_value::LineValue;
    use crate::ledger::verify::wording::Language;

    fn distinct<T: LineValue + Copy>(all: &[T], label: impl Fn(T, Language) -> &'static str) {
        for (at, one) in all.iter().enumerate() {
            assert_eq!(T::parse(&one.print()).map(|read| read.print()), Some(one.print()));
            assert!(!label(*one, Language::Chinese).is_ascii(), "{}", one.print());
            assert!(label(*one, Language::English).is_ascii(), "{}", one.print());
            for other in all.iter().skip(at + 1) {
                assert_ne!(one.print(), other.print());
            }
        }
    }

    #[test]
    fn every_word_is_its_own_and_has_both_names() {
        distinct(SubjectKind::ALL, SubjectKind::label);
        distinct(Role::ALL, Role::label);
        distinct(Scope::ALL, Scope::label);
        distinct(IdentityMethod::ALL, IdentityMethod::label);
        distinct(EvidenceClass::ALL, EvidenceClass::label);
        distinct(CaseKind::ALL, CaseKind::label);
        distinct(PartyRole::ALL, PartyRole::label);
        distinct(Stage::ALL, Stage::label);
        distinct(Ground::ALL, Ground::label);
        distinct(HandedInBy::ALL, HandedInBy::label);
        distinct(Purpose::ALL, Purpose::label);
        distinct(Collected::ALL, Collected::label);
        distinct(LatenessDecision::ALL, LatenessDecision::label);
        distinct(AdmissionDecision::ALL, AdmissionDecision::label);
        distinct(ClaimChange::ALL, ClaimChange::label);
        distinct(ItemForm::ALL, ItemForm::label);
        assert_eq!(Stage::parse("filed"), None);
        assert_eq!(Stage::InHearing.label(Language::Chinese), "庭审中");
    }
}
