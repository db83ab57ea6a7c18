//! Temporary, approved, audited access to AWS accounts, as Kubernetes resources.

#[cfg(any(feature = "aws", feature = "sandbox"))]
pub mod ports;

#[cfg(feature = "aws")]
pub mod aws;

#[cfg(feature = "sandbox")]
pub mod sandbox;
