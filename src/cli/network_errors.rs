//! Errors of listeners and certificates, in both languages, with what to do.

use std::io;

use crate::cli::exit::CliError;
use crate::files::reason;
use crate::http::listener::ListenError;
use crate::http::tls::TlsError;

/// The error of an address that is not listened on.
#[must_use]
pub fn cannot_listen(error: &ListenError) -> CliError {
    let en = error.to_string();
    match error {
        ListenError::NoCertificate(address) => {
            CliError::usage("tls_not_configured", format!("{address} 需要证书：请设置 tls.certificate 与 tls.key"), en)
        }
        ListenError::PlainNetwork(address) => {
            let zh = format!(
                "{address} 不是回环地址，明文 HTTP 会泄露令牌与非公开内容：请设置 tls.certificate 与 tls.key，或在 \
                 network.trusted_proxies（--trusted-proxy）中列出反向代理，届时只接受其连接"
            );
            CliError::usage("not_loopback", zh, en)
        }
        ListenError::NotASocket(path) => {
            let zh = format!("{}：已有同名文件且不是套接字，请改用其他名称或移除该文件", path.display());
            CliError::unable("cannot_listen", zh, en)
        }
        ListenError::InUse(path) => {
            CliError::unable("cannot_listen", format!("{}：已有其他进程监听此套接字", path.display()), en)
        }
        ListenError::System { address, error } => {
            let in_use = error.kind() == io::ErrorKind::AddrInUse;
            let (zh, advice) = if in_use {
                (
                    "。请停止占用该地址的程序，或指定其他地址",
                    ". Is another node running? --listen takes another address",
                )
            } else {
                ("", "")
            };
            let (zh, en) = (format!("无法监听 {address}：{}{zh}", reason::chinese(error)), format!("{en}{advice}"));
            CliError::unable("cannot_listen", zh, en)
        }
    }
}

/// The error of a certificate that is not used.
#[must_use]
pub fn bad_certificate(error: &TlsError) -> CliError {
    CliError::unable(error.code(), error.chinese(), error.to_string())
}
