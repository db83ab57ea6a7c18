//! An organization file as the changes that build its world.

use chrono::{DateTime, Utc};
use team_operator::organization_file::{self as file, FileAccount, FileUnit};

pub use team_operator::organization_file::FileError;

use super::changes::Change;
use super::identifiers::Identifiers;
use super::settings::Settings;
use super::world::World;

/// A checked organization, ready to become a [`World`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationFile {
    ids: Identifiers,
    region: String,
    settings: Settings,
    changes: Vec<Change>,
}

impl OrganizationFile {
    /// Reads and checks a file's text.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let file: file::OrganizationFile<Settings> = file::OrganizationFile::parse(text)?;
        let mut changes = vec![account(&file.management_account, "Root")];
        changes.extend(file.accounts.iter().map(|one| account(one, "Root")));
        for one in &file.organizational_units {
            unit(&mut changes, one, "Root");
        }
        changes.extend(people_and_sets(&file));
        if let Some(id) = &file.settings.delegated_administrator
            && !changes
                .iter()
                .any(|change| matches!(change, Change::PutAccount { id: known, .. } if known == id))
        {
            return Err(FileError(vec![format!(
                "settings.delegatedAdministrator names {id:?}, which is no account here"
            )]));
        }
        let ids = Identifiers {
            seed: file.seed,
            partition: file.partition.value,
            management_account: file.management_account.id.value,
            root: file.root_id,
        };
        Ok(OrganizationFile {
            ids,
            region: file.region,
            settings: file.settings,
            changes,
        })
    }

    /// The region in which the instance lives.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The world as the file describes it.
    pub fn world(&self, now: DateTime<Utc>) -> Result<World, FileError> {
        let mut world = World::empty(self.ids.clone(), self.region.clone(), self.settings.clone(), now);
        for change in &self.changes {
            world
                .change(change, now)
                .map_err(|error| FileError(vec![error.to_string()]))?;
        }
        world.all_from_the_start();
        Ok(world)
    }
}

fn account(account: &FileAccount, unit: &str) -> Change {
    Change::PutAccount {
        id: account.id.value.clone(),
        name: Some(account.name.clone()),
        unit: Some(unit.to_owned()),
        state: account.state.as_ref().map(|state| state.value.clone()),
    }
}

fn unit(changes: &mut Vec<Change>, one: &FileUnit, parent: &str) {
    let path = format!("{parent}/{}", one.name.value);
    changes.push(Change::PutUnit {
        name: one.name.value.clone(),
        parent: parent.to_owned(),
        id: one.id.clone(),
    });
    changes.extend(one.accounts.iter().map(|one| account(one, &path)));
    for inner in &one.organizational_units {
        unit(changes, inner, &path);
    }
}

fn people_and_sets(file: &file::OrganizationFile<Settings>) -> Vec<Change> {
    let users = file.users.iter().map(|user| Change::PutUser {
        user_name: user.user_name.value.clone(),
        email: user.email.as_ref().map(|email| email.value.clone()),
        enabled: Some(user.enabled),
        rename_to: None,
    });
    let groups = file.groups.iter().map(|group| Change::PutGroup {
        name: group.name.value.clone(),
        members: Some(group.members.iter().map(|member| member.value.clone()).collect()),
        rename_to: None,
    });
    let sets = file.permission_sets.iter().map(|set| Change::PutPermissionSet {
        name: set.name.value.clone(),
        session_duration: set.session_duration.value.clone(),
    });
    let assignments = file.assignments.iter().map(|one| Change::PutAssignment {
        account: one.account.value.clone(),
        permission_set: one.permission_set.value.clone(),
        user: one.user.as_ref().map(|user| user.value.clone()),
        group: one.group.as_ref().map(|group| group.value.clone()),
    });
    users.chain(groups).chain(sets).chain(assignments).collect()
}
