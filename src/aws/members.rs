//! The members of a group, with their names.

use aws_sdk_identitystore::operation::list_group_memberships::ListGroupMembershipsOutput;
use aws_sdk_identitystore::types::MemberId;

use super::budget::Family;
use super::call_site::{CallSite, Service};
use super::connect::{Aws, aged};
use super::shared_reads::read_each;
use crate::ports::{
    Aged, CallOptions, Class, Directory, Freshness, GroupId, Lookup, Member, Members, PortError, UserId,
};

const SERVICE: Service = Service::IdentityStore;
const FAMILY: Family = Family::IdentityStore;

impl Aws {
    /// Reads a group from AWS. An answer that lacks somebody is not kept: the next question asks for that person again.
    pub(super) async fn read_members(
        &self,
        options: &CallOptions,
        group: &GroupId,
    ) -> Result<Aged<Lookup<Members>>, PortError> {
        let asked = self.now();
        let answer = match self.member_ids(options, group).await? {
            Lookup::Absent => Lookup::Absent,
            Lookup::Found(ids) => Lookup::Found(self.named(options, ids).await?),
        };
        let answer = aged(answer, asked);
        if !matches!(&answer.value, Lookup::Found(members) if members.unreadable().next().is_some()) {
            self.shared.members.put(group.clone(), &answer);
        }
        Ok(answer)
    }

    async fn member_ids(
        &self,
        options: &CallOptions,
        group: &GroupId,
    ) -> Result<Lookup<Vec<UserId>>, PortError> {
        let site = CallSite::read(SERVICE, "ListGroupMemberships", format!("group {group}"));
        let mut ids = Vec::new();
        let store = self.store(&site)?;
        let list = || {
            let list = self.shared.store.list_group_memberships();
            list.identity_store_id(store).group_id(group.as_str())
        };
        let call = |token| list().set_next_token(token).send();
        let take = |page: &ListGroupMembershipsOutput| {
            ids.extend(
                page.group_memberships()
                    .iter()
                    .filter_map(|row| match row.member_id() {
                        Some(MemberId::UserId(id)) => Some(UserId::new(id)),
                        _ => None, // AWS knows no other members
                    }),
            );
            Ok(page.next_token().map(Into::into))
        };
        match self.shared.caller.pages(FAMILY, options, &site, call, take).await {
            Ok(()) => (),
            Err(error) if error.class == Class::NotFound => return Ok(Lookup::Absent),
            Err(error) => return Err(error),
        }
        ids.sort();
        ids.dedup(); // pages of a list that changes may overlap
        Ok(Lookup::Found(ids))
    }

    /// Names change rarely: they may come from the cache even where the membership may not.
    async fn named(&self, options: &CallOptions, ids: Vec<UserId>) -> Result<Members, PortError> {
        let names = CallOptions {
            freshness: Freshness::Cached,
            ..options.clone()
        };
        let names = &names;
        let mut people = Vec::with_capacity(ids.len());
        let read = |id: UserId| async move { Directory::user(self, names, &id).await };
        read_each(ids, read, |id, answer| match answer {
            Ok(Aged {
                value: Lookup::Found(user),
                observed_at,
            }) => people.push(Member::Known(aged(user, observed_at))),
            Ok(_) => {} // deleted meanwhile
            Err(error) => people.push(Member::Unreadable {
                id,
                why: error.to_string(),
            }),
        })
        .await?;
        people.sort_by(|one, other| one.id().cmp(other.id()));
        Ok(Members::of(people))
    }
}
