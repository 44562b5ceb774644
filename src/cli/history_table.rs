//! Prints later links and earlier deposits, each with its status: verified, claimed or invalid.

use crate::cli::screen::Screen;
use crate::ledger::verify::history::{ClaimStatus, History, LaterLink, LinkStanding, Listed};
use crate::ledger::verify::wording;

/// One row per item; one more if a list has more items.
#[must_use]
pub fn rows(screen: &Screen, history: &History) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let owners = screen.pick("其后（存证人所为）", "later, by its owner");
    links(screen, &mut rows, owners, &history.owner_links);
    let references = screen.pick("其后（任何人均可提及）", "later (anybody may refer to it)");
    links(screen, &mut rows, references, &history.references);
    let label = screen.pick("同一摘要的更早存证", "earlier deposit of the same digest");
    for earlier in &history.earlier.items {
        rows.push(vec![label.to_owned(), claim(screen, earlier.number.to_string(), earlier.status)]);
    }
    rows.extend(rest(screen, label, &history.earlier));
    rows
}

fn links(screen: &Screen, rows: &mut Vec<Vec<String>>, label: &str, list: &Listed<LaterLink>) {
    for link in &list.items {
        let text = wording::later_link(link.kind, &link.number, screen.language());
        let value = claim(screen, text, link.status);
        rows.push(vec![label.to_owned(), format!("{value}{}", standing(screen, link))]);
    }
    rows.extend(rest(screen, label, list));
}

/// Whether the deposit that makes the link was withdrawn in turn; empty where it was not.
fn standing(screen: &Screen, link: &LaterLink) -> String {
    match link.standing {
        Some(LinkStanding::Withdrawn(by)) => {
            let zh = format!("（已由 {by} 撤回，不再计入）");
            let en = format!(" (withdrawn in turn by {by}, not counted)");
            screen.pick(&zh, &en).to_owned()
        }
        Some(LinkStanding::Unchecked) => {
            screen.pick("（其后是否被撤回未核对）", " (whether it was withdrawn in turn was not checked)").to_owned()
        }
        Some(LinkStanding::InForce) | None => String::new(),
    }
}

fn claim(screen: &Screen, text: String, status: ClaimStatus) -> String {
    let Some(status_text) = wording::claim_status(status, screen.language()) else { return text };
    let (open, close) = (screen.pick("（", " ("), screen.pick("）", ")"));
    match status {
        ClaimStatus::Invalid(fault) => {
            let reason = wording::claim_fault(fault, screen.language());
            format!("{text}{open}{status_text}{}{reason}{close}", screen.pick("：", ": "))
        }
        ClaimStatus::Verified | ClaimStatus::Unverified => format!("{text}{open}{status_text}{close}"),
    }
}

fn rest<T>(screen: &Screen, label: &str, list: &Listed<T>) -> Option<Vec<String>> {
    if list.is_complete() {
        return None;
    }
    let (shown, total) = (list.items.len(), list.total.count);
    let least = if list.total.exact { "" } else { screen.pick("至少 ", "at least ") };
    let zh = format!("清单不完整：节点称共 {least}{total} 项，以上列出 {shown} 项");
    let en = format!("incomplete list: the node says there are {least}{total}, of which {shown} are shown");
    Some(vec![label.to_owned(), screen.pick(&zh, &en).to_owned()])
}
