//! The acts about one item of evidence, as links beside it.

/// An act about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemAct {
    /// Its word.
    pub word: &'static str,
    /// What its link says, in Chinese and English.
    pub label: (&'static str, &'static str),
    /// Whether it is for the party that offers the item, and not for the court.
    pub is_for_its_party: bool,
}

const fn of_its_party(word: &'static str, zh: &'static str, en: &'static str) -> ItemAct {
    ItemAct { word, label: (zh, en), is_for_its_party: true }
}

const fn of_the_court(word: &'static str, zh: &'static str, en: &'static str) -> ItemAct {
    ItemAct { word, label: (zh, en), is_for_its_party: false }
}

/// All of them, in the order in which they are shown.
pub const ACTS: &[ItemAct] = &[
    of_its_party("restate", "编辑证据", "Restate"),
    of_its_party("withdraw-item", "撤回证据", "Withdraw"),
    of_its_party("explain-lateness", "说明逾期理由", "State the reason of the lateness"),
    of_the_court("receive-item", "接收并出具收据", "Receive, and give a receipt"),
    of_the_court("require-reason", "责令说明逾期理由", "Require the reason of the lateness"),
    of_the_court("decide-lateness", "逾期处理", "Decide on lateness"),
    of_the_court("decide-admission", "是否采信", "Decide on admission"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::acts::ActKind;
    use crate::http::pages::cases::forms::table::form_of;

    #[test]
    fn each_act_has_a_form_about_an_item() {
        for ItemAct { word, .. } in ACTS {
            let form = ActKind::from_word(word).and_then(form_of).unwrap();
            assert!(form.field("item").is_some(), "{word}");
        }
    }
}
