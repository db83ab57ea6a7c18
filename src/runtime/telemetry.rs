//! Logging to standard error; standard output is for the journal.

use std::io;

use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use super::arguments::LogFormat;

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is invalid.
    #[error(
        "--log-level {0:?} is not a log level: write error, warn, info, debug or trace, or levels for modules"
    )]
    Filter(String),
    /// The process has a logger already.
    #[error("logging was already started: {0}")]
    Started(String),
}

/// Starts logging. Both formats show the fields of spans, which name the request.
pub fn start_logging(format: LogFormat, level: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(level).map_err(|_| TelemetryError::Filter(level.to_owned()))?;
    let started = match format {
        LogFormat::Text => text(filter, io::stderr).try_init(),
        LogFormat::Json => json(filter, io::stderr).try_init(),
    };
    started.map_err(|error| TelemetryError::Started(error.to_string()))
}

fn text<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .finish()
}

fn json<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // The list holds every span; the innermost alone would hide the request.
    let builder = fmt()
        .json()
        .flatten_event(true)
        .with_span_list(true)
        .with_current_span(false);
    builder.with_env_filter(filter).with_writer(writer).finish()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged<S: Subscriber + Send + Sync + 'static>(start: impl FnOnce(Memory) -> S) -> String {
        let memory = Memory::default();
        tracing::subscriber::with_default(start(memory.clone()), || {
            let _outer = tracing::info_span!("request", namespace = "orders", name = "r1").entered();
            let _inner = tracing::info_span!("pass", number = 7).entered();
            tracing::info!(account = "333333333333", "granted");
            tracing::debug!("not to be seen");
        });
        let bytes = memory.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_fields_of_every_span_are_in_a_line_of_text() {
        let line = logged(|memory| text(EnvFilter::new("info"), move || memory.clone()));
        for part in [
            "INFO",
            "granted",
            "namespace=\"orders\"",
            "name=\"r1\"",
            "number=7",
            "account=\"333333333333\"",
        ] {
            assert!(line.contains(part), "{part} is missing in {line}");
        }
        assert_eq!(line.lines().count(), 1, "{line}");
    }

    #[test]
    fn the_fields_of_every_span_are_in_a_line_of_json() {
        let line = logged(|memory| json(EnvFilter::new("info"), move || memory.clone()));
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["message"], "granted");
        assert_eq!(value["account"], "333333333333");
        assert_eq!(value["spans"][0]["namespace"], "orders");
        assert_eq!(value["spans"][1]["number"], 7);
    }
}
