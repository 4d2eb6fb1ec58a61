//! The servers, as roles of the bench's own executable: so they are built as the bench is, and run in processes of their own.

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use boxoffice_api::config::Config;
use boxoffice_api::log::Log;
use boxoffice_api::process;
use boxoffice_persistence::Schedule;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tracing_subscriber::filter::LevelFilter;

use super::server::{BARE, BOXOFFICE, SETTINGS, listen};
use crate::office;
use crate::overload::{SLOWED, serve_slowed};

/// Runs as a server and does not come back, if that is what this process was started for.
pub fn play_role() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(BOXOFFICE) => {
            log_nowhere();
            serve_boxoffice(Path::new(&arguments.next().expect("a box office has a directory")));
            std::process::exit(0);
        }
        Some(SLOWED) => {
            log_nowhere();
            let mut argument = || arguments.next().expect("a slowed box office has a directory and a delay");
            let (directory, delay) = (argument(), argument().parse().expect("milliseconds"));
            serve_slowed(Path::new(&directory), Duration::from_millis(delay));
        }
        Some(BARE) => serve_bare(),
        _ => {}
    }
}

/// What `boxoffice serve` does.
fn serve_boxoffice(data_dir: &Path) {
    let variable = |name: &str| {
        if name == "BOXOFFICE_DATA_DIR" {
            return Some(data_dir.as_os_str().to_owned());
        }
        SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    };
    let config = Config::load(Vec::new(), variable, None).expect("the configuration is good");
    let journal = Arc::new(office::open_store(data_dir, Schedule::default()));
    let log = Log::to_stderr().expect("a thread can be made");
    let limits = process::limits().expect("there are files and threads");
    let served = boxoffice_api::serve::serve(&config, journal, Arc::new(office::fail), false, limits, &log);
    office::runtime().block_on(served).expect("the box office serves");
}

/// Has the levels logged that the program logs. Where nobody says which, what h2 tells of each frame is put together first, and dropped then.
fn log_nowhere() {
    tracing_subscriber::fmt().with_max_level(LevelFilter::INFO).with_writer(std::io::sink).init();
}

/// The least that hyper can do: the ceiling of whatever is built on it.
fn serve_bare() {
    office::runtime().block_on(async {
        let listener = listen().await;
        loop {
            let (stream, _) = listener.accept().await.expect("connections are taken");
            stream.set_nodelay(true).expect("a connection can be told to hurry");
            tokio::spawn(async move {
                let http1 = hyper::server::conn::http1::Builder::new();
                // How a connection ends is the caller's affair.
                let _ = http1.serve_connection(TokioIo::new(stream), service_fn(say_ok)).await;
            });
        }
    });
}

async fn say_ok(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"ok\n")));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok(response)
}
