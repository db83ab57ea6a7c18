//! Prints everything a cluster needs before the controller runs.

use std::io::{self, Write as _};

use serde_json::Value;

use super::arguments::ManifestsArguments;
use crate::admission::{InstallationError, reporter_manifests};

/// Why the manifests could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum ManifestsError {
    /// A name of the installation is invalid.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// They cannot be written as YAML.
    #[error("the manifests cannot be written as YAML: {0}")]
    Yaml(String),
    /// Standard output cannot be written, for instance because it was closed.
    #[error("the manifests could not be printed: {0}")]
    Print(#[from] io::Error),
}

/// Prints everything that is to be installed, as YAML for `kubectl apply --server-side -f -`.
pub fn print_manifests(arguments: &ManifestsArguments) -> Result<(), ManifestsError> {
    let installation = arguments.installation()?;
    let mut objects = installation.manifests();
    if let Some(namespace) = &arguments.reporter_namespace {
        objects.extend(reporter_manifests(namespace)?);
    }
    let text = as_yaml(&objects)?;
    // Not `println!`, which panics when standard output is closed.
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

/// One YAML document per object, with words that YAML 1.1 reads as numbers or booleans in quotes.
fn as_yaml(objects: &[Value]) -> Result<String, ManifestsError> {
    serde_saphyr::to_string_multiple(objects).map_err(|error| ManifestsError::Yaml(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Installation;

    #[test]
    fn the_printed_manifests_read_back_equal() {
        let writers = vec![
            "on".to_owned(),
            "o'neil\"@example.com".to_owned(),
            "0123".to_owned(),
        ];
        let installation = Installation::new("platform", "elevator")
            .and_then(|installation| installation.with_policy_writers(writers))
            .unwrap();
        for installation in [installation, Installation::default().with_stamping(false)] {
            let objects = installation.manifests();
            let text = as_yaml(&objects).unwrap();
            assert_eq!(serde_saphyr::from_multiple::<Value>(&text).unwrap(), objects);
        }
    }
}
