//! People who work on the pages of a case: each with a browser, forms filled in and sent.

use crate::support::accounts::{COURT, People, Person};
use crate::support::browser::{Browser, PASSWORD, activate, location};
use crate::support::depositor::note;
use crate::support::test_node::{Answer, TestNode};

/// Somebody with an account, at a browser.
pub(super) struct Worker<'n> {
    pub(super) browser: Browser<'n>,
}

impl<'n> Worker<'n> {
    /// Logs in with the account of a token.
    pub(super) async fn of(node: &'n TestNode, person: &Person, login: &str) -> Self {
        let mut browser = Browser::new(node);
        activate(&mut browser, &person.token, login).await;
        assert_eq!(browser.log_in(login, PASSWORD, "").await.status, 303);
        Self { browser }
    }

    /// A page that must be there.
    pub(super) async fn page(&mut self, path: &str) -> String {
        let answer = self.browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text().to_owned()
    }

    /// Opens a form, fills it in and sends it.
    pub(super) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.page(path).await;
        let key = hidden(&form, "key").unwrap_or_else(|| panic!("{path}: no form: {form}"));
        let bare = path.split('?').next().unwrap();
        let mut all = vec![("key", key.as_str())];
        for name in ["digest", "shown", "item_version", "round", "service", "transcript"] {
            if let Some(value) = hidden(&form, name)
                && !fields.iter().any(|(field, _)| field == &name)
            {
                all.push((name, value.leak()));
            }
        }
        all.extend_from_slice(fields);
        self.browser.post(bare, &all).await
    }

    /// Does an act by its form: it must be taken.
    pub(super) async fn act(&mut self, case: &str, act: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(&format!("{case}/act/{act}"), fields).await;
        let next = location(&answer).to_owned();
        assert!(next.starts_with(case) && next.contains(&format!("done={act}")), "{act}: {next}");
        self.page(&next).await
    }
}

/// The value of a hidden field.
pub(super) fn hidden(page: &str, name: &str) -> Option<String> {
    let rest = page.split(&format!("<input type=\"hidden\" name=\"{name}\" value=\"")).nth(1)?;
    Some(rest.split('"').next()?.to_owned())
}

/// The value of the option of a select, or of a box, with this label.
pub(super) fn option(page: &str, label: &str) -> String {
    let found = page.split("value=\"").skip(1).find_map(|part| {
        let (value, rest) = part.split_once('"')?;
        let shown = rest.split_once('>')?.1.split("</label>").next()?.split("</option>").next()?;
        (!value.is_empty() && shown.contains(label)).then(|| value.to_owned())
    });
    found.unwrap_or_else(|| panic!("no option {label}: {page}"))
}

/// The four people of a suit, at their browsers.
pub(super) struct Desk<'n> {
    pub(super) node: &'n TestNode,
    pub(super) plaintiff: Worker<'n>,
    pub(super) defendant: Worker<'n>,
    pub(super) clerk: Worker<'n>,
    pub(super) judge: Worker<'n>,
    next: u64,
}

impl<'n> Desk<'n> {
    pub(super) async fn of(node: &'n TestNode) -> Self {
        let people = People::of(node).await;
        let (plaintiff, defendant) = (people.person("张三").await, people.person("李四").await);
        let (clerk, judge) = (people.clerk().await, people.judge().await);
        Self {
            node,
            plaintiff: Worker::of(node, &plaintiff, "zhang").await,
            defendant: Worker::of(node, &defendant, "li.si").await,
            clerk: Worker::of(node, &clerk, "clerk").await,
            judge: Worker::of(node, &judge, "judge").await,
            next: 1,
        }
    }

    /// A deposit whose number somebody keeps.
    pub(super) async fn deposit(&mut self) -> String {
        self.next += 1;
        TestNode::number(&self.node.deposit(&note(self.next)).await)
    }

    /// Opens a case by the manual's steps: its path.
    pub(super) async fn open(&mut self, name: &str, title: &str) -> String {
        let browser = &mut self.plaintiff.browser;
        let second = browser.post("/cases/new", &[("read", "yes"), ("consent", "zh")]).await;
        assert_eq!(second.status, 200, "{}", second.text());
        let [key, consented_at] = ["key", "consented-at"].map(|name| hidden(second.text(), name).unwrap());
        let form = [
            ("key", key.as_str()),
            ("read", "yes"),
            ("consent", "zh"),
            ("consented-at", consented_at.as_str()),
            ("do", "open"),
            ("filer", "principal"),
            ("kind", "civil-first"),
            ("procedure", "ordinary"),
            ("title", title),
            ("court", COURT),
            ("subject", "natural-person"),
            ("name", name),
        ];
        let opened = browser.post("/cases/new", &form).await;
        location(&opened).split('?').next().unwrap().to_owned()
    }

    /// Adds the defendant, the claims and an item.
    pub(super) async fn complete(&mut self, case: &str, defendant: &str, item: &str) {
        let party = [("role", "defendant"), ("subject", "natural-person"), ("name", defendant)];
        self.plaintiff.act(case, "add-party", &party).await;
        self.plaintiff.act(case, "describe", &[("claims", "Refund of the price.\n\nThe goods never came.")]).await;
        let number = self.deposit().await;
        let import = [("deposit_number", number.as_str()), ("name", item), ("content", "the price"), ("do", "import")];
        self.plaintiff.act(case, "import", &import).await;
    }

    /// Files the case, assigns it, and lets the defendant in.
    pub(super) async fn file(&mut self, case: &str) {
        self.plaintiff.act(case, "submit", &[("sure", "yes")]).await;
        self.clerk.act(case, "approve", &[]).await;
        self.clerk.act(case, "file-case", &[("number", "（2026）粤0192民初113号")]).await;
        let form = self.clerk.page(&format!("{case}/act/assign")).await;
        let judge = option(&form, "法官 法官");
        self.clerk.act(case, "assign", &[("judge", &judge)]).await;
        let code = [("party", "2"), ("party_uses", "1"), ("agent_uses", "1"), ("days", "30")];
        let issued = self.clerk.send(&format!("{case}/act/issue-code"), &code).await;
        assert_eq!(issued.status, 200, "{}", issued.text());
        let shown = issued.text().split("id=\"association-code\" translate=\"no\">").nth(1).unwrap();
        let code = shown.split('<').next().unwrap().to_owned();
        let joined = self.defendant.send("/cases/associate", &[("code", &code), ("filer", "principal")]).await;
        assert_eq!(location(&joined), format!("{case}?done=associate"));
    }

    /// Serves a ruling on the plaintiff over the platform, as the first service of the case: its deposit number.
    pub(super) async fn serve_on_plaintiff(&mut self, case: &str) -> String {
        let document = self.deposit().await;
        let fields = [("party", "1"), ("mode", "electronic"), ("kind", "ruling"), ("document", document.as_str())];
        self.clerk.act(case, "serve", &fields).await;
        self.clerk.act(case, "send-service", &[("service", "1"), ("channel", "platform")]).await;
        document
    }
}
