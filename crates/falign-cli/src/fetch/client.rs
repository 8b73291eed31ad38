//! One GET request at a time.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use falign::internal::file::read;
use indicatif::HumanDuration;
use ureq::Agent;
use ureq::http::{HeaderMap, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(15);

/// Limits of patience, whatever servers say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Longest wait for the next bytes, and for all of an answer's head.
    pub(crate) silence: Duration,
    /// Time in which at least so many bytes of a file must come.
    pub(crate) least: (Duration, u64),
    /// Attempts in a row that bring nothing new before an address is abandoned.
    pub(crate) fruitless: u32,
    /// Attempts of all kinds to get a file from one address.
    pub(crate) attempts: u32,
    /// Pause between two attempts.
    pub(crate) pause: Duration,
    /// Time for all files of a data set together, at all addresses. What is there by then is kept: the
    /// same command goes on with it.
    pub(crate) whole: Duration,
}

impl Patience {
    /// Patience of a program whose user waits: a line of 1 kB/s is slow, and one that is cut off each
    /// minute a bad one, but both are lines.
    const USUAL: Self = Self {
        silence: Duration::from_mins(1),
        least: (Duration::from_mins(1), 60_000),
        fruitless: 3,
        attempts: 100,
        pause: Duration::from_secs(2),
        whole: Duration::from_hours(6),
    };
}

/// An HTTP client that reports every status, and passes bytes on as they are sent.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    pub(crate) patience: Patience,
    /// Moment at which it was made.
    started: Instant,
}

/// Answer of a server.
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
        let config =
            Agent::config_builder().tls_config(TlsConfig::builder().root_certs(trusted()?).build());
        Ok(Self::with(config, Patience::USUAL))
    }

    /// A client for servers of a test: no proxy, little patience.
    #[cfg(test)]
    pub(crate) fn impatient() -> Self {
        let patience = Patience {
            silence: Duration::from_millis(200),
            least: (Duration::from_millis(500), 1000),
            attempts: 12,
            pause: Duration::ZERO,
            whole: Duration::from_mins(1),
            ..Patience::USUAL
        };
        Self::with(Agent::config_builder().proxy(None), patience)
    }

    fn with(
        config: ureq::config::ConfigBuilder<ureq::typestate::AgentScope>,
        patience: Patience,
    ) -> Self {
        let config = config
            .timeout_per_read(Some(patience.silence))
            .timeout_recv_response(Some(patience.silence))
            .user_agent(concat!("falign/", env!("CARGO_PKG_VERSION")))
            // The file as it is, not compressed once more for the way.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .build();
        Self {
            agent: config.new_agent(),
            patience,
            started: Instant::now(),
        }
    }

    /// The time that is left; `None` if it is over.
    pub(crate) fn left(&self) -> Option<Duration> {
        let left = self.patience.whole.checked_sub(self.started.elapsed())?;
        (!left.is_zero()).then_some(left)
    }

    /// Asks for a file from byte `first` on. The error is a sentence: what went wrong on the
    /// way to an answer.
    pub(crate) fn get(&self, url: &str, first: u64) -> Result<Answer, String> {
        let Some(left) = self.left() else {
            return Err(format!("{} are over", HumanDuration(self.patience.whole)));
        };
        let mut request = self.agent.get(url);
        if first > 0 {
            request = request.header(header::RANGE, format!("bytes={first}-"));
        }
        let request = request.config().timeout_global(Some(left)).build();
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
    let pem = read(Path::new(&path)).with_context(context)?;
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
