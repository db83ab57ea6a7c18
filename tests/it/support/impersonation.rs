//! People who are not in the list of people: played by somebody who may impersonate.

use super::actor::Actor;
use super::cluster::Ground;

impl Ground {
    /// Somebody with exactly these groups.
    pub fn somebody(&self, name: &str, groups: &[&str]) -> Actor {
        self.posing(&self.master().name, name, groups)
    }

    /// A service account's name, with every right: RBAC holds it back from nothing.
    pub fn mighty(&self, account: &str) -> Actor {
        let groups = ["system:masters", "system:serviceaccounts", "system:authenticated"];
        self.somebody(account, &groups)
    }

    /// `who` in the guise of `name`, as kubectl does with `--as` and `--as-group`.
    pub fn posing(&self, who: &str, name: &str, groups: &[&str]) -> Actor {
        let mut config = self.cluster.plane.config(who).unwrap();
        config.auth_info.impersonate = Some(name.to_owned());
        config.auth_info.impersonate_groups = Some(groups.iter().map(|g| (*g).to_owned()).collect());
        Actor {
            name: name.to_owned(),
            client: kube::Client::try_from(config).unwrap(),
            namespace: self.namespace.clone(),
        }
    }
}
