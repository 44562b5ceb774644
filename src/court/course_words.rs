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
    /// The effect of an objection to jurisdiction: 民诉法 art. 130.
    ObjectionEffect {
        Pending = "pending" / "待裁定" / "to be ruled on",
        Sustained = "sustained" / "异议成立" / "sustained",
        Dismissed = "dismissed" / "驳回异议" / "dismissed",
        Late = "late" / "逾答辩期，不发生效力" / "after the period of the answer: no effect",
        AfterAnswer = "after-answer" / "已应诉答辩，不发生效力" / "after an answer to the suit: no effect",
        Repeated = "repeated" / "重复提出，不发生效力" / "raised before: no effect",
        NotFirstInstance = "not-first-instance" / "非第一审或者系发回重审，不发生效力" / "not first instance, or remanded: no effect",
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
    /// The result of a second instance, as the court of first instance records it with the dossier: 民诉法 arts. 177, 178, 180.
    AppealOutcome {
        Upheld = "upheld" / "驳回上诉，维持原裁判" / "upheld",
        Changed = "changed" / "改判、撤销或者变更" / "changed or set aside",
        Remanded = "remanded" / "发回重审" / "remanded",
        Directed = "directed" / "指令立案或者审理" / "directed to file or hear the case",
        Withdrawn = "withdrawn" / "准许撤回上诉" / "the appeal was withdrawn",
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
