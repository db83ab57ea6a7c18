//! Lists in pages, sometimes empty ones, with continuations.

use super::operation::Paging;
use super::reply::ServiceError;
use super::world::World;

/// One page and the continuation, if there is more.
pub(super) type Page<T> = (Vec<T>, Option<String>);

/// Sso-admin and identitystore give at most this many rows.
pub(super) const PAGE: usize = 100;
/// Organizations gives at most this many rows.
pub(super) const ORGANIZATIONS_PAGE: usize = 20;

const TOKEN_PREFIX: &str = "sandbox-page-";

impl World {
    /// Cuts the page that is asked for. Every so many-th first page is empty and has a continuation.
    pub(super) fn page<T>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        paging: &Paging,
        cap: usize,
    ) -> Result<Page<T>, ServiceError> {
        let start = if let Some(token) = &paging.next_token {
            let offset = token
                .strip_prefix(TOKEN_PREFIX)
                .and_then(|offset| offset.parse::<usize>().ok());
            offset.ok_or_else(|| ServiceError::invalid("The NextToken is not valid."))?
        } else if self.first_page_is_empty() {
            return Ok((Vec::new(), Some(format!("{TOKEN_PREFIX}0"))));
        } else {
            0
        };
        let size = paging.max_results.unwrap_or(cap).clamp(1, cap);
        let mut rows: Vec<T> = rows.into_iter().skip(start).take(size + 1).collect();
        let more = rows.len() > size;
        rows.truncate(size);
        Ok((rows, more.then(|| format!("{TOKEN_PREFIX}{}", start + size))))
    }

    fn first_page_is_empty(&mut self) -> bool {
        self.lists_begun += 1;
        let every = u64::from(self.settings.empty_page_every);
        every > 0 && self.lists_begun.is_multiple_of(every)
    }
}
