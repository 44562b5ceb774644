//! Accounts of a test node: the operator, the accounts that it opens, and requests made with their tokens.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::test_node::{Answer, TestNode};

/// The court of every test that does not choose its own, as a path has it.
pub(crate) const COURT: &str = "粤0192";
/// The scopes of a person without a role.
pub(crate) const PLAIN: &[&str] = &["deposit", "read", "case"];
/// The scopes of a token of the court.
pub(crate) const OF_THE_COURT: &[&str] = &["read", "case", "court", "feed", "manage", "deposit"];

/// A person with an account and a token.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// 64 hex.
    pub(crate) account: String,
    /// `tzt_…`
    pub(crate) token: String,
    /// The id by which the token is revoked.
    pub(crate) token_id: String,
}

/// The accounts of a test node.
pub(crate) struct People<'h> {
    pub(crate) node: &'h TestNode,
    pub(crate) operator: Person,
}

/// Requests with a token.
pub(crate) struct Session<'h> {
    node: &'h TestNode,
    token: String,
    key: Option<String>,
    acting: Option<String>,
}

impl TestNode {
    /// Requests in the name of the holder of `token`.
    pub(crate) fn session(&self, token: &str) -> Session<'_> {
        Session { node: self, token: token.into(), key: None, acting: None }
    }
}

impl Session<'_> {
    /// Under this Idempotency-Key.
    pub(crate) fn keyed(self, key: &str) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// In this capacity.
    pub(crate) fn acting(self, capacity: &str) -> Self {
        Self { acting: Some(capacity.into()), ..self }
    }

    /// A request with the token and the settings of this session, for a body of any kind.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.node.client.request(method, self.node.url(path));
        request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        for (name, value) in [("idempotency-key", &self.key), ("x-acting-as", &self.acting)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.node.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
        self.node.send(request.body(body.to_string())).await
    }

    /// A post that must create something: its answer.
    pub(crate) async fn create(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 201, "{path} {body}: {}", answer.text());
        answer.json()
    }
}

impl<'h> People<'h> {
    /// The operator of `node`, without other accounts.
    pub(crate) async fn of(node: &'h TestNode) -> Self {
        let (account, token) = node.filing.make_operator(30).await.unwrap();
        let operator =
            Person { account: account.to_string(), token: token.text().to_owned(), token_id: token.id().to_string() };
        Self { node, operator }
    }

    /// Requests of the operator.
    pub(crate) fn by_operator(&self) -> Session<'h> {
        self.node.session(&self.operator.token)
    }

    /// Requests of a person.
    pub(crate) fn by(&self, person: &Person) -> Session<'h> {
        self.node.session(&person.token)
    }

    /// An account of this subject and name, without anything else: its id.
    pub(crate) async fn account(&self, subject: &str, name: &str) -> String {
        let opened = self.by_operator().create("/v1/accounts", &json!({ "subject": subject, "name": name })).await;
        opened["account"].as_str().unwrap().to_owned()
    }

    /// Records that an account was identified at `level`.
    pub(crate) async fn identify(&self, account: &str, level: &str) {
        let check = json!({ "method": "face", "level": level });
        self.by_operator().create(&format!("/v1/accounts/{account}/identity-checks"), &check).await;
    }

    /// Grants a role, for [`COURT`] where the role is of a court.
    pub(crate) async fn grant(&self, account: &str, role: &str, court: Option<&str>) {
        let grant = court.map_or_else(|| json!({ "role": role }), |court| json!({ "role": role, "court": court }));
        self.by_operator().create(&format!("/v1/accounts/{account}/roles"), &grant).await;
    }

    /// A token for `account`, by the operator.
    pub(crate) async fn token(&self, account: &str, scopes: &[&str]) -> Person {
        let asked = json!({ "scopes": scopes, "days": 30 });
        let issued = self.by_operator().create(&format!("/v1/accounts/{account}/tokens"), &asked).await;
        Person {
            account: account.into(),
            token: issued["token"].as_str().unwrap().into(),
            token_id: issued["id"].as_str().unwrap().into(),
        }
    }

    /// A natural person whose identity was checked at `substantial`.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let account = self.account("natural-person", name).await;
        self.identify(&account, "substantial").await;
        self.token(&account, PLAIN).await
    }

    /// A natural person whose identity was not checked.
    pub(crate) async fn unidentified(&self, name: &str) -> Person {
        let account = self.account("natural-person", name).await;
        self.token(&account, PLAIN).await
    }

    /// A person with a role at a court.
    pub(crate) async fn of_court(&self, name: &str, role: &str, court: &str) -> Person {
        let account = self.account("natural-person", name).await;
        self.identify(&account, "high").await;
        self.grant(&account, role, Some(court)).await;
        self.token(&account, OF_THE_COURT).await
    }

    /// A clerk of [`COURT`].
    pub(crate) async fn clerk(&self) -> Person {
        self.of_court("书记员", "clerk", COURT).await
    }

    /// A judge of [`COURT`].
    pub(crate) async fn judge(&self) -> Person {
        self.of_court("法官", "judge", COURT).await
    }

    /// A person with a role outside any court: a lawyer, an auditor.
    pub(crate) async fn holding(&self, name: &str, role: &str) -> Person {
        let account = self.account("natural-person", name).await;
        self.identify(&account, "substantial").await;
        self.grant(&account, role, None).await;
        self.token(&account, PLAIN).await
    }
}
