//! A real HTTP server on this machine for tests, which can misbehave.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Request of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// The byte it wants to go on from.
    pub(crate) first: Option<usize>,
}

/// Answer to a request.
pub(crate) enum Reply {
    /// The file, or the part that was asked for.
    File(Vec<u8>),
    /// The whole file, whatever was asked for.
    Whole(Vec<u8>),
    /// The whole file without its length.
    Unmeasured(Vec<u8>),
    /// As `File`, but the connection is closed after this many bytes.
    Cut(Vec<u8>, usize),
    /// As `File`, but after this many bytes nothing more comes.
    Silent(Vec<u8>, usize),
    /// Another part than the one asked for.
    OtherPart(Vec<u8>),
    /// Bytes without end.
    Endless,
    /// As `File`, but one byte at a time, with so many milliseconds between them.
    Drip(Vec<u8>, u64),
    /// Raw bytes, which may be no HTTP at all.
    Raw(Vec<u8>),
    /// The first bytes, and then the others again and again without end.
    Flood(Vec<u8>, Vec<u8>),
    /// A redirection to the same address.
    Circle,
    /// No file.
    Status(u16),
}

/// Answers until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `reply` sees the request and how many there were before it.
    pub(crate) fn start(reply: impl Fn(&Request, usize) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (log, stopped) = (Arc::clone(&requests), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let Some(request) = read(&stream) else {
                    continue;
                };
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push(request.clone());
                    log.len() - 1
                };
                let reply = reply(&request, before);
                if matches!(reply, Reply::Silent(..)) {
                    let _ = send(&mut stream, &request, reply);
                    silent.push(stream);
                } else {
                    // A client may leave before the end, which is noticed late; the next does not wait.
                    std::thread::spawn(move || send(&mut stream, &request, reply));
                }
            }
        });
        Self {
            address,
            requests,
            stop,
            thread: Some(thread),
        }
    }

    /// The address of a folder.
    pub(crate) fn url(&self, folder: &str) -> String {
        format!("http://{}/{folder}", self.address)
    }

    /// Requests so far, in their order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let mut request = Request {
        path: first.split(' ').nth(1)?.to_owned(),
        first: None,
    };
    for line in lines {
        let line = line.ok()?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            request.first = range.trim_end_matches('-').parse().ok();
        }
    }
    Some(request)
}

fn send(stream: &mut TcpStream, request: &Request, reply: Reply) -> std::io::Result<()> {
    let mut part = |file: &[u8], length: usize| {
        let first = request.first.unwrap_or(0);
        let total = file.len();
        if first >= total {
            return write!(
                stream,
                "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{total}\r\n\
                 Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        let head = if request.first.is_some() {
            let last = total - 1;
            format!("206 Partial Content\r\nContent-Range: bytes {first}-{last}/{total}")
        } else {
            "200 OK".to_owned()
        };
        let rest = &file[first..];
        write!(
            stream,
            "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            rest.len()
        )?;
        stream.write_all(&rest[..length.min(rest.len())])?;
        stream.flush()
    };
    match reply {
        Reply::File(file) => part(&file, file.len()),
        Reply::Cut(file, length) | Reply::Silent(file, length) => part(&file, length),
        Reply::Whole(file) => {
            let length = file.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            )?;
            stream.write_all(&file)
        }
        Reply::Unmeasured(file) => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            stream.write_all(&file)
        }
        Reply::OtherPart(file) => {
            let total = file.len();
            write!(
                stream,
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-{}/{total}\r\n\
                 Content-Length: {total}\r\nConnection: close\r\n\r\n",
                total - 1
            )?;
            stream.write_all(&file)
        }
        Reply::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[0; 1 << 12])?;
            }
        }
        Reply::Drip(file, milliseconds) => {
            let (first, total) = (request.first.unwrap_or(0), file.len());
            let rest = file.get(first..).unwrap_or_default();
            write!(
                stream,
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{}/{total}\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n",
                total - 1,
                rest.len()
            )?;
            for byte in rest {
                stream.write_all(&[*byte])?;
                std::thread::sleep(Duration::from_millis(milliseconds));
            }
            Ok(())
        }
        Reply::Raw(bytes) => stream.write_all(&bytes),
        Reply::Flood(first, again) => {
            stream.write_all(&first)?;
            loop {
                stream.write_all(&again)?;
            }
        }
        Reply::Circle => write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n",
            request.path
        ),
        Reply::Status(status) => write!(
            stream,
            "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    }
}
