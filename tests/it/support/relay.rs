//! A TCP relay with a fixed address, whose target process may be stopped, restarted elsewhere, or disconnected from its clients.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Forwards connections. Dropped, it stops.
pub(crate) struct Relay {
    pub(crate) url: String,
    target: watch::Sender<Option<SocketAddr>>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// A relay without a target yet.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = watch::Sender::new(None);
        let targets = target.subscribe();
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(pass(client, targets.clone()));
            }
        });
        Self { url, target, accepting }
    }

    /// Sets the target: the server at `url`.
    pub(crate) fn lead_to(&self, url: &str) {
        let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
        self.target.send_replace(Some(address.parse().unwrap()));
    }

    /// Ends all connections, and forwards no new one.
    pub(crate) fn cut(&self) {
        self.target.send_replace(None);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Forwards bytes until one side ends, or the target changes.
async fn pass(mut client: TcpStream, mut target: watch::Receiver<Option<SocketAddr>>) {
    let Some(address) = *target.borrow_and_update() else { return };
    let Ok(mut server) = TcpStream::connect(address).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = target.changed() => {}
    }
}
