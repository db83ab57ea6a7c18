//! A real Kubernetes control plane for tests and the quickstart: etcd, kube-apiserver and, on demand,
//! kube-controller-manager, found or built, started in seconds and ended however this process ends.
//!
//! ```no_run
//! # async fn example() -> Result<(), team_operator_control_plane::Error> {
//! use team_operator_control_plane::{ControlPlane, Options, Person};
//!
//! let people = vec![Person::new("alice@example.com", ["developers"])];
//! let control_plane = ControlPlane::start(Options { people, ..Options::default() }).await?;
//! let alice: kube::Client = control_plane.client("alice@example.com")?;
//! # Ok(())
//! # }
//! ```
//!
//! - Nothing here is bound to the runtime that called `start`: one control plane in a `static` serves all tests of a
//!   binary. Clients are made for each test, because a client is bound to a runtime.
//! - Dropping the [`ControlPlane`] ends its servers and removes its folder. In a `static` that is never dropped the
//!   supervisor ends the servers when the process ends, and the next start removes the folder.
//! - Unix only.

mod access;
mod binaries;
mod builder;
mod control_plane;
mod credentials;
mod error;
mod existing;
mod fetch;
mod kubeconfig;
mod own;
mod process;
mod run_folder;
mod servers;
mod settings;
mod supervised;
mod thread;
mod tools;
mod versions;

pub use access::{CONNECT_TIMEOUT, READ_TIMEOUT, WRITE_TIMEOUT};
pub use control_plane::{ControlPlane, MutatingAdmission, Options, build};
pub use credentials::Person;
pub use error::Error;
pub use settings::{ASSETS_VARIABLE, CACHE_VARIABLE, KUBECONFIG_VARIABLE, SOURCE_VARIABLE, VERSION_VARIABLE};
pub use supervised::{Program, Supervised};
pub use tools::Tool;
pub use versions::KubernetesVersion;
