//! The node as a network service: TLS, HTTP/2, configuration, log, limits, and the operator's commands.

mod commands;
mod configuration;
mod http2;
mod limits;
mod request_log;
mod tls;
