//! From what people call an account or a permission set to the one that is meant.

use std::collections::BTreeMap;

use crate::api::{AccountId, EligibilityReviewStatus, EligibleAccount, PermissionSetName};
use crate::cli::failure::{Failure, Kind};

/// How many similar names are offered.
const OFFERED: usize = 3;

/// How similar a name has to be to be offered, from 0 to 1.
const SIMILAR: f64 = 0.75;

/// What was meant, and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<T> {
    /// Named in full.
    Exact(T),
    /// The only one that begins so: a person confirms it.
    Prefix(T),
}

impl<T> Match<T> {
    /// What was meant, where beginnings of names will do.
    pub fn accepted(self, prefixes: bool, wish: &str, full: impl Fn(&T) -> String) -> Result<T, Failure> {
        match self {
            Match::Exact(meant) => Ok(meant),
            Match::Prefix(meant) if prefixes => Ok(meant),
            Match::Prefix(meant) => Err(Failure::new(
                Kind::NotFound,
                format!(
                    "{wish:?} is only the beginning of {}, and nobody confirms it here.",
                    full(&meant)
                ),
            )
            .advise("Without a terminal, and with -y, give the id or the whole name.")),
        }
    }
}

/// The account that is meant.
pub fn account(wish: &str, answer: &EligibilityReviewStatus) -> Result<Match<EligibleAccount>, Failure> {
    let mut accounts: BTreeMap<&AccountId, &EligibleAccount> = BTreeMap::new();
    for entry in &answer.entries {
        accounts.extend(entry.accounts.iter().map(|account| (&account.id, account)));
    }
    let name = |account: &EligibleAccount| account.name.clone();
    let full = |account: &EligibleAccount| format!("{} ({})", account.name, account.id);
    let accounts: Vec<&EligibleAccount> = accounts.into_values().collect();
    if let Some(found) = accounts.iter().find(|account| account.id.as_str() == wish) {
        return Ok(Match::Exact((*found).clone()));
    }
    let known = Known {
        what: "account",
        all: &accounts,
        answer,
    };
    known.meant(wish, name, full)
}

/// The permission set that is meant, in this account.
pub fn permission_set(
    wish: &str,
    account: &AccountId,
    answer: &EligibilityReviewStatus,
) -> Result<Match<PermissionSetName>, Failure> {
    let mut sets: Vec<&PermissionSetName> = Vec::new();
    for entry in &answer.entries {
        if entry.accounts.iter().any(|covered| covered.id == *account) {
            sets.extend(&entry.permission_sets);
        }
    }
    sets.sort();
    sets.dedup();
    let known = Known {
        what: "permission set",
        all: &sets,
        answer,
    };
    known.meant(wish, PermissionSetName::to_string, PermissionSetName::to_string)
}

/// What a fresh answer knows.
struct Known<'a, T> {
    what: &'static str,
    all: &'a [&'a T],
    answer: &'a EligibilityReviewStatus,
}

impl<T: Clone> Known<'_, T> {
    fn meant(
        &self,
        wish: &str,
        name: impl Fn(&T) -> String,
        full: impl Fn(&T) -> String,
    ) -> Result<Match<T>, Failure> {
        let what = self.what;
        if self.answer.truncated {
            let id = if what == "account" {
                "twelve-digit id"
            } else {
                "whole name, and the account by its id"
            };
            return Err(Failure::new(
                Kind::NotFound,
                format!(
                    "The list of what you may request is cut, so that {wish:?} cannot be looked up in it."
                ),
            )
            .advise(format!("Give the {what} by its {id}.")));
        }
        let exact: Vec<&&T> = self.all.iter().filter(|known| name(known) == wish).collect();
        let begins: Vec<&&T> = self
            .all
            .iter()
            .filter(|known| name(known).starts_with(wish))
            .collect();
        let several = |fitting: &[&&T]| {
            let shown: Vec<String> = fitting.iter().take(5).map(|known| full(known)).collect();
            let more = if fitting.len() > 5 { ", …" } else { "" };
            Failure::new(
                Kind::NotFound,
                format!(
                    "{wish:?} fits {} {what}s: {}{more}.",
                    fitting.len(),
                    shown.join(", ")
                ),
            )
            .advise("Give the id or the whole name.")
        };
        match (exact.as_slice(), begins.as_slice()) {
            ([one], _) => Ok(Match::Exact((**one).clone())),
            ([], [one]) if !wish.is_empty() => Ok(Match::Prefix((**one).clone())),
            ([], [] | [_]) => Err(self.unknown(wish, name, full)),
            ([], fitting) | (fitting, _) => Err(several(fitting)),
        }
    }

    fn unknown(&self, wish: &str, name: impl Fn(&T) -> String, full: impl Fn(&T) -> String) -> Failure {
        let what = self.what;
        let mut similar: Vec<(f64, String)> = self
            .all
            .iter()
            .map(|known| {
                (
                    strsim::jaro_winkler(&wish.to_lowercase(), &name(known).to_lowercase()),
                    full(known),
                )
            })
            .filter(|(similarity, _)| *similarity >= SIMILAR)
            .collect();
        similar.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let nearest: Vec<String> = similar.into_iter().take(OFFERED).map(|(_, name)| name).collect();
        let failure = Failure::new(Kind::NotFound, format!("You may request no {what} {wish:?}."));
        if nearest.is_empty() {
            failure.advise("`eligible` lists what you may request.")
        } else {
            failure.advise(format!("Did you mean {}?", nearest.join(" or ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EligibilityEntry;

    fn answer(truncated: bool) -> EligibilityReviewStatus {
        let account = |id: &str, name: &str| EligibleAccount {
            id: AccountId::parse(id).unwrap(),
            name: name.to_owned(),
            ou_path: "Root/Production".to_owned(),
        };
        EligibilityReviewStatus {
            complete: true,
            truncated,
            entries: vec![EligibilityEntry {
                policy: "production".to_owned(),
                accounts: vec![
                    account("111122223333", "orders"),
                    account("444444444444", "orders-archive"),
                    account("555555555555", "ledger"),
                    account("666666666666", "twin"),
                    account("777777777777", "twin"),
                ],
                permission_sets: vec![
                    PermissionSetName::parse("DatabaseAdmin").unwrap(),
                    PermissionSetName::parse("ReadOnlyAccess").unwrap(),
                ],
                max_duration: HumanDuration::from_hours(8),
                approval_required: true,
                stages: vec![],
            }],
            ..EligibilityReviewStatus::default()
        }
    }
    use crate::api::HumanDuration;

    fn meant(wish: &str) -> Result<(bool, String), Failure> {
        account(wish, &answer(false)).map(|found| match found {
            Match::Exact(account) => (true, account.id.to_string()),
            Match::Prefix(account) => (false, account.id.to_string()),
        })
    }

    #[test]
    fn an_id_comes_before_an_exact_name_before_a_beginning() {
        for (wish, exact, id) in [
            ("111122223333", true, "111122223333"),
            ("orders", true, "111122223333"),
            ("orders-a", false, "444444444444"),
            ("led", false, "555555555555"),
        ] {
            assert_eq!(meant(wish).unwrap(), (exact, id.to_owned()), "{wish}");
        }
    }

    #[test]
    fn what_is_unknown_or_fits_two_is_explained() {
        for (wish, says) in [
            (
                "twin",
                "fits 2 accounts: twin (666666666666), twin (777777777777)",
            ),
            ("o", "fits 2 accounts"),
            ("ordres", "Did you mean orders (111122223333)"),
            ("zzz", "`eligible` lists"),
            ("", "fits 5 accounts"),
        ] {
            let failure = meant(wish).unwrap_err();
            assert_eq!(failure.kind, Kind::NotFound);
            assert!(failure.to_string().contains(says), "{wish}: {failure}");
        }
    }

    #[test]
    fn a_cut_list_never_means_that_there_is_no_such_account() {
        let failure = account("ledger", &answer(true)).unwrap_err().to_string();
        assert!(
            failure.contains("is cut") && failure.contains("twelve-digit id"),
            "{failure}"
        );
        let by_id = account("555555555555", &answer(true)).unwrap();
        assert!(matches!(by_id, Match::Exact(_)), "an id is exact in any list");
    }

    #[test]
    fn a_permission_set_is_looked_up_in_its_account() {
        let orders = AccountId::parse("111122223333").unwrap();
        let found = permission_set("Data", &orders, &answer(false)).unwrap();
        assert_eq!(
            found,
            Match::Prefix(PermissionSetName::parse("DatabaseAdmin").unwrap())
        );
        let elsewhere = AccountId::parse("999999999999").unwrap();
        assert!(permission_set("DatabaseAdmin", &elsewhere, &answer(false)).is_err());
    }

    #[test]
    fn a_beginning_needs_somebody_who_confirms_it() {
        let found = account("led", &answer(false)).unwrap();
        assert!(found.clone().accepted(true, "led", |a| a.name.clone()).is_ok());
        let failure = found.accepted(false, "led", |a| a.name.clone()).unwrap_err();
        assert!(
            failure.to_string().contains("only the beginning of ledger"),
            "{failure}"
        );
    }
}
