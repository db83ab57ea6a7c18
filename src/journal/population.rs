//! What a journal tells of each request: who had what and when, who let them, and how it ended.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::findings::Committed;
use super::line;

/// The version of the columns of a list.
pub const COLUMNS_VERSION: u32 = 1;

/// One request, as its lines tell it. Times are as they were stored: UTC, RFC 3339.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its uid.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created: String,
    /// The Kubernetes user name of the requester.
    pub requester: String,
    /// The requester's id in Identity Center.
    pub user_id: String,
    /// The account.
    pub account_id: String,
    /// Its name.
    pub account_name: String,
    /// The permission set.
    pub permission_set: String,
    /// Why, in the requester's words.
    pub justification: String,
    /// The ticket.
    pub ticket_number: String,
    /// The EligibilityPolicy.
    pub eligibility_policy: String,
    /// The ApproverPolicy.
    pub approver_policy: String,
    /// Whose approvals were counted.
    pub approvers: String,
    /// The newest phase.
    pub phase: String,
    /// Why it is in that phase.
    pub reason: String,
    /// Whose act brought it there.
    pub by: String,
    /// From when on there was access.
    pub access_from: String,
    /// Until when there was access: when AWS confirmed its end, or when it is to end.
    pub access_until: String,
    /// Until when issued credentials may have worked.
    pub credentials_until: String,
    /// The tree of its newest line.
    pub origin: String,
    /// The index of its first line.
    pub first_index: u64,
    /// The index of its newest line.
    pub last_index: u64,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The requester.
    pub person: Option<String>,
    /// The account, by id or name.
    pub account: Option<String>,
    /// The permission set.
    pub permission_set: Option<String>,
    /// An EligibilityPolicy or ApproverPolicy.
    pub policy: Option<String>,
    /// The newest phase.
    pub outcome: Option<String>,
    /// Not before this time.
    pub from: Option<String>,
    /// Not after this time.
    pub to: Option<String>,
    /// Times are those of access, and not of the request's creation.
    pub by_access: bool,
}

impl Filter {
    /// Whether a request is asked for.
    pub fn takes(&self, row: &Row) -> bool {
        let is = |wanted: &Option<String>, values: &[&String]| {
            wanted.as_ref().is_none_or(|wanted| values.contains(&wanted))
        };
        let (begin, end) = if self.by_access {
            if row.access_from.is_empty() {
                return false;
            }
            (&row.access_from, &row.access_until)
        } else {
            (&row.created, &row.created)
        };
        // RFC 3339 in UTC and whole seconds: the order of the texts is that of the times.
        let overlaps = self
            .from
            .as_ref()
            .is_none_or(|from| end.is_empty() || end >= from)
            && self.to.as_ref().is_none_or(|to| begin <= to);
        overlaps
            && is(&self.person, &[&row.requester, &row.user_id])
            && is(&self.account, &[&row.account_id, &row.account_name])
            && is(&self.permission_set, &[&row.permission_set])
            && is(&self.policy, &[&row.eligibility_policy, &row.approver_policy])
            && is(&self.outcome, &[&row.phase])
    }
}

/// Every request that the lines tell of.
#[derive(Debug, Default)]
pub struct Population {
    rows: BTreeMap<String, (i64, Row)>,
    /// Steps of one request that are told in two ways.
    pub forked: Vec<String>,
    told: BTreeMap<(String, i64), u64>,
}

impl Population {
    /// Takes in a line.
    pub fn take(&mut self, committed: &Committed<'_>) {
        let Some(content) = line::content(committed.bytes).filter(|content| content["kind"] == "RequestStep")
        else {
            return;
        };
        let Some((uid, sequence)) = content["key"]["uid"]
            .as_str()
            .zip(content["key"]["sequence"].as_i64())
        else {
            return;
        };
        if self.is_forked(uid, sequence, &content["entry"]) {
            self.forked.push(format!(
                "Step {sequence} of request {uid} is told in two ways; the second is line {} of {}.",
                committed.index, committed.origin
            ));
        }
        let (newest, row) = self.rows.entry(uid.to_owned()).or_insert_with(|| {
            let row = Row {
                uid: uid.to_owned(),
                first_index: committed.index,
                ..Row::default()
            };
            (0, row)
        });
        row.last_index = committed.index;
        committed.origin.clone_into(&mut row.origin);
        if sequence >= *newest {
            *newest = sequence;
            tell(row, &content);
        }
    }

    fn is_forked(&mut self, uid: &str, sequence: i64, entry: &Value) -> bool {
        let hash = super::tree::leaf_hash(entry.to_string().as_bytes());
        let mut short = [0; 8];
        short.copy_from_slice(&hash[..8]);
        let digest = u64::from_be_bytes(short);
        let known = self.told.entry((uid.to_owned(), sequence)).or_insert(digest);
        *known != digest
    }

    /// The requests that are asked for, in the order of their creation.
    pub fn rows(&self, filter: &Filter) -> Vec<&Row> {
        let rows = self.rows.values().map(|(_, row)| row);
        let mut rows: Vec<&Row> = rows.filter(|row| filter.takes(row)).collect();
        rows.sort_by(|one, other| (&one.created, &one.uid).cmp(&(&other.created, &other.uid)));
        rows
    }

    /// How many requests there are in all.
    pub fn count(&self) -> usize {
        self.rows.len()
    }
}

fn tell(row: &mut Row, content: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (entry, facts) = (&content["entry"], &content["facts"]);
    let (spec, step) = (&facts["spec"], &entry["step"]);
    row.namespace = text(&entry["request"]["namespace"]);
    row.name = text(&entry["request"]["name"]);
    row.created = text(&facts["created"]);
    row.requester = text(&spec["requester"]);
    row.user_id = text(&facts["requester"]["userId"]);
    row.account_id = text(&spec["accountId"]);
    row.account_name = text(&facts["access"]["accountName"]);
    row.permission_set = text(&spec["permissionSet"]);
    row.justification = text(&spec["justification"]);
    row.ticket_number = text(&spec["ticketNumber"]);
    row.eligibility_policy = text(&facts["eligibilityPolicy"]["policy"]);
    row.approver_policy = text(&facts["approverPolicy"]["name"]);
    let verdicts = facts["verdicts"].as_array().into_iter().flatten();
    let counted = verdicts.filter(|one| one["counted"] == true && one["decision"] == "Approved");
    let approvers: Vec<String> = counted.map(|one| text(&one["approver"])).collect();
    row.approvers = approvers.join(" ");
    row.phase = text(&step["phase"]);
    row.reason = text(&step["reason"]);
    row.by = text(&step["by"]);
    row.access_from = text(&facts["window"]["startTime"]);
    let gone = &facts["assignment"]["goneTime"];
    let until = if row.access_from.is_empty() {
        &Value::Null
    } else {
        &facts["window"]["endTime"]
    };
    row.access_until = text(if gone.is_null() || row.access_from.is_empty() {
        until
    } else {
        gone
    });
    row.credentials_until = text(&facts["assignment"]["credentialsExpiryTime"]);
}

/// Rows as CSV (RFC 4180), with a first line of column names that ends with the version of the columns.
pub fn csv(rows: &[&Row]) -> String {
    let mut text = String::new();
    let columns: Vec<String> = fields(&Row::default())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    // Writing to a String cannot fail.
    let _ = write!(text, "{},schemaVersion\r\n", columns.join(","));
    for row in rows {
        let cells: Vec<String> = fields(row).iter().map(|(_, value)| cell(value)).collect();
        let _ = write!(text, "{},{COLUMNS_VERSION}\r\n", cells.join(","));
    }
    text
}

/// The columns in their order, which never changes within a version.
fn fields(row: &Row) -> Vec<(String, String)> {
    let columns = [
        ("uid", row.uid.clone()),
        ("namespace", row.namespace.clone()),
        ("name", row.name.clone()),
        ("created", row.created.clone()),
        ("requester", row.requester.clone()),
        ("userId", row.user_id.clone()),
        ("accountId", row.account_id.clone()),
        ("accountName", row.account_name.clone()),
        ("permissionSet", row.permission_set.clone()),
        ("justification", row.justification.clone()),
        ("ticketNumber", row.ticket_number.clone()),
        ("eligibilityPolicy", row.eligibility_policy.clone()),
        ("approverPolicy", row.approver_policy.clone()),
        ("approvers", row.approvers.clone()),
        ("phase", row.phase.clone()),
        ("reason", row.reason.clone()),
        ("by", row.by.clone()),
        ("accessFrom", row.access_from.clone()),
        ("accessUntil", row.access_until.clone()),
        ("credentialsUntil", row.credentials_until.clone()),
        ("origin", row.origin.clone()),
        ("firstIndex", row.first_index.to_string()),
        ("lastIndex", row.last_index.to_string()),
    ];
    columns.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// A cell of a CSV file. One that a spreadsheet would take for a formula begins with an apostrophe.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let plain = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if plain.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", plain.replace('"', "\"\""))
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_calculate_is_text() {
        for formula in ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"] {
            assert!(
                cell(formula).trim_start_matches('"').starts_with('\''),
                "{formula:?}"
            );
        }
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("plain"), "plain");
    }

    #[test]
    fn access_is_found_by_the_time_that_it_overlaps() {
        let row = Row {
            created: "2026-12-01T08:00:00Z".to_owned(),
            access_from: "2026-12-01T09:00:00Z".to_owned(),
            access_until: "2026-12-01T11:00:00Z".to_owned(),
            ..Row::default()
        };
        let takes = |from: &str, to: &str, by_access| {
            let filter = Filter {
                from: Some(from.to_owned()),
                to: Some(to.to_owned()),
                by_access,
                ..Filter::default()
            };
            filter.takes(&row)
        };
        assert!(takes("2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z", true));
        assert!(!takes("2026-12-01T11:00:01Z", "2026-12-01T12:00:00Z", true));
        assert!(!takes("2026-12-01T08:00:01Z", "2026-12-01T12:00:00Z", false));
        assert!(takes("2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z", false));
    }
}
