//! Prefills the form of a reply with the previous reply of the party to the item.

use crate::court::acts::ActKind;
use crate::court::line_value::LineValue as _;
use crate::court::values::Capacity;
use crate::http::pages::cases::forms::data::FormData;
use crate::http::pages::cases::forms::field::ActForm;
use crate::http::pages::form::Form;
use crate::wire::court::item::ReplyJson;
use crate::wire::report::CodedText;

/// The values of the last reply of the party for which the actor replies, as the form has them; none without an earlier reply, and for every
/// other act.
#[must_use]
pub fn earlier_reply(form: &ActForm, data: &FormData, given: &Form) -> Vec<(String, String)> {
    if form.kind != ActKind::Reply {
        return Vec::new();
    }
    let chosen = given.some("as").map(str::to_owned);
    let capacity = chosen.or_else(|| Some(data.capacities(form.kind).first()?.capacity.capacity.clone()));
    let capacity = capacity.and_then(|text| Capacity::parse(&text));
    let party = capacity.zip(data.file.as_ref()).and_then(|(capacity, file)| file.party_of(capacity));
    let item = data.items().iter().find(|item| item.item.to_string() == given.text("item"));
    let replies = item.map_or(&[][..], |item| item.replies.as_slice());
    let last = replies.iter().rfind(|reply| Some(reply.party) == party.map(|party| party.0));
    last.map_or_else(Vec::new, values)
}

fn values(reply: &ReplyJson) -> Vec<(String, String)> {
    let word = |name: &str, word: &Option<CodedText>| word.as_ref().map(|word| (name.to_owned(), word.code.clone()));
    let opinions = [
        word("authenticity", &reply.authenticity),
        word("legality", &reply.legality),
        word("relevance", &reply.relevance),
    ];
    let texts = [("probative_value", &reply.probative_value), ("reason", &reply.reason)];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.as_ref()?.0.clone()?)));
    let grounds = reply.grounds.iter().map(|ground| ("grounds".to_owned(), ground.code.clone()));
    opinions.into_iter().flatten().chain(texts).chain(grounds).collect()
}
