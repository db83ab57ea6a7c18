//! What a machine wants people to know.

use super::context::Context;
use super::measure;
use super::report::Report;
use super::requests::StoredRequest;
use crate::domain::Notice;

/// Tells people; nobody waits for it.
pub fn tell(context: &Context, record: Option<&str>, request: Option<&StoredRequest>, notices: Vec<Notice>) {
    for notice in notices {
        match (notice, request) {
            (Notice::Transition(transition), Some(request)) => {
                measure::transition(&context.metrics, request, &transition);
                context.report.transition(request, &transition);
            }
            (Notice::Transition(_), None) => {}
            (Notice::Alert(alert), Some(request)) => {
                if context.memory.should_alert(request.uid(), alert.reason.as_str()) {
                    context.metrics.alert(alert.reason);
                    context.report.alert(request, &alert, context.now());
                }
            }
            (Notice::Alert(alert), None) => context.record_alert(record.unwrap_or_default(), &alert),
            (Notice::RecordStep(step), _) => {
                measure::record_step(&context.metrics, &step);
                Report::record_step(&step);
            }
        }
    }
}
