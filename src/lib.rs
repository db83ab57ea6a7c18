//! Temporary, approved, audited access to AWS accounts, as Kubernetes resources.
