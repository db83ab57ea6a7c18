//! What the platform team does: settings and policies, people and groups in Identity Center.

use identity_center_sandbox::Change;
use serde_json::Value;

use super::{full, patch_of};
use crate::cluster::patch::merge;
use crate::cluster::store::Place;
use crate::cluster::writes::Writer;
use crate::grammar::Words;
use crate::stage::{PLATFORM, Stage, fixture, ours};

/// `platform sets requestExpiry of settings to 1h`.
pub(crate) fn sets(stage: &mut Stage, words: Words) -> Result<(), String> {
    let patch = patch_of(&format!("spec.{}", words.get("field")), words.get("value"));
    let place = place(stage, words.get("object"))?;
    let kind = ours(place.plural);
    let object = stage
        .cluster
        .object(kind, "", &place.name)
        .ok_or("it is not there")?;
    let mut wanted = (*object).clone();
    merge(&mut wanted, &patch);
    let written = stage
        .cluster
        .update(Writer::named(PLATFORM), kind, &place, "", &wanted);
    stage.answer(written);
    Ok(())
}

/// `platform removes settings`.
pub(crate) fn removes(stage: &mut Stage, words: Words) -> Result<(), String> {
    let name = words.get("object");
    let place = place(stage, name)?;
    let kind = ours(place.plural);
    if let Some(object) = stage.cluster.object(kind, "", &place.name) {
        stage.removed.insert(name.to_owned(), (*object).clone());
    }
    let removed = stage
        .cluster
        .delete(Writer::named(PLATFORM), kind, &place, &Value::Null);
    stage.answer(removed);
    Ok(())
}

/// `platform puts settings back`.
pub(crate) fn puts_back(stage: &mut Stage, words: Words) -> Result<(), String> {
    let object = stage
        .removed
        .remove(words.get("object"))
        .ok_or("it was not removed")?;
    let applied = stage.apply_one(&object);
    stage.answer(applied);
    Ok(())
}

/// `platform applies payments.yaml`.
pub(crate) fn applies(stage: &mut Stage, words: Words) -> Result<(), String> {
    let applied = stage.apply(&fixture(words.get("file"))?);
    stage.answer(applied);
    Ok(())
}

/// Settings, or the policy of this name.
fn place(stage: &Stage, name: &str) -> Result<Place, String> {
    if name == "settings" {
        return Ok(Place::new(ours("teamsettings"), "", "default"));
    }
    let kinds = ["eligibilitypolicies", "approverpolicies"].map(ours);
    let found = kinds
        .into_iter()
        .find(|kind| stage.cluster.object(kind, "", name).is_some());
    let kind = found.ok_or_else(|| format!("there is no policy {name:?}"))?;
    Ok(Place::new(kind, "", name))
}

/// `erin joins Production-Leads`.
pub(crate) fn joins(stage: &mut Stage, words: Words) -> Result<(), String> {
    stage.aws.change(&Change::AddMember {
        group: words.get("group").to_owned(),
        user_name: full(words.get("who")),
    })
}

/// `20 people join Crowd`: new ones, in a group that may be new.
pub(crate) fn crowd_joins(stage: &mut Stage, words: Words) -> Result<(), String> {
    let count: usize = words.get("count").parse().map_err(|_| "how many people?")?;
    let name = words.get("group").to_owned();
    let person = |number| full(&format!("{}-{number:02}", name.to_lowercase()));
    let members: Vec<String> = (1..=count).map(person).collect();
    for user_name in members.clone() {
        stage.aws.change(&Change::PutUser {
            user_name,
            email: None,
            enabled: None,
            rename_to: None,
        })?;
    }
    stage.aws.change(&Change::PutGroup {
        name,
        members: Some(members),
        rename_to: None,
    })
}

/// `bob leaves Production-Leads`.
pub(crate) fn leaves(stage: &mut Stage, words: Words) -> Result<(), String> {
    stage.aws.change(&Change::RemoveMember {
        group: words.get("group").to_owned(),
        user_name: full(words.get("who")),
    })
}

/// `bob is disabled`.
pub(crate) fn disabled(stage: &mut Stage, words: Words) -> Result<(), String> {
    put_user(stage, &words, Some(false), None)
}

/// `bob is enabled`.
pub(crate) fn enabled(stage: &mut Stage, words: Words) -> Result<(), String> {
    put_user(stage, &words, Some(true), None)
}

/// `alice is renamed to alice.smith`.
pub(crate) fn renamed(stage: &mut Stage, words: Words) -> Result<(), String> {
    let name = full(words.get("name"));
    put_user(stage, &words, None, Some(name))
}

/// `alice is created`: somebody new, or a name that is given again.
pub(crate) fn created(stage: &mut Stage, words: Words) -> Result<(), String> {
    put_user(stage, &words, None, None)
}

fn put_user(
    stage: &Stage,
    words: &Words,
    enabled: Option<bool>,
    rename_to: Option<String>,
) -> Result<(), String> {
    stage.aws.change(&Change::PutUser {
        user_name: full(words.get("who")),
        email: None,
        enabled,
        rename_to,
    })
}

/// `alice is deleted`.
pub(crate) fn deleted(stage: &mut Stage, words: Words) -> Result<(), String> {
    stage.aws.change(&Change::RemoveUser {
        user_name: full(words.get("who")),
    })
}

/// `the group Security is deleted`.
pub(crate) fn group_deleted(stage: &mut Stage, words: Words) -> Result<(), String> {
    stage.aws.change(&Change::RemoveGroup {
        name: words.get("group").to_owned(),
    })
}
