//! What people can do who leave everything running.

use team_operator_control_plane::ControlPlane;

use crate::kubectl::NAMESPACE;
use crate::stage::{ALICE, BOB, ERIN, Stage};
use crate::timeline::Timeline;
use crate::trouble::Trouble;

/// Says how to play with what runs.
pub fn open(timeline: &Timeline, stage: &Stage) -> Result<(), Trouble> {
    let mut exports = Vec::new();
    for (person, short, note) in [
        (ALICE, "alice", "Alice: developer and lead"),
        (BOB, "bob", "Bob: developer and lead"),
        (ERIN, "erin", "Erin: security"),
        (ControlPlane::admin_name(), "admin", "a cluster administrator"),
    ] {
        let file = stage.kubeconfig(person, short)?;
        exports.push(format!(
            "  export KUBECONFIG={:<width$}  # {note}",
            file.display(),
            width = 54
        ));
    }
    let exports = exports.join("\n");
    let kubectl = stage
        .plane
        .kubectl(ALICE)
        .map_err(Trouble::instead_of("kubectl"))?;
    let kubectl = kubectl.get_program().display();
    let (endpoint, log, journal) = (stage.sandbox.endpoint(), stage.controllers_log(), stage.journal());
    let (log, journal) = (log.display(), journal.display());
    timeline.print(&format!(
        "
Everything runs until you press Ctrl-C. In other terminals, in the folder of the repository:

  alias kubectl='{kubectl} --namespace {NAMESPACE}'

who you are:
{exports}

what to try; NAME is the name that `create` prints:
  kubectl create -f examples/eligibility-review.yaml    # as Alice: may I ask for this? kubectl get elr -o yaml says
  kubectl create -f examples/request.yaml               # as Alice: two hours of access
  kubectl get er -o wide                                # what it waits for
  kubectl get aa                                        # as administrator: who has what now, and until when
  kubectl patch er NAME --subresource=status --type=json --patch-file examples/approve-json-patch.yaml    # as Bob
  sed s/bob/erin/ examples/approve-json-patch.yaml |
    kubectl patch er NAME --subresource=status --type=json --patch-file /dev/stdin    # as Erin, after Bob
  kubectl patch er NAME --subresource=status --type=json --patch-file examples/revoke.yaml    # as Erin: stop it at once
  kubectl patch er NAME --type=merge --patch-file examples/cancel.yaml    # as Alice: end it early
  kubectl delete er NAME                                # as administrator: refused, and it says what to do instead
  kubectl get events                                    # as administrator: what happened

The simulated Identity Center:
  curl {endpoint}/sandbox/assignments    # what is assigned now
  curl {endpoint}/sandbox/               # everything else that can be looked at, changed and broken

logs:
  tail -f {log}
  tail -f {journal}
"
    ));
    Ok(())
}
