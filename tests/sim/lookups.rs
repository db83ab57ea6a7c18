//! What the facts of a pass are read from AWS by.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use identity_center_sandbox::{AssignmentRow, MemberId, Operation, Paging, Reply};
use team_operator::api::{AccountId, OrganizationalUnitId, PermissionSetName, Timestamp};
use team_operator::domain::{
    Account, AccountState, Aged, Attribute, Fact, Facts, Group, GroupId, GroupLookup, ListAnswer, Listing,
    Lookup, Member, Members, Membership, OperationKind, OperationState, OuPath, OuStep, PermissionSet,
    PermissionSetArn, Principal, Question, RequestId, User, UserId, UserLookup,
};

use crate::aws::{Answered, Aws, Caller, Trouble, identifier, person, state};
use crate::cluster::utc;

impl Aws {
    /// Answers a question that AWS can answer, into `facts`, as of the caller's clock.
    pub(crate) fn answer(
        &mut self,
        caller: Caller,
        question: &Question,
        t: i64,
        absent_groups: &mut BTreeMap<String, Timestamp>,
        facts: &mut Facts,
    ) {
        let at = utc(t + caller.ahead);
        let mut asked = Asked {
            aws: self,
            caller,
            t,
            at,
        };
        match question.clone() {
            Question::UserByName(attribute, name) => {
                let fact = asked.user_by_name(attribute, &name);
                facts.users_by_name.insert((attribute, name), fact);
            }
            Question::User(id) => {
                let answer = asked.user(&id);
                let fact = asked.fact(answer.map(|user| user.map_or(Lookup::Absent, Lookup::Found)));
                facts.users.insert(id, fact);
            }
            Question::Group(name) => {
                let fact = asked.group(&name, absent_groups);
                facts.groups.insert(name, fact);
            }
            Question::Membership(user, group) => {
                let fact = asked.membership(&user, &group);
                facts.memberships.insert((user, group), fact);
            }
            Question::Members(group) => {
                let answer = asked.members(&group);
                let fact = asked.fact(answer);
                facts.members.insert(group, fact);
            }
            Question::Account(id) => {
                let answer = asked.account(&id);
                let fact = asked.fact(answer);
                facts.accounts.insert(id, fact);
            }
            Question::ManagementAccount => {
                facts.management_account = Some(asked.fact(Ok(AccountId::parse("999999999999").unwrap())));
            }
            Question::PermissionSetByName(name) => {
                let answer = asked.permission_set_by_name(&name);
                let fact = asked.fact(answer);
                facts.permission_sets_by_name.insert(name, fact);
            }
            Question::PermissionSet(arn) => {
                let answer = asked.permission_set(&arn);
                let fact = asked.fact(answer.map(|set| set.map_or(Lookup::Absent, Lookup::Found)));
                facts.permission_sets.insert(arn, fact);
            }
            Question::Instance => facts.instance = Some(asked.instance()),
            Question::Listing(account, set) => facts.listing = Some(asked.listing(&account, &set)),
            Question::Operation(kind, id) => {
                let fact = asked.operation(kind, &id);
                facts.operations.insert((kind, id), fact);
            }
            Question::Siblings => unreachable!("the API server answers that"),
        }
    }
}

/// One question being answered.
struct Asked<'a> {
    aws: &'a mut Aws,
    caller: Caller,
    t: i64,
    at: DateTime<Utc>,
}

impl Asked<'_> {
    fn read(&mut self, operation: Operation) -> Answered {
        self.aws.read(self.caller, operation, self.t)
    }

    fn store(&self) -> String {
        let store = self.aws.store.clone();
        if self.caller.wrong_instance {
            format!("{store}-other")
        } else {
            store
        }
    }

    fn fact<T>(&self, answer: Result<T, Trouble>) -> Fact<T> {
        match answer {
            Ok(value) => Fact::Known(Aged {
                value,
                observed_at: self.at,
            }),
            Err(trouble) => Fact::Unknown(trouble.sentence),
        }
    }

    fn user_by_name(&mut self, attribute: Attribute, name: &str) -> Fact<UserLookup> {
        let path = match attribute {
            Attribute::UserName => "userName",
            Attribute::Email => "emails.value",
        };
        let by = identifier(path, name);
        let found = self.read(Operation::GetUserId {
            identity_store_id: self.store(),
            alternate_identifier: by,
        });
        let answer = match found {
            Ok(Reply::UserId { user_id, .. }) => self.user(&UserId::new(user_id)).map(|user| match user {
                Some(user) if user.user_name == name => UserLookup::Found(user),
                Some(user) => UserLookup::OtherSpelling {
                    actual: user.user_name,
                },
                None => UserLookup::Absent,
            }),
            Ok(other) => unreachable!("{other:?}"),
            Err(trouble) if trouble.not_found => Ok(UserLookup::Absent),
            Err(trouble) => Err(trouble),
        };
        self.fact(answer)
    }

    fn user(&mut self, id: &UserId) -> Result<Option<User>, Trouble> {
        let call = Operation::DescribeUser {
            identity_store_id: self.store(),
            user_id: id.as_str().to_owned(),
        };
        match self.read(call) {
            Ok(Reply::User(user)) => Ok(Some(person(&user))),
            Ok(other) => unreachable!("{other:?}"),
            Err(trouble) if trouble.not_found => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    fn group(&mut self, name: &str, absent: &mut BTreeMap<String, Timestamp>) -> Fact<GroupLookup> {
        let by = identifier("displayName", name);
        let found = self.read(Operation::GetGroupId {
            identity_store_id: self.store(),
            alternate_identifier: by,
        });
        let answer = match found {
            Ok(Reply::GroupId { group_id, .. }) => {
                absent.remove(name);
                Ok(GroupLookup::Found(Group {
                    id: GroupId::new(group_id),
                    name: name.to_owned(),
                }))
            }
            Ok(other) => unreachable!("{other:?}"),
            Err(trouble) if trouble.not_found => {
                let since = *absent.entry(name.to_owned()).or_insert(self.at.into());
                Ok(GroupLookup::Absent { since })
            }
            Err(trouble) => Err(trouble),
        };
        self.fact(answer)
    }

    fn membership(&mut self, user: &UserId, group: &GroupId) -> Fact<Membership> {
        let call = Operation::IsMemberInGroups {
            identity_store_id: self.store(),
            member_id: MemberId {
                user_id: user.as_str().to_owned(),
            },
            group_ids: vec![group.as_str().to_owned()],
        };
        let answer = match self.read(call) {
            Ok(Reply::MembershipResults { results }) => Ok(match results.first() {
                Some(one) if one.membership_exists => Membership::Member,
                _ => Membership::NotMember,
            }),
            Ok(other) => unreachable!("{other:?}"),
            Err(trouble) => Err(trouble),
        };
        self.fact(answer)
    }

    fn members(&mut self, group: &GroupId) -> Result<Lookup<Members>, Trouble> {
        let call = Operation::ListGroupMemberships {
            identity_store_id: self.store(),
            group_id: group.as_str().to_owned(),
            paging: Paging::default(),
        };
        let rows = match self.read(call) {
            Ok(Reply::Memberships {
                group_memberships, ..
            }) => group_memberships,
            Ok(other) => unreachable!("{other:?}"),
            Err(trouble) if trouble.not_found => return Ok(Lookup::Absent),
            Err(trouble) => return Err(trouble),
        };
        let mut people = vec![];
        for row in rows {
            if let Some(value) = self.user(&UserId::new(row.member_id.user_id))? {
                people.push(Member {
                    user: Aged {
                        value,
                        observed_at: self.at,
                    },
                });
            }
        }
        let nobody = people.is_empty();
        Ok(Lookup::Found(if nobody {
            Members::Nobody
        } else {
            Members::People(people)
        }))
    }

    fn account(&mut self, id: &AccountId) -> Result<Lookup<Account>, Trouble> {
        let described = self.read(Operation::DescribeAccount {
            account_id: id.as_str().to_owned(),
        });
        let row = match described {
            Ok(Reply::Account { account }) => account,
            Ok(other) => unreachable!("{other:?}"),
            Err(trouble) if trouble.sentence.starts_with("AccountNotFoundException") => {
                return Ok(Lookup::Absent);
            }
            Err(trouble) => return Err(trouble),
        };
        let mut path = vec![];
        let mut child = id.as_str().to_owned();
        loop {
            let parents = self.read(Operation::ListParents {
                child_id: child,
                paging: Paging::default(),
            })?;
            let Reply::Parents { parents, .. } = parents else {
                unreachable!("{parents:?}")
            };
            let Some(parent) = parents.into_iter().next() else {
                break;
            };
            let step = OrganizationalUnitId::parse(parent.id.clone()).unwrap();
            path.insert(
                0,
                OuStep {
                    id: step,
                    name: parent.id.clone(),
                },
            );
            child = parent.id;
            if parent.r#type == "ROOT" {
                break;
            }
        }
        Ok(Lookup::Found(Account {
            id: id.clone(),
            name: row.name,
            state: match row.state.as_str() {
                "ACTIVE" => AccountState::Active,
                "SUSPENDED" => AccountState::Suspended,
                "CLOSED" => AccountState::Closed,
                _ => AccountState::Unrecognized,
            },
            path: OuPath(path),
        }))
    }

    fn permission_set(&mut self, arn: &PermissionSetArn) -> Result<Option<PermissionSet>, Trouble> {
        let call = Operation::DescribePermissionSet {
            instance_arn: self.aws.instance_of(self.caller),
            permission_set_arn: arn.as_str().to_owned(),
        };
        match self.read(call) {
            Ok(Reply::PermissionSet { permission_set: set }) => {
                let hours = if set.session_duration == "PT1H" { 1 } else { 2 };
                Ok(Some(PermissionSet {
                    arn: arn.clone(),
                    name: set.name,
                    session_duration: Duration::from_hours(hours),
                }))
            }
            Ok(other) => unreachable!("{other:?}"),
            // Absence is only believed of a service that answers.
            Err(trouble) if trouble.not_found => self.list_permission_sets().map(|_| None),
            Err(trouble) => Err(trouble),
        }
    }

    fn list_permission_sets(&mut self) -> Result<Vec<String>, Trouble> {
        let instance_arn = self.aws.instance_of(self.caller);
        let answer = self.read(Operation::ListPermissionSets {
            instance_arn,
            paging: Paging::default(),
        })?;
        let Reply::PermissionSets { permission_sets, .. } = answer else {
            unreachable!("{answer:?}")
        };
        Ok(permission_sets)
    }

    fn permission_set_by_name(&mut self, name: &PermissionSetName) -> Result<Lookup<PermissionSet>, Trouble> {
        for arn in self.list_permission_sets()? {
            match self.permission_set(&PermissionSetArn::new(arn))? {
                Some(set) if set.name == name.as_str() => return Ok(Lookup::Found(set)),
                _ => {}
            }
        }
        Ok(Lookup::Absent)
    }

    fn instance(&mut self) -> Fact<Lookup<()>> {
        let instance_arn = self.aws.instance_of(self.caller);
        let answer = match self.read(Operation::DescribeInstance { instance_arn }) {
            Ok(_) => Ok(Lookup::Found(())),
            Err(trouble) if trouble.not_found => Ok(Lookup::Absent),
            Err(trouble) => Err(trouble),
        };
        self.fact(answer)
    }

    fn listing(&mut self, account: &AccountId, set: &PermissionSetArn) -> Fact<ListAnswer> {
        let call = Operation::ListAccountAssignments {
            instance_arn: self.aws.instance_of(self.caller),
            account_id: account.as_str().to_owned(),
            permission_set_arn: set.as_str().to_owned(),
            paging: Paging::default(),
        };
        let principal = |row: AssignmentRow| match row.principal_type.as_str() {
            "USER" => Principal::User(UserId::new(row.principal_id)),
            _ => Principal::Group(GroupId::new(row.principal_id)),
        };
        let answer = match self.read(call) {
            Ok(Reply::Assignments {
                account_assignments: rows,
                ..
            }) => {
                let principals = rows.into_iter().map(principal).collect();
                Ok(ListAnswer::Listed(Listing { principals }))
            }
            Ok(other) => unreachable!("{other:?}"),
            Err(trouble) if trouble.not_found => Ok(ListAnswer::NotFound),
            Err(trouble) => Err(trouble),
        };
        self.fact(answer)
    }

    fn operation(&mut self, kind: OperationKind, id: &RequestId) -> Fact<OperationState> {
        let (instance_arn, id) = (self.aws.instance_of(self.caller), id.as_str().to_owned());
        let call = match kind {
            OperationKind::Creation => Operation::DescribeAccountAssignmentCreationStatus {
                instance_arn,
                account_assignment_creation_request_id: id,
            },
            OperationKind::Deletion => Operation::DescribeAccountAssignmentDeletionStatus {
                instance_arn,
                account_assignment_deletion_request_id: id,
            },
        };
        let answer = match self.read(call) {
            Ok(
                Reply::Creation {
                    account_assignment_creation_status: status,
                }
                | Reply::Deletion {
                    account_assignment_deletion_status: status,
                },
            ) => Ok(state(kind, &status)),
            Ok(other) => unreachable!("{other:?}"),
            Err(trouble) if trouble.not_found => Ok(OperationState::Vanished),
            Err(trouble) => Err(trouble),
        };
        self.fact(answer)
    }
}
