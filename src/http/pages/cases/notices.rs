//! The notices before a suit is brought (诉前须知), as the opening form shows them.

/// A notice: its name, and what it says, in both languages.
pub struct Notice {
    /// The name.
    pub title: (&'static str, &'static str),
    /// The paragraphs.
    pub paragraphs: &'static [(&'static str, &'static str)],
}

/// What a plaintiff agrees to with the box of the opening form.
pub const CONSENT: (&str, &str) =
    ("我同意裁判文书采用电子送达途径发送", "I agree that judgments and rulings are served electronically");

/// The notices of the manual, in its order.
pub const NOTICES: [Notice; 3] = [
    Notice {
        title: ("《民事诉讼须知》", "What to know of civil proceedings"),
        paragraphs: &[
            (
                "起诉须有与本案有直接利害关系的原告、明确的被告、具体的诉讼请求和事实、理由，并属于人民法院受理范围和受诉人民法院管辖。",
                "A suit needs a plaintiff with a direct interest, a defendant who is named, claims with facts and reasons, and a court that has jurisdiction.",
            ),
            (
                "当事人有权委托诉讼代理人，提出回避申请，收集、提供证据，进行辩论，请求调解，提起上诉，申请执行。",
                "The parties may appoint agents, challenge judges, offer evidence, argue, ask for mediation, appeal, and apply for enforcement.",
            ),
            (
                "起诉时提交的证据提交后不能编辑或者撤回；立案后可在举证期限内补充证据。",
                "Evidence submitted with the complaint can no longer be edited or withdrawn. Further evidence is offered within the evidence period after the filing.",
            ),
        ],
    },
    Notice {
        title: ("《诉讼风险告知书》", "Risks of litigation"),
        paragraphs: &[
            (
                "诉讼请求不当、逾期提供证据、证据不足、不按时缴纳诉讼费用或者不按时到庭的，可能承担不利后果。",
                "Improper claims, late or insufficient evidence, unpaid fees, or absence from the hearing can be to a party's disadvantage.",
            ),
            (
                "区块链存证仅能证明数据上链后未经篡改；上链前的真实性、证据的合法性和关联性由人民法院审查认定。",
                "A deposit on the chain shows no more than that the data is unaltered since then. Authenticity before that, legality and relevance are for the court to decide.",
            ),
            ("虚假诉讼、伪造证据的，依法承担法律责任。", "False suits and forged evidence are punished by law."),
        ],
    },
    Notice {
        title: ("《廉政监督卡》", "Integrity of the court"),
        paragraphs: &[(
            "审判人员及其辅助人员不得接受当事人及其代理人的请客送礼或者违反规定会见。发现违纪违法行为的，可以向该院监察部门举报。",
            "Judges and staff may not accept gifts or invitations, nor meet parties or agents against the rules. Breaches can be reported to the court's inspection office.",
        )],
    },
];
