//! Records of assignments: one machine for each, in a queue of their own.

mod aws_silence;
mod machines;
mod pass;
mod queue;
mod record_cache;
mod record_client;
mod record_watch;
mod stored_record;

pub use aws_silence::aws_is_silent;
pub use machines::Machines;
pub use pass::run;
pub use queue::Queue;
pub use record_cache::RecordCache;
pub use record_client::RecordClient;
pub use record_watch::follow_records;
pub use stored_record::RECORD_FINALIZER;
