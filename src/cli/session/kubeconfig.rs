//! The kubeconfig, read once: what it says when the command starts holds until it ends.

use std::path::PathBuf;
use std::time::Duration;

use kube::Config;
use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig};

use crate::cli::failure::{Failure, Kind};

/// How to reach a cluster: kubectl's own flags.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// The kubeconfig file [default: KUBECONFIG, else .kube/config in your home folder].
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig to use.
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Read as another user (impersonation). Decisions are refused with it.
    #[arg(long = "as", global = true, value_name = "USER")]
    pub as_user: Option<String>,
    /// Read as a member of this group; with --as. Repeatable.
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    pub as_groups: Vec<String>,
    /// How long one call to the API server may take.
    #[arg(long, global = true, value_name = "DURATION", default_value = "15s")]
    pub request_timeout: crate::api::HumanDuration,
    /// How long to wait for the controller: for what it makes of a decision (30s where this is not given), and for its answer to a
    /// question (10s). Also: TEAM_PATIENCE.
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        env = "TEAM_PATIENCE",
        hide_env = true
    )]
    pub patience: Option<crate::api::HumanDuration>,
}

/// A configuration, with what people call it.
pub struct Configured {
    /// The configuration for the client.
    pub config: Config,
    /// The name of the context.
    pub context: String,
    /// The namespace of the context.
    pub namespace: String,
    /// As whom the person acts, where they impersonate somebody.
    pub impersonates: Option<String>,
}

impl Connection {
    /// Reads the kubeconfig.
    pub async fn configured(&self) -> Result<Configured, Failure> {
        let file = self.read()?;
        let context = self
            .context
            .clone()
            .or_else(|| file.current_context.clone())
            .unwrap_or_default();
        let options = KubeConfigOptions {
            context: self.context.clone(),
            ..KubeConfigOptions::default()
        };
        let named = file.contexts.iter().find(|named| named.name == context);
        let namespace = named
            .and_then(|named| named.context.as_ref()?.namespace.clone())
            .unwrap_or_else(|| "default".to_owned());
        let mut config = Config::from_custom_kubeconfig(file, &options)
            .await
            .map_err(|error| unusable(&error.to_string()))?;
        if let Some(user) = &self.as_user {
            config.auth_info.impersonate = Some(user.clone());
        }
        if !self.as_groups.is_empty() {
            config.auth_info.impersonate_groups = Some(self.as_groups.clone());
        }
        if let Some(login) = &mut config.auth_info.exec {
            // A login program that asks on the terminal would mix its questions with ours.
            login.interactive_mode = Some(ExecInteractiveMode::Never);
        }
        let timeout = Duration::from_secs(self.request_timeout.seconds().unsigned_abs());
        config.connect_timeout = Some(timeout.min(Duration::from_secs(5)));
        config.read_timeout = Some(timeout);
        config.write_timeout = Some(timeout);
        // A call that failed is not repeated behind our back: what it changed has to be looked up first.
        config.default_retry = false;
        let impersonates = config.auth_info.impersonate.clone();
        Ok(Configured {
            config,
            context,
            namespace,
            impersonates,
        })
    }

    fn read(&self) -> Result<Kubeconfig, Failure> {
        let read = match &self.kubeconfig {
            Some(file) => Kubeconfig::read_from(file),
            None => Kubeconfig::read(),
        };
        read.map_err(|error| unusable(&error.to_string()))
    }
}

fn unusable(why: &str) -> Failure {
    Failure::new(Kind::Unreachable, "No cluster: the kubeconfig cannot be used.")
        .quoting(why)
        .advise("Name another with --kubeconfig or KUBECONFIG, or another context with --context.")
}
