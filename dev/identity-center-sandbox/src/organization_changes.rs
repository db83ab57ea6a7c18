//! What people change in the organization: units and accounts.

use super::changes::{ChangeError, unknown};
use super::entities::{Account, Unit};
use super::world::World;
use team_operator::organization_file::ACCOUNT_STATES;
use team_operator::ports::AccountId;

impl World {
    pub(super) fn put_unit(
        &mut self,
        name: &str,
        parent: &str,
        id: Option<&String>,
    ) -> Result<(), ChangeError> {
        if let Some(unit) = self.units.iter_mut().find(|unit| Some(&unit.id) == id) {
            name.clone_into(&mut unit.name);
            return Ok(());
        }
        let parent = self.unit_id(parent)?;
        if self
            .units
            .iter()
            .any(|unit| unit.parent.as_ref() == Some(&parent) && unit.name == name)
        {
            return Err(ChangeError::Impossible(format!(
                "there is a unit {name:?} in that parent already"
            )));
        }
        let path = format!("{parent}/{name}");
        let incarnation = self.incarnation("unit", &path);
        let id = id
            .cloned()
            .unwrap_or_else(|| self.ids.unit_id(&path, incarnation));
        self.units.push(Unit {
            id,
            name: name.into(),
            parent: Some(parent),
        });
        Ok(())
    }

    pub(super) fn remove_unit(&mut self, unit: &str) -> Result<(), ChangeError> {
        let id = self.unit_id(unit)?;
        let used = self.accounts.values().any(|account| account.parent == id)
            || self.units.iter().any(|other| other.parent.as_ref() == Some(&id));
        if used || self.units.first().is_some_and(|root| root.id == id) {
            return Err(ChangeError::Impossible(format!(
                "unit {unit:?} is the root or not empty; empty it first"
            )));
        }
        self.units.retain(|other| other.id != id);
        Ok(())
    }

    pub(super) fn put_account(
        &mut self,
        id: &str,
        name: Option<&String>,
        unit: Option<&String>,
        state: Option<&String>,
    ) -> Result<(), ChangeError> {
        AccountId::parse(id).map_err(|error| ChangeError::Impossible(error.to_string()))?;
        if let Some(state) = state.filter(|state| !ACCOUNT_STATES.contains(&state.as_str())) {
            return Err(ChangeError::Impossible(format!(
                "{state:?} is no account state; {}",
                ACCOUNT_STATES.join(", ")
            )));
        }
        let parent = match unit {
            Some(unit) => Some(self.unit_id(unit)?),
            None => None,
        };
        let root = self.ids.root_id();
        let account = self.accounts.entry(id.to_owned()).or_insert_with(|| Account {
            id: id.to_owned(),
            name: id.to_owned(),
            email: format!("{id}@accounts.example.com"),
            state: "ACTIVE".into(),
            parent: root,
        });
        account.name = name.cloned().unwrap_or_else(|| account.name.clone());
        account.state = state.cloned().unwrap_or_else(|| account.state.clone());
        account.parent = parent.unwrap_or_else(|| account.parent.clone());
        Ok(())
    }

    /// A unit by id or by path from the root.
    fn unit_id(&self, name: &str) -> Result<String, ChangeError> {
        let found = self
            .units
            .iter()
            .find(|unit| unit.id == name || self.unit_path(unit) == name);
        found
            .map(|unit| unit.id.clone())
            .ok_or_else(|| unknown("organizational unit", name))
    }

    /// `Root/Production/Payments`.
    pub(super) fn unit_path(&self, unit: &Unit) -> String {
        let parent = unit
            .parent
            .as_ref()
            .and_then(|id| self.units.iter().find(|unit| unit.id == *id));
        parent.map_or_else(
            || unit.name.clone(),
            |parent| format!("{}/{}", self.unit_path(parent), unit.name),
        )
    }
}
