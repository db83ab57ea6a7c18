//! Makes a run that breaks a law shorter, for the person who has to understand it.

use crate::laws::Violation;
use crate::plan::{Event, Item, Plan, Wait};
use crate::sabotage::Sabotage;
use crate::sim::Sim;

/// A run that breaks a law, as short as it was made.
pub(crate) struct Shrunk {
    pub(crate) plan: Plan,
    pub(crate) violation: Violation,
    /// What happens in it.
    pub(crate) story: Vec<String>,
}

/// Leaves out whatever is not needed to break the same law.
pub(crate) fn shrink(plan: &Plan, law: &'static str, sabotage: Option<Sabotage>) -> Shrunk {
    let breaks =
        |plan: &Plan| matches!(Sim::new(plan, sabotage, false).run(plan), Err(found) if found.law == law);
    let mut plan = plan.clone();
    loop {
        let before = plan.items.len();
        let mut size = plan.items.len().div_ceil(2);
        while size > 0 {
            leave_out(&mut plan, size, &breaks);
            size /= 2;
        }
        if plan.items.len() == before {
            break;
        }
    }
    shorten_waits(&mut plan, &breaks);
    let mut sim = Sim::new(&plan, sabotage, true);
    let violation = sim
        .run(&plan)
        .expect_err("what was made shorter still breaks the law");
    Shrunk {
        plan,
        violation,
        story: sim.story.unwrap_or_default(),
    }
}

/// Tries to do without so many items in a row, everywhere; their waits may be needed where they are not.
fn leave_out(plan: &mut Plan, size: usize, breaks: &impl Fn(&Plan) -> bool) {
    let mut at = 0;
    while at < plan.items.len() {
        let end = (at + size).min(plan.items.len());
        let mut without = plan.clone();
        without.items.drain(at..end);
        if breaks(&without) {
            *plan = without;
            continue;
        }
        let only_waits = plan.items[at..end]
            .iter()
            .all(|item| matches!(item.event, Event::Nothing));
        if !only_waits {
            let mut waiting = plan.clone();
            for item in &mut waiting.items[at..end] {
                item.event = Event::Nothing;
            }
            if breaks(&waiting) {
                *plan = waiting;
            }
        }
        at = end;
    }
}

fn shorten_waits(plan: &mut Plan, breaks: &impl Fn(&Plan) -> bool) {
    for at in 0..plan.items.len() {
        for wait in [Wait::Steps(0), Wait::Seconds(1), Wait::Seconds(60)] {
            if plan.items[at].wait == wait {
                break;
            }
            let mut shorter = plan.clone();
            shorter.items[at] = Item {
                wait,
                event: plan.items[at].event.clone(),
            };
            if breaks(&shorter) {
                *plan = shorter;
                break;
            }
        }
    }
}
