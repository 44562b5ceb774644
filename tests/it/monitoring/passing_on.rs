//! Watched values, and the delivery of alarms.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use tiezheng::ledger::entry::Entry;
use tiezheng::ledger::hash::Digest;
use tokio::net::TcpListener;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn watched_values_are_reported_once_with_a_proof() {
    let whole = ledger().await;
    let first = earlier(&whole, 300);
    let log = ServedLog::of(&first);
    let mut monitor = Monitor::of(&log, "");
    let at = whole.deposit(500);
    let entry = Entry::parse(&whole.leaves[at]).unwrap();
    let digest = entry.statement.statement().content.as_ref().unwrap().digests().next().unwrap().1;
    let absent = Watched::Digest(Digest([1; 32]));
    monitor.options.watched = vec![Watched::Digest(digest), Watched::Key(depositor(200).verifier().clone()), absent];
    monitor.restart();
    assert!(monitor.round(noon()).await.raised.is_empty());
    log.show(&whole);
    let alarm = monitor.raises_once("watch").await;
    assert_eq!((alarm.subject.as_str(), alarm.severity.as_str()), (format!("leaf {at}").as_str(), "notice"));
    assert!(alarm.detail.contains(&digest.to_string()));
    assert_eq!(monitor.evidence(&alarm, "leaf"), whole.leaves[at]);
    let proof = String::from_utf8(monitor.evidence(&alarm, "proof.tlog-proof")).unwrap();
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\n") && proof.contains(&format!("\nindex {at}\n")), "{proof}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_each_alarm_signed_and_once_it_answers() {
    let whole = ledger().await;
    let log = ServedLog::of(&whole);
    let mut monitor = Monitor::of(&log, "");
    monitor.round(noon()).await;
    log.show(&earlier(&whole, 300));
    let raised = monitor.round(after(1)).await.raised;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let received = Arc::clone(&seen);
    let router = Router::new().fallback(move |headers: HeaderMap, body: String| {
        let mut seen = received.lock().unwrap();
        seen.push((headers, body));
        // The first call fails.
        let status = if seen.len() == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NO_CONTENT };
        async move { status }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let webhook = Webhook::new(&url, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let follower = monitor.follower.as_mut().unwrap();
    let failed = webhook.deliver(follower.alarms(), after(1)).await.unwrap();
    assert_eq!((failed.delivered, failed.failure.as_deref()), (0, Some("HTTP 503")));
    // Also after a crash.
    monitor.restart();
    let follower = monitor.follower.as_mut().unwrap();
    assert_eq!(webhook.deliver(follower.alarms(), after(2)).await.unwrap().delivered, 1);
    assert_eq!(webhook.deliver(follower.alarms(), after(3)).await.unwrap().delivered, 0);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.len(), 2);
    let (headers, body) = &seen[1];
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("webhook-id"), raised[0].id);
    let secret = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signed = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
    let tag = BASE64_STANDARD.decode(header("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed.as_bytes(), &tag).unwrap();
    assert_eq!(serde_json::from_str::<AlarmDocument>(body).unwrap(), raised[0]);
    server.abort();
}
