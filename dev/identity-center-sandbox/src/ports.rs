//! The ports of team-operator on a [`World`] in this process: [`Client`]'s answers, with the waiting that goes with them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use team_operator::ports::{
    Account, AccountId, Aged, AssignmentKey, Assignments, Attribute, CallOptions, Clock, CreateAnswer,
    DeleteAnswer, Directory, Group, GroupId, Instance, InstanceArn, LastKnown, Listing, Lookup, Members,
    Membership, OperationKind, OperationState, Organization, OrganizationTree, PermissionSet,
    PermissionSetArn, PermissionSets, PortError, RequestId, SendPermit, User, UserId, UserLookup,
};

use super::client::{Caller, Client, write};
use super::operation::Operation;
use super::world::World;

/// Everything that team-operator asks AWS, answered by a shared world.
#[derive(Clone)]
pub struct WorldPorts {
    world: Arc<Mutex<World>>,
    clock: Arc<dyn Clock>,
    caller: Caller,
    process: Arc<dyn Process>,
}

/// What a process goes through around its questions. A test stops, kills or delays it here.
#[async_trait]
pub trait Process: Send + Sync {
    /// Before a question is sent: where an adapter waits for its budget. The permit of a create is asked after it.
    /// `write` is the create or delete, or `None` for a question that changes nothing.
    async fn before(&self, write: Option<&Operation>) {
        let _ = write;
    }

    /// AWS has done what it does with a write that was sent, and the answer, which may never arrive, is on its way.
    fn answered(&self, write: &Operation, answer: Result<(), &PortError>) {
        let _ = (write, answer);
    }

    /// The answer is here, or was given up.
    async fn after(&self, write: Option<&Operation>) {
        let _ = write;
    }
}

/// A process that nothing happens to.
struct Undisturbed;

impl Process for Undisturbed {}

impl WorldPorts {
    /// The ports of a process that is configured with the world's own instance, in the world's time.
    pub fn new(world: Arc<Mutex<World>>, clock: Arc<dyn Clock>) -> Self {
        let caller = Caller::of(&world.lock().unwrap_or_else(PoisonError::into_inner));
        Self {
            world,
            clock,
            caller,
            process: Arc::new(Undisturbed),
        }
    }

    /// The same, configured differently.
    #[must_use]
    pub fn called_by(self, caller: Caller) -> Self {
        Self { caller, ..self }
    }

    /// The same, in a process that something happens to.
    #[must_use]
    pub fn run_by(self, process: Arc<dyn Process>) -> Self {
        Self { process, ..self }
    }

    /// Who asks.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    async fn read<T>(
        &self,
        question: impl FnOnce(&mut Client<'_>) -> Result<T, PortError> + Send,
    ) -> Result<T, PortError> {
        self.process.before(None).await;
        let (answer, took) = self.at_once(|client| (question(client), client.took()));
        waited(took).await;
        self.process.after(None).await;
        answer
    }

    async fn write<T>(
        &self,
        kind: OperationKind,
        tuple: &AssignmentKey,
        question: impl FnOnce(&mut Client<'_>) -> Result<T, PortError> + Send,
    ) -> Result<T, PortError> {
        let operation = write(kind, tuple);
        self.process.before(Some(&operation)).await;
        let (answer, told, took) = self.at_once(|client| {
            let answer = question(client);
            let told = client.told().map(|told| told.map_err(Clone::clone));
            (answer, told, client.took())
        });
        let Some(told) = told else { return answer };
        self.process.answered(&operation, told.as_ref().map(|&()| ()));
        waited(took).await;
        self.process.after(Some(&operation)).await;
        answer
    }

    fn at_once<T>(&self, ask: impl FnOnce(&mut Client<'_>) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        ask(&mut Client::new(&mut world, &self.caller, self.clock.now()))
    }
}

/// Answers that take no time need no timer, and no runtime that has one.
async fn waited(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

impl fmt::Debug for WorldPorts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WorldPorts")
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Assignments for WorldPorts {
    async fn list(
        &self,
        _: &CallOptions,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Listing>, PortError> {
        self.read(|client| client.list(account, permission_set)).await
    }

    async fn create(
        &self,
        _: &CallOptions,
        tuple: &AssignmentKey,
        permit: Arc<dyn SendPermit>,
    ) -> Result<CreateAnswer, PortError> {
        let question = |client: &mut Client<'_>| client.create(tuple, &*permit);
        self.write(OperationKind::Creation, tuple, question).await
    }

    async fn delete(&self, _: &CallOptions, tuple: &AssignmentKey) -> Result<DeleteAnswer, PortError> {
        let question = |client: &mut Client<'_>| client.delete(tuple);
        self.write(OperationKind::Deletion, tuple, question).await
    }

    async fn status(
        &self,
        _: &CallOptions,
        kind: OperationKind,
        _: &AccountId,
        request: &RequestId,
    ) -> Result<OperationState, PortError> {
        self.read(|client| client.status(kind, request)).await
    }

    async fn creates_in_progress(
        &self,
        _: &CallOptions,
        tuple: &AssignmentKey,
    ) -> Result<Aged<Vec<RequestId>>, PortError> {
        self.read(|client| client.creates_in_progress(tuple)).await
    }
}

#[async_trait]
impl Directory for WorldPorts {
    async fn user_by_attribute(
        &self,
        _: &CallOptions,
        attribute: Attribute,
        value: &str,
    ) -> Result<Aged<UserLookup>, PortError> {
        self.read(|client| client.user_by_attribute(attribute, value))
            .await
    }

    async fn user(&self, _: &CallOptions, user: &UserId) -> Result<Aged<Lookup<User>>, PortError> {
        self.read(|client| client.user(user)).await
    }

    async fn group_by_name(&self, _: &CallOptions, name: &str) -> Result<Aged<Lookup<Group>>, PortError> {
        self.read(|client| client.group_by_name(name)).await
    }

    async fn memberships(
        &self,
        _: &CallOptions,
        user: &UserId,
        groups: &[GroupId],
    ) -> Result<Aged<Vec<Membership>>, PortError> {
        self.read(|client| client.memberships(user, groups)).await
    }

    async fn members(&self, _: &CallOptions, group: &GroupId) -> Result<Aged<Lookup<Members>>, PortError> {
        self.read(|client| client.members(group)).await
    }
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the path of a method stands for one lifetime of the client, the closure for all"
)]
#[async_trait]
impl Organization for WorldPorts {
    async fn account(
        &self,
        _: &CallOptions,
        account: &AccountId,
    ) -> Result<Aged<Lookup<Account>>, PortError> {
        self.read(|client| client.account(account)).await
    }

    async fn tree(&self, _: &CallOptions) -> Result<Aged<Arc<OrganizationTree>>, PortError> {
        self.read(|client| Ok(client.tree())).await
    }

    fn last_tree(&self) -> LastKnown<Arc<OrganizationTree>> {
        LastKnown::Never
    }

    async fn management_account(&self, _: &CallOptions) -> Result<Aged<AccountId>, PortError> {
        self.read(|client| client.management_account()).await
    }
}

#[async_trait]
impl PermissionSets for WorldPorts {
    async fn by_name(&self, _: &CallOptions, name: &str) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        self.read(|client| client.permission_set_by_name(name)).await
    }

    async fn by_arn(
        &self,
        _: &CallOptions,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        self.read(|client| client.permission_set(permission_set)).await
    }

    async fn provisioned_in(
        &self,
        _: &CallOptions,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<Vec<AccountId>>>, PortError> {
        self.read(|client| client.provisioned_in(permission_set)).await
    }
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the path of a method stands for one lifetime of the client, the closure for all"
)]
#[async_trait]
impl Instance for WorldPorts {
    fn arn(&self) -> InstanceArn {
        self.caller.instance_arn.clone()
    }

    async fn lookup(&self, _: &CallOptions) -> Result<Aged<Lookup<()>>, PortError> {
        self.read(|client| client.instance_lookup()).await
    }

    async fn delegated_administrator(&self, _: &CallOptions) -> Result<bool, PortError> {
        self.read(|client| client.delegated_administrator()).await
    }
}
