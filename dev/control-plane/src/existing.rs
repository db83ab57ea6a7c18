//! A cluster that was there before us. We are its guests: people are impersonated, servers left alone.

use std::path::Path;

use kube::Config;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use serde_json::Value;

use crate::access::{allow_node_to_ask_for_tokens, client_of, with_timeouts};
use crate::binaries::Binaries;
use crate::credentials::{ADMIN, NODE, Person};
use crate::run_folder::RunFolder;
use crate::{Error, MutatingAdmission, Options};

/// An existing cluster and the people who are impersonated on it.
#[derive(Debug)]
pub(crate) struct ExistingCluster {
    pub(crate) binaries: Binaries,
    pub(crate) folder: RunFolder,
    pub(crate) url: String,
    /// With the credentials of the kubeconfig's current context.
    config: Config,
    kubeconfig: Kubeconfig,
    people: Vec<Person>,
    pub(crate) mutating_admission: Option<MutatingAdmission>,
}

impl ExistingCluster {
    /// Reads the kubeconfig and looks at the cluster. Blocks.
    pub(crate) fn open(path: &Path, options: Options, binaries: Binaries) -> Result<ExistingCluster, Error> {
        let folder = RunFolder::create()?;
        let kubeconfig = Kubeconfig::read_from(path)?;
        let (config, mutating_admission) = crate::thread::runtime()?.block_on(async {
            let config =
                Config::from_custom_kubeconfig(kubeconfig.clone(), &KubeConfigOptions::default()).await?;
            let config = with_timeouts(config);
            let client = client_of(config.clone(), config.auth_info.clone())?;
            let kinds = client
                .list_api_group_resources("admissionregistration.k8s.io/v1")
                .await?;
            let served = kinds
                .resources
                .iter()
                .any(|kind| kind.name == "mutatingadmissionpolicies");
            allow_node_to_ask_for_tokens(&client).await?;
            // Served does not mean that it acts, and only an attempt would tell.
            Ok::<_, Error>((
                config,
                if served {
                    None
                } else {
                    Some(MutatingAdmission::NotServed)
                },
            ))
        })?;
        let mut people = options.people;
        // Not in the group system:nodes: real clusters refuse members of it tokens that belong to no pod.
        people.push(Person::new(NODE, Vec::<String>::new()));
        let url = config.cluster_url.to_string();
        Ok(ExistingCluster {
            binaries,
            folder,
            url,
            config,
            kubeconfig,
            people,
            mutating_admission,
        })
    }

    /// A client configuration without credentials.
    pub(crate) fn config(&self) -> Config {
        let mut config = self.config.clone();
        config.auth_info = AuthInfo::default();
        config
    }

    /// The kubeconfig's own credentials, which are the administrator's, with somebody to impersonate.
    pub(crate) fn auth_info(&self, name: &str) -> Result<AuthInfo, Error> {
        impersonating(self.config.auth_info.clone(), &self.people, name)
    }

    /// A kubeconfig for a person.
    pub(crate) fn kubeconfig(&self, name: &str) -> Result<Value, Error> {
        let user = self.context().map(|(_, user)| user).unwrap_or_default();
        let auth_info = self.kubeconfig.auth_infos.iter().find(|known| known.name == user);
        let auth_info = auth_info
            .and_then(|known| known.auth_info.clone())
            .unwrap_or_default();
        let user = serde_json::to_value(impersonating(auth_info, &self.people, name)?)?;
        Ok(crate::kubeconfig::kubeconfig(&self.kubeconfig_cluster()?, &user))
    }

    /// The cluster as its kubeconfig names it.
    pub(crate) fn kubeconfig_cluster(&self) -> Result<Value, Error> {
        let cluster = self.context().map(|(cluster, _)| cluster).unwrap_or_default();
        let found = self
            .kubeconfig
            .clusters
            .iter()
            .find(|known| known.name == cluster);
        Ok(serde_json::to_value(
            found.and_then(|known| known.cluster.clone()).unwrap_or_default(),
        )?)
    }

    /// Cluster and user of the current context.
    fn context(&self) -> Option<(&str, &str)> {
        let current = self.kubeconfig.current_context.as_deref()?;
        let named = self
            .kubeconfig
            .contexts
            .iter()
            .find(|context| context.name == current)?;
        let context = named.context.as_ref()?;
        Some((
            context.cluster.as_str(),
            context.user.as_deref().unwrap_or_default(),
        ))
    }
}

fn impersonating(own: AuthInfo, people: &[Person], name: &str) -> Result<AuthInfo, Error> {
    if name == ADMIN {
        return Ok(own);
    }
    let person = people.iter().find(|person| person.name == name);
    let person = person.ok_or_else(|| Error::UnknownPerson {
        name: name.to_owned(),
    })?;
    // The API server adds system:authenticated to real logins only.
    let groups = person
        .groups
        .iter()
        .cloned()
        .chain(["system:authenticated".to_owned()])
        .collect();
    Ok(AuthInfo {
        impersonate: Some(person.name.clone()),
        impersonate_groups: Some(groups),
        ..own
    })
}

/// What an existing cluster answers when asked for something that only our own servers can do.
pub(crate) fn not_ours(operation: &'static str) -> Error {
    Error::NotOurCluster { operation }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_impersonated_with_groups_and_the_administrator_is_not() {
        let people = [Person::new("alice", ["dev"])];
        let alice = impersonating(AuthInfo::default(), &people, "alice").unwrap();
        assert_eq!(alice.impersonate.as_deref(), Some("alice"));
        assert_eq!(alice.impersonate_groups.unwrap(), ["dev", "system:authenticated"]);
        assert_eq!(
            impersonating(AuthInfo::default(), &people, ADMIN)
                .unwrap()
                .impersonate,
            None
        );
        assert!(impersonating(AuthInfo::default(), &people, "bob").is_err());
    }
}
