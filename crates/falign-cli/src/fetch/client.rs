//! One GET request at a time.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use ureq::Agent;
use ureq::http::{HeaderMap, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(15);
/// Longest wait for the next bytes.
const SILENCE: Duration = Duration::from_mins(1);
/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(2);

/// An HTTP client that reports every status, and passes bytes on as they are sent.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    /// Between two attempts.
    pub(crate) pause: Duration,
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The first byte it sends, where it sends a part.
    pub(crate) first: Option<u64>,
    /// The length of the whole file, where it tells.
    pub(crate) total: Option<u64>,
    pub(crate) body: Box<dyn Read>,
}

impl Client {
    /// A client that heeds `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and trusts
    /// the certificates of `SSL_CERT_FILE`; Mozilla's where that is not set.
    pub(crate) fn new() -> Result<Self> {
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(trusted()?).build())
            .timeout_per_read(Some(SILENCE));
        Ok(Self::with(config, PAUSE))
    }

    /// A client for servers of a test: no proxy, no patience.
    #[cfg(test)]
    pub(crate) fn impatient() -> Self {
        let config = Agent::config_builder()
            .proxy(None)
            .timeout_per_read(Some(Duration::from_millis(200)));
        Self::with(config, Duration::ZERO)
    }

    fn with(
        config: ureq::config::ConfigBuilder<ureq::typestate::AgentScope>,
        pause: Duration,
    ) -> Self {
        let config = config
            .user_agent(concat!("falign/", env!("CARGO_PKG_VERSION")))
            // The file as it is, not compressed once more for the way.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .build();
        Self {
            agent: config.new_agent(),
            pause,
        }
    }

    /// Asks for a file from byte `first` on. The error is a sentence: what went wrong on the
    /// way to an answer.
    pub(crate) fn get(&self, url: &str, first: u64) -> Result<Answer, String> {
        let mut request = self.agent.get(url);
        if first > 0 {
            request = request.header(header::RANGE, format!("bytes={first}-"));
        }
        let response = request.call().map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let (first, total) = match status {
            206 | 416 => range(&head.headers),
            _ => (None, body.content_length()),
        };
        Ok(Answer {
            status,
            first,
            total,
            body: Box::new(body.into_reader()),
        })
    }
}

/// First byte and total length: `bytes 10-99/100`, `bytes 10-99/*` or `bytes */100`.
fn range(headers: &HeaderMap) -> (Option<u64>, Option<u64>) {
    let parse = || {
        let text = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
        let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let first = range
            .split_once('-')
            .and_then(|(first, _)| first.parse().ok());
        Some((first, total.parse().ok()))
    };
    parse().unwrap_or_default()
}

/// The certificates that servers' are checked against.
fn trusted() -> Result<RootCerts> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(RootCerts::WebPki);
    };
    let shown = path.display();
    let context = || format!("SSL_CERT_FILE: cannot read the certificates of {shown}");
    let pem = std::fs::read(&path).with_context(context)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.with_context(context)? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(anyhow!("there are none")).with_context(context);
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read() {
        let range = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_RANGE, text.parse().unwrap());
            super::range(&headers)
        };
        assert_eq!(range("bytes 10-99/100"), (Some(10), Some(100)));
        assert_eq!(range("bytes 10-99/*"), (Some(10), None));
        assert_eq!(range("bytes */100"), (None, Some(100)));
        assert_eq!(range("lines 1-2/3"), (None, None));
        assert_eq!(super::range(&HeaderMap::new()), (None, None));
    }
}
