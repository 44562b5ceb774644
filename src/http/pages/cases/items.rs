//! The acts about one item of evidence, as links beside it.

/// Word and label of each act; whether it is for the party that offers the item, and not for the court.
pub const ACTS: &[(&str, &str, &str, bool)] = &[
    ("restate", "编辑证据", "Restate", true),
    ("withdraw-item", "撤回证据", "Withdraw", true),
    ("explain-lateness", "说明逾期理由", "State the reason of the lateness", true),
    ("receive-item", "接收并出具收据", "Receive, and give a receipt", false),
    ("require-reason", "责令说明逾期理由", "Require the reason of the lateness", false),
    ("decide-lateness", "逾期处理", "Decide on lateness", false),
    ("decide-admission", "是否采信", "Decide on admission", false),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::acts::ActKind;
    use crate::http::pages::cases::forms::table::form_of;

    #[test]
    fn each_act_has_a_form_about_an_item() {
        for (word, ..) in ACTS {
            let form = ActKind::from_word(word).and_then(form_of).unwrap();
            assert!(form.field("item").is_some(), "{word}");
        }
    }
}
