//! Records of assignments: one machine for each, in a queue of their own.

mod machines;
mod pass;
mod queue;
mod record_cache;
mod record_client;
mod record_watch;
mod recorded_instance;
mod silence;
mod stored_record;

pub use machines::Machines;
pub use pass::{machine_of, run, shows_an_end};
pub use queue::Queue;
pub use record_cache::RecordCache;
pub use record_client::RecordClient;
pub use record_watch::follow_records;
pub use recorded_instance::recorded_instance;
pub use silence::too_long_silence;
pub use stored_record::RECORD_FINALIZER;
