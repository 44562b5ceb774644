//! The usual labels of the fields of requests.

use crate::court::typed;

/// Names of fields with their labels in English, and in Chinese where `court::typed` has none or means another.
const LABELS: &[(&str, &str, &str)] = &[
    ("about", "期限所涉事项", "What the period is about"),
    ("account", "账号", "Account"),
    ("active", "最近活跃日", "Last day of activity"),
    ("activity", "在线活动", "Session"),
    ("address", "送达地址", "Address for service"),
    ("against", "被上诉人", "Appealed against"),
    ("agent", "代理人", "Agent"),
    ("agent_uses", "代理人可用次数", "Uses by agents"),
    ("agreement", "调解协议", "Agreement"),
    ("annexes", "删除的内容", "Texts to be erased"),
    ("answer", "意见", "Answer"),
    ("appeal", "上诉", "Appeal"),
    ("at", "发生时间", "Time"),
    ("attempt", "发送记录", "Attempt"),
    ("authenticity", "真实性", "Authenticity"),
    ("authority", "代理权限", "Authority"),
    ("basis", "依据", "Basis"),
    ("beside", "并行的另一送达", "Beside which service"),
    ("brought_by", "提出的当事人", "Brought by"),
    ("case", "案件", "Case"),
    ("cause", "失败原因", "Cause of the failure"),
    ("change", "变更方式", "Change"),
    ("channel", "送达渠道", "Channel"),
    ("checked_at", "核对时间", "Checked at"),
    ("claims", "诉讼请求、事实和理由", "Claims, facts and reasons"),
    ("clicked", "确认时间", "Time of the click"),
    ("collected", "法院调查收集", "Collected by the court"),
    ("content", "证据内容", "Content of the evidence"),
    ("copies", "份数", "Copies"),
    ("correction", "补正申请", "Request for correction"),
    ("court", "法院", "Court"),
    ("day", "日期", "Day"),
    ("days", "天数", "Days"),
    ("decision", "处理结果", "Decision"),
    ("deposit_number", "存证编号", "Deposit number"),
    ("digest", "确认的摘要", "Digest that is confirmed"),
    ("document", "文书的存证编号", "Deposit number of the document"),
    ("dossier_digests", "卷宗文件", "File in the dossier"),
    ("filed_with", "上诉状提交至", "Petition filed with"),
    ("fine", "罚款金额（元）", "Fine in yuan"),
    ("form", "原件或复制件", "Original or copy"),
    ("from", "开始时间", "From"),
    ("ground", "事由", "Ground"),
    ("grounds", "异议依据", "Grounds of the objection"),
    ("handed_in", "交邮或递交", "Posted or handed in"),
    ("hearing", "庭审", "Hearing"),
    ("instances", "授权的其他审级", "Further instances of the power"),
    ("item", "证据", "Item"),
    ("item_version", "证据版本", "Version of the item"),
    ("judge", "承办法官", "Judge"),
    ("kind", "种类", "Kind"),
    ("last", "新的届满日", "New last day"),
    ("legality", "合法性", "Legality"),
    ("members", "合议庭成员", "Members of the panel"),
    ("method", "确认方式", "Method"),
    ("mode", "送达方式", "Mode of service"),
    ("name", "名称", "Name"),
    ("name_commitment", "清单中的名称承诺", "Commitment to the name in the manifest"),
    ("note", "说明", "Note"),
    ("number", "案号", "Case number"),
    ("obstacle_ended", "障碍消除日", "Day on which the obstacle ended"),
    ("on", "日期", "Day"),
    ("on_paper", "另行移送的纸质文件数", "Documents that follow on paper"),
    ("order", "决定所在案件", "Case of the order"),
    ("outcome", "处理结果", "Outcome"),
    ("own_act", "受送达人的诉讼行为", "Act of the recipient"),
    ("pages", "页数", "Pages"),
    ("parties", "申请再审的当事人", "Applicants for the retrial"),
    ("party", "当事人", "Party"),
    ("party_uses", "当事人本人可用次数", "Uses by the party itself"),
    ("transfer", "转入方式", "How it continues"),
    ("person", "签名人", "Person"),
    ("petition", "上诉状的存证编号", "Deposit number of the petition"),
    ("place", "补正位置", "Place"),
    ("power", "授权委托书", "Power of attorney"),
    ("probative_value", "证明力", "Probative value"),
    ("procedure", "程序", "Procedure"),
    ("proves", "证明对象", "What it proves"),
    ("published", "公告刊登日", "Day of publication"),
    ("purpose", "证据用途", "Purpose"),
    ("reason", "理由", "Reason"),
    ("receipt", "其他账本的存证回执", "Receipt of another ledger"),
    ("relationship", "监护关系证明", "Document of the relationship"),
    ("relevance", "关联性", "Relevance"),
    ("replaces", "替换的证据", "Replaces"),
    ("role", "诉讼地位", "Role"),
    ("round", "确认轮次", "Confirmation round"),
    ("ruling", "裁定事项", "Ruling"),
    ("scope", "事项", "Subject"),
    ("segment", "录像分段序号", "Segment of the recording"),
    ("service", "送达记录", "Service record"),
    ("shown", "告知内容", "Text shown"),
    ("signers", "签名人员", "People who confirm"),
    ("source", "来源", "Source"),
    ("speaker", "发言人", "Speaker"),
    ("special", "特别授权事项", "Powers named"),
    ("start", "起算日", "Counted from"),
    ("step", "送达状态", "Step"),
    ("subject", "主体类型", "Kind of person"),
    ("ticked", "勾选方式", "Box"),
    ("title", "案由", "Cause of action"),
    ("to", "接收法院", "Receiving court"),
    ("track", "协议类型", "Kind of agreement"),
    ("transcript", "笔录", "Transcript"),
    ("until", "截止时间", "Until"),
    ("value", "地址", "Address"),
    ("version", "笔录版本", "Version"),
    ("volume", "卷别", "Volume"),
    ("way", "后续处理", "Application"),
    ("window", "期限", "Period"),
    ("wording", "申请补正的内容", "Wording asked for"),
];

/// The usual label of a field in Chinese and English, if this list has it.
#[must_use]
pub fn listed(name: &str) -> Option<(&'static str, &'static str)> {
    LABELS.iter().find(|(field, ..)| *field == name).map(|(_, zh, en)| (*zh, *en))
}

/// The usual label of a field in Chinese and English; that of `court::typed` in Chinese for a field that this list has not.
#[must_use]
pub fn usual(name: &'static str) -> Option<(&'static str, &'static str)> {
    listed(name).or_else(|| typed::field_label(name).map(|zh| (zh, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_has_one_usual_label_in_both_languages() {
        for (at, (name, zh, en)) in LABELS.iter().enumerate() {
            assert!(!LABELS.iter().skip(at + 1).any(|(other, ..)| other == name), "{name} is listed twice");
            assert!(!zh.is_ascii() && en.is_ascii(), "{name}");
        }
    }
}
