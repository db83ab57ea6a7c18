//! Messages as Slack's blocks. What is foreign stands in plain text alone, where Slack reads no markup.

use serde_json::{Value, json};

use crate::api::Timestamp;
use crate::domain::notification::{MessageFacts, lines};

/// The longest text of one field.
const LONGEST_FIELD: usize = 1900;
/// How many fields one section takes.
const FIELDS: usize = 10;

/// Everything.
pub(super) fn blocks(facts: &MessageFacts) -> Value {
    let mut blocks = vec![plain_section(&facts.headline)];
    let fields: Vec<Value> = lines(facts)
        .into_iter()
        .filter(|(label, _)| *label != "Link")
        .map(|(label, value)| plain(&format!("{label}: {value}"), LONGEST_FIELD))
        .collect();
    for some in fields.chunks(FIELDS) {
        blocks.push(json!({ "type": "section", "fields": some }));
    }
    let deadline = facts.approval.as_ref().and_then(|approval| approval.deadline);
    let end = facts.access.as_ref().and_then(|access| access.end_time);
    for (label, time) in [("Expires", deadline), ("Ends", end)] {
        if let Some(time) = time {
            blocks.push(context(&format!("{label} {}", date(time))));
        }
    }
    // Our own words, with names that Kubernetes checked.
    let next: Vec<String> = facts.next.iter().map(|line| escaped(line) + "\n").collect();
    let next = next.concat();
    blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": format!("```{next}```") } }));
    if let Some(link) = &facts.link {
        blocks.push(context(&format!("<{}|Open>", escaped(link).replace('|', "%7C"))));
    }
    let about = format!("{} As of {}. {}", facts.why, facts.as_of, facts.about.uid);
    blocks.push(json!({ "type": "context", "elements": [plain(&about, LONGEST_FIELD)] }));
    json!(blocks)
}

/// What somebody sees who can no longer decide.
pub(super) fn closing_blocks(facts: &MessageFacts) -> Value {
    let name = &facts.about.name;
    json!([plain_section(&format!(
        "The request {name} no longer awaits you."
    ))])
}

fn plain_section(text: &str) -> Value {
    json!({ "type": "section", "text": plain(text, 2900) })
}

fn plain(text: &str, longest: usize) -> Value {
    let text: String = text.chars().take(longest).collect();
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text }] })
}

/// In the reader's own time zone.
fn date(time: Timestamp) -> String {
    format!(
        "<!date^{}^{{date_short_pretty}} {{time}}|{time}>",
        time.unix_seconds()
    )
}

/// Text in which Slack reads no mention, link or entity.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_of_a_message_are_the_golden_ones() {
        let (_, facts) = super::super::samples::message();
        super::super::samples::is_golden("slack.json", &blocks(&facts));
    }
}
