//! Live requests: stored as JSON, decided by a request machine for each pass.

mod live_requests;
mod memory;
mod pass;
mod request_client;
mod status_patch;
mod stored_request;
mod turns;

pub use live_requests::{LiveRequests, Moved};
pub use memory::Memory;
pub use pass::pass;
pub use request_client::{LIVE, RequestClient, Written};
pub use status_patch::sealed_patch;
pub use stored_request::{FINALIZER, StoredRequest};
pub use turns::Turns;
