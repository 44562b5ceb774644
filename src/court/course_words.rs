//! The enumerations of decisions, appeals and hand-overs: a word in records, and a label in Chinese and English.

use crate::court::words::words;

words! {
    /// The acts for which an agent needs special authority, each to be named in the power of attorney: 民诉法 art. 62 (2). A general
    /// formula such as 全权代理 names none of them (民诉法解释 art. 89, unconfirmed).
    SpecialPower {
        Admit = "admit" / "代为承认诉讼请求" / "admit claims",
        Waive = "waive" / "代为放弃诉讼请求" / "waive claims",
        Change = "change" / "代为变更诉讼请求" / "change claims",
        Settle = "settle" / "代为进行和解" / "settle",
        Counterclaim = "counterclaim" / "代为提起反诉" / "bring a counterclaim",
        Appeal = "appeal" / "代为提起上诉" / "appeal",
    }
}

words! {
    /// An instance that a power of attorney names. Without one it is for the instance in which it was given.
    Instance {
        First = "first" / "一审" / "first instance",
        Second = "second" / "二审" / "second instance",
        Retrial = "retrial" / "再审" / "retrial",
        Enforcement = "enforcement" / "执行" / "enforcement",
    }
}

words! {
    /// The volume of a dossier that a document belongs to.
    Volume {
        Main = "main" / "正卷" / "main volume",
        Second = "second" / "副卷" / "second volume, for courts only",
    }
}

words! {
    /// The form in which the court holds a document: 在线诉讼规则 art. 35 (2).
    DocumentForm {
        Electronic = "electronic" / "电子材料" / "electronic",
        Converted = "converted" / "纸质材料，已转化为电子材料" / "on paper, converted",
        Paper = "paper" / "纸质材料，未转化" / "on paper only",
    }
}

words! {
    /// The subject of a ruling.
    RulingKind {
        AllowWithdrawal = "allow-withdrawal" / "准许撤诉" / "the withdrawal of the suit is allowed",
        RefuseWithdrawal = "refuse-withdrawal" / "不准许撤诉" / "the withdrawal of the suit is not allowed",
        AllowAppealWithdrawal = "allow-appeal-withdrawal" / "准许撤回上诉" / "the withdrawal of the appeal is allowed",
        RefuseAppealWithdrawal = "refuse-appeal-withdrawal" / "不准许撤回上诉" / "the withdrawal of the appeal is not allowed",
        SustainObjection = "sustain-objection" / "管辖异议成立" / "the objection to jurisdiction is sustained",
        DismissObjection = "dismiss-objection" / "驳回管辖异议" / "the objection to jurisdiction is dismissed",
        TransferJurisdiction = "transfer-jurisdiction" / "移送管辖" / "the case goes to the court with jurisdiction",
        DismissSuit = "dismiss-suit" / "驳回起诉" / "the suit is dismissed without judgment",
        DeemedWithdrawal = "deemed-withdrawal" / "按撤诉处理" / "the suit is treated as withdrawn",
        AllowSuitWithdrawal = "allow-suit-withdrawal" / "撤销一审裁判，准许撤回起诉" / "the decision of first instance is set aside and the withdrawal of the suit allowed",
        DeemedAppealWithdrawal = "deemed-appeal-withdrawal" / "按自动撤回上诉处理" / "the appeal is treated as withdrawn",
        Suspend = "suspend" / "中止诉讼" / "the proceeding is suspended",
        Terminate = "terminate" / "终结诉讼" / "the proceeding is terminated",
        Correct = "correct" / "补正判决书中的笔误" / "clerical errors of the judgment are corrected",
        Preserve = "preserve" / "保全或者先予执行" / "preservation or advance enforcement",
        Other = "other" / "其他裁定" / "another ruling",
        Remand = "remand" / "撤销原判，发回重审" / "the judgment is set aside and the case remanded",
        Uphold = "uphold" / "驳回上诉，维持原裁定" / "the appeal is dismissed and the ruling upheld",
        SetAside = "set-aside" / "撤销或者变更原裁定" / "the ruling is set aside or changed",
        Direct = "direct" / "撤销原裁定，指令立案或者审理" / "the ruling is set aside, and the court directed to file or hear the case",
    }
}

impl RulingKind {
    /// Whether the ruling can be appealed: 民诉法 art. 157 (2), 不予受理 (which is the act `refuse`), 管辖异议, 驳回起诉.
    #[must_use]
    pub const fn can_be_appealed(self) -> bool {
        matches!(self, Self::SustainObjection | Self::DismissObjection | Self::DismissSuit)
    }

    /// Whether it is also made after the end of the instance, while the dossier is still at the court: 补正笔误 (民诉法 art. 157 (1) 7), and
    /// preservation before the dossier is sent on appeal (民诉法解释 art. 161, unconfirmed).
    #[must_use]
    pub const fn follows_the_end(self) -> bool {
        matches!(self, Self::Correct | Self::Preserve)
    }

    /// Whether it ends the proceeding in this instance.
    #[must_use]
    pub const fn ends_the_instance(self) -> bool {
        matches!(
            self,
            Self::AllowWithdrawal
                | Self::DeemedWithdrawal
                | Self::AllowSuitWithdrawal
                | Self::AllowAppealWithdrawal
                | Self::DeemedAppealWithdrawal
                | Self::DismissSuit
                | Self::Terminate
                | Self::Remand
                | Self::Uphold
                | Self::SetAside
                | Self::Direct
        )
    }
}

words! {
    /// Where a petition for appeal was filed: 民诉法 art. 173.
    FiledWith {
        First = "first" / "原审人民法院" / "the court of first instance",
        Second = "second" / "第二审人民法院" / "the court of second instance",
    }
}

words! {
    /// Whether an appeal came within its period.
    Timeliness {
        NotBegun = "not-begun" / "上诉期未起算（该当事人的送达未记录）" / "the period has not begun: no service on the party is recorded",
        InTime = "in-time" / "上诉期内提出" / "within the period",
        Late = "late" / "逾期提出（由人民法院裁定）" / "after the period; the court rules on it",
    }
}

words! {
    /// What an objection to jurisdiction alleges. The consent by an answer to the suit does not cure a violation of the rules on levels of
    /// courts and on exclusive jurisdiction: 民诉法 art. 130 (2).
    JurisdictionGround {
        Territorial = "territorial" / "违反地域管辖" / "territorial jurisdiction",
        Level = "level" / "违反级别管辖" / "jurisdiction by level",
        Exclusive = "exclusive" / "违反专属管辖" / "exclusive jurisdiction",
    }
}

impl JurisdictionGround {
    /// Whether an answer to the suit leaves it to be ruled on.
    #[must_use]
    pub const fn survives_an_answer(self) -> bool {
        matches!(self, Self::Level | Self::Exclusive)
    }
}

words! {
    /// The ground of a retrial: 民诉法 arts. 209 (the court of its own motion), 210 (application), 219 (protest).
    RetrialGround {
        Application = "application" / "当事人申请再审" / "application of a party",
        ExOfficio = "ex-officio" / "人民法院依职权决定再审" / "the court's own motion",
        Protest = "protest" / "人民检察院抗诉" / "protest of the procuratorate",
    }
}

words! {
    /// The effect of an objection to jurisdiction: 民诉法 art. 130.
    ObjectionEffect {
        Pending = "pending" / "待裁定" / "to be ruled on",
        PendingAfterAnswer = "pending-after-answer" / "已应诉答辩；主张违反级别管辖或者专属管辖，待裁定" / "to be ruled on, although the suit was answered: level of the court or exclusive jurisdiction",
        Sustained = "sustained" / "异议成立" / "sustained",
        Dismissed = "dismissed" / "驳回异议" / "dismissed",
        Late = "late" / "逾答辩期，不发生效力" / "after the period of the answer: no effect",
        AfterAnswer = "after-answer" / "已应诉答辩，且未主张违反级别管辖或者专属管辖，不发生效力" / "after an answer to the suit, and about neither the level of the court nor exclusive jurisdiction: no effect",
        Repeated = "repeated" / "重复提出，不发生效力" / "raised before: no effect",
        NotFirstInstance = "not-first-instance" / "非第一审或者系发回重审，不发生效力" / "not first instance, or remanded: no effect",
    }
}

impl ObjectionEffect {
    /// Whether the court has still to rule on it.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Pending | Self::PendingAfterAnswer)
    }
}

words! {
    /// The state of a hand-over.
    HandOverState {
        Sent = "sent" / "已发出" / "sent",
        Received = "received" / "已收到" / "received",
        Accepted = "accepted" / "核对相符并接收" / "compared, equal, and accepted",
        Differs = "differs" / "核对不符" / "compared, and different",
        Returned = "returned" / "退回补正" / "returned to be corrected",
    }
}

impl HandOverState {
    /// Whether the receiving court has still to accept or return it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Sent | Self::Received)
    }
}

words! {
    /// The result of a second instance, as the court of first instance records it with the dossier: 民诉法 arts. 177 to 180; for the
    /// withdrawal and the dismissal of the suit there, 民诉法解释 arts. 328 and 336 (unconfirmed); for its termination, 民诉法 arts. 154, 181.
    AppealOutcome {
        Upheld = "upheld" / "驳回上诉，维持原裁判" / "upheld",
        Changed = "changed" / "改判、撤销或者变更" / "changed or set aside",
        Remanded = "remanded" / "发回重审" / "remanded",
        Directed = "directed" / "指令立案或者审理" / "directed to file or hear the case",
        Withdrawn = "withdrawn" / "准许撤回上诉" / "the appeal was withdrawn",
        DeemedWithdrawn = "deemed-withdrawn" / "按自动撤回上诉处理" / "the appeal was treated as withdrawn",
        Mediated = "mediated" / "调解结案，原审判决视为撤销" / "settled by a mediation document: the judgment is regarded as set aside",
        SuitDismissed = "suit-dismissed" / "撤销原判，驳回起诉" / "set aside, and the suit dismissed without judgment",
        SuitWithdrawn = "suit-withdrawn" / "撤销一审裁判，准许撤回起诉" / "set aside, and the withdrawal of the suit allowed",
        SuitTerminated = "suit-terminated" / "终结诉讼" / "the suit was terminated",
    }
}

impl AppealOutcome {
    /// Whether the appeal counts as not filed, so that the decision of first instance takes effect (民诉法 art. 180).
    #[must_use]
    pub const fn is_withdrawal(self) -> bool {
        matches!(self, Self::Withdrawn | Self::DeemedWithdrawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::line_value::LineValue as _;
    use crate::ledger::verify::wording::Language;

    /// 民诉法 art. 157 (2).
    #[test]
    fn of_rulings_only_those_of_article_157_can_be_appealed() {
        let open: Vec<_> =
            RulingKind::ALL.iter().filter(|kind| kind.can_be_appealed()).map(|kind| kind.word()).collect();
        assert_eq!(open, ["sustain-objection", "dismiss-objection", "dismiss-suit"]);
    }

    /// 民诉法 art. 62 (2).
    #[test]
    fn six_acts_need_special_authority() {
        assert_eq!(SpecialPower::ALL.len(), 6);
        assert_eq!(SpecialPower::parse("special"), None);
        assert_eq!(SpecialPower::Appeal.label(Language::Chinese), "代为提起上诉");
    }
}
