//! Who may talk to a control plane of ours: keys, the server's certificate, and static tokens.

use std::fmt::Write as _;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use sha2::{Digest, Sha256};

use crate::Error;
use crate::tools::hex;

/// Somebody in the group system:masters, for setting up a test; nobody a test should be about.
pub(crate) const ADMIN: &str = "control-plane-admin";
/// Asks for service-account tokens, as kubelets do. Policies recognise nodes by this prefix.
pub(crate) const NODE: &str = "system:node:dev";
/// The identity that Kubernetes' own bootstrap roles are bound to.
pub(crate) const CONTROLLER_MANAGER: &str = "system:kube-controller-manager";

/// A person (or robot) that a test speaks as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user name the API server sees, such as `alice@example.com`.
    pub name: String,
    /// The groups the API server sees, besides `system:authenticated`, which it adds itself.
    pub groups: Vec<String>,
}

impl Person {
    /// A person with groups.
    pub fn new<G: Into<String>>(name: impl Into<String>, groups: impl IntoIterator<Item = G>) -> Person {
        Person {
            name: name.into(),
            groups: groups.into_iter().map(Into::into).collect(),
        }
    }
}

/// Everybody with a static token: those declared and those the harness needs.
pub(crate) fn everybody(declared: &[Person]) -> Result<Vec<Person>, Error> {
    let unusable = |name: &str, reason| Error::UnusablePerson {
        name: name.to_owned(),
        reason,
    };
    let mut people = vec![
        Person::new(ADMIN, ["system:masters"]),
        Person::new(NODE, ["system:nodes"]),
        Person::new(CONTROLLER_MANAGER, Vec::<String>::new()),
    ];
    for person in declared {
        if people.iter().any(|other| other.name == person.name) {
            return Err(unusable(
                &person.name,
                "the name is used twice, or by the control plane itself",
            ));
        }
        if person.name.is_empty() {
            return Err(unusable(&person.name, "the name is empty"));
        }
        let texts = person.groups.iter().chain([&person.name]);
        if texts.into_iter().any(|text| text.contains(['\n', '\r'])) {
            return Err(unusable(&person.name, "a name or group has a line break in it"));
        }
        if person.groups.iter().any(|group| group.contains(',')) {
            return Err(unusable(
                &person.name,
                "a group has a comma in it, which separates groups",
            ));
        }
        people.push(person.clone());
    }
    Ok(people)
}

/// Keys of one control plane, made anew for each.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// The authority that signed the server's certificate, as PEM and as DER.
    pub(crate) authority_pem: String,
    pub(crate) authority_der: Vec<u8>,
    /// What the API server shows and proves.
    pub(crate) server_certificate_pem: String,
    pub(crate) server_key_pem: String,
    /// What service-account tokens are signed and checked with.
    pub(crate) signing_key_pem: String,
    pub(crate) checking_key_pem: String,
}

impl Credentials {
    /// Makes all keys; elliptic curves, because RSA keys would take a good part of a second.
    pub(crate) fn generate() -> Result<Credentials, Error> {
        let mut authority = CertificateParams::new(Vec::<String>::new())?;
        authority
            .distinguished_name
            .push(DnType::CommonName, "team-operator control plane");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority_key = KeyPair::generate()?;
        let authority_certificate = authority.self_signed(&authority_key)?;
        let issuer = Issuer::new(authority, authority_key);

        let names = ["127.0.0.1", "localhost", "kubernetes.default.svc"].map(String::from);
        let mut server = CertificateParams::new(names.to_vec())?;
        server
            .distinguished_name
            .push(DnType::CommonName, "kube-apiserver");
        let server_key = KeyPair::generate()?;
        let server_certificate = server.signed_by(&server_key, &issuer)?;

        let signing_key = KeyPair::generate()?;
        Ok(Credentials {
            authority_pem: authority_certificate.pem(),
            authority_der: authority_certificate.der().to_vec(),
            server_certificate_pem: server_certificate.pem(),
            server_key_pem: server_key.serialize_pem(),
            signing_key_pem: signing_key.serialize_pem(),
            checking_key_pem: signing_key.public_key_pem(),
        })
    }

    /// A person's static token: derived from the name, and from a key so that another user of this machine
    /// cannot guess it.
    pub(crate) fn token(&self, name: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.signing_key_pem);
        hash.update([0]);
        hash.update(name);
        hex(&hash.finalize())
    }

    /// The file for `--token-auth-file`: token, name, unique id, groups.
    pub(crate) fn token_file(&self, people: &[Person]) -> String {
        people.iter().fold(String::new(), |mut text, person| {
            let name = quoted(&person.name);
            let groups = quoted(&person.groups.join(","));
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{},{name},{name},{groups}", self.token(&person.name));
            text
        })
    }
}

/// A field of comma-separated values.
fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_between_people_and_control_planes() {
        let (one, other) = (Credentials::generate().unwrap(), Credentials::generate().unwrap());
        assert_eq!(one.token("alice"), one.token("alice"));
        assert_ne!(one.token("alice"), one.token("bob"));
        assert_ne!(one.token("alice"), other.token("alice"));
    }

    #[test]
    fn names_with_commas_and_quotes_survive_the_token_file() {
        let credentials = Credentials::generate().unwrap();
        let file = credentials.token_file(&[Person::new("a,\"b\"", ["one", "two"])]);
        assert!(
            file.ends_with(",\"a,\"\"b\"\"\",\"a,\"\"b\"\"\",\"one,two\"\n"),
            "{file}"
        );
    }

    #[test]
    fn a_name_taken_twice_or_by_the_harness_is_refused() {
        let (alice, masters) = (Person::new("alice", ["dev"]), Person::new(ADMIN, ["dev"]));
        assert!(everybody(std::slice::from_ref(&alice)).is_ok());
        assert!(everybody(&[alice.clone(), alice]).is_err());
        assert!(everybody(&[masters]).is_err());
    }
}
