//! What happens, in the order in which it happens.

use std::ffi::OsString;

use kube::api::Api;
use serde_json::Value;
use team_operator::api::{
    AssignmentState, ConditionStatus, ConditionType, ElevationRequest, Phase, Reason, TeamSettings,
};
use team_operator_control_plane::ControlPlane;
use tokio::process::Command;

use crate::kubectl::{Said, kubectl, kubectl_does, run};
use crate::request::{is_in, until_request, words};
use crate::stage::{ALICE, BOB, ERIN, Stage, read};
use crate::timeline::{SAME, Timeline};
use crate::trouble::Trouble;
use crate::waiting::until;

/// Who prepares the cluster: a cluster administrator.
const ADMIN: &str = "admin";
/// The simulated Identity Center.
const AWS: &str = "sandbox";
/// The process `team-operator run`.
const CONTROLLER: &str = "controller";

/// What `examples/request.yaml` asks for.
const ACCOUNT: &str = "111122223333";
const PERMISSION_SET: &str = "DatabaseAdmin";
/// What it asks for in time, and what is asked for here.
const LONG: &str = "duration: 2h";
const SHORT: &str = "duration: 15s";

/// The files that a cluster administrator applies after the installation, and what each is for.
const RULES: [(&str, &str); 4] = [
    (
        "examples/bindings.yaml",
        "gives people their roles: Alice and Bob are developers and leads, Erin is of security",
    ),
    (
        "examples/settings.yaml",
        "writes the rules that hold for every request",
    ),
    (
        "examples/eligibility-policy.yaml",
        "lets Developers ask for DatabaseAdmin in the accounts of Production",
    ),
    (
        "examples/approver-policy.yaml",
        "asks for the approval of one lead and then of one of security",
    ),
];

/// How Bob approves.
const APPROVAL: &str = "examples/approve-json-patch.yaml";

/// How the API server refuses those who approve what they asked for themselves.
const OWN_REQUEST: &str = "nobody decides on their own request";

/// The steps of a request that goes well.
const STEPS: [Phase; 5] = [
    Phase::Pending,
    Phase::Approved,
    Phase::Active,
    Phase::Revoking,
    Phase::Ended,
];

/// A Kubernetes control plane and a simulated Identity Center.
pub async fn opens(timeline: &mut Timeline) -> Result<Stage, Trouble> {
    timeline.comes_to("start a Kubernetes control plane and a simulated Identity Center");
    timeline.print("A cluster and an Identity Center, on this machine alone (times are UTC)\n");
    let stage = Stage::open().await?;
    let version = stage.plane.kubernetes_version();
    let version = version.map_or_else(
        || "Kubernetes".to_owned(),
        |version| format!("Kubernetes {version}"),
    );
    timeline.tell(
        ADMIN,
        &format!("starts a control plane: {version}, with nothing in it"),
    );
    timeline.tell(
        AWS,
        "is a simulated Identity Center: it speaks AWS's own protocol and has the people, groups and accounts of \
         examples/organization.yaml",
    );
    Ok(stage)
}

/// What a cluster administrator does once.
pub async fn installs(timeline: &mut Timeline, stage: &Stage) -> Result<(), Trouble> {
    timeline.comes_to("install team-operator");
    timeline.heading("Installation");
    let manifests = manifests(stage).await?;
    let apply = ["apply", "--server-side", "-f", "-"];
    kubectl_does(&stage.plane, ControlPlane::admin_name(), &apply, &manifests).await?;
    timeline.tell(
        ADMIN,
        "installs the definitions, the roles and the admission policies",
    );
    timeline.tell_command("team-operator manifests | kubectl apply --server-side -f -");
    for (path, what) in RULES {
        timeline.comes_to(format!("apply {path}"));
        // The API server serves new kinds a moment after it has accepted them.
        until(stage, &format!("kubectl apply -f {path} succeeds"), async || {
            let apply = ["apply", "-f", path];
            match kubectl(&stage.plane, ControlPlane::admin_name(), &apply, &[]).await {
                Ok(Said { done: true, .. }) => Ok(()),
                Ok(Said { text, .. }) => Err(text),
                Err(trouble) => Err(trouble.to_string()),
            }
        })
        .await?;
        timeline.tell(ADMIN, what);
        timeline.tell_command(&format!("kubectl apply -f {path}"));
    }
    Ok(())
}

/// What the program prints, without the variables of whoever runs this.
async fn manifests(stage: &Stage) -> Result<Vec<u8>, Trouble> {
    let mut command = Command::new(&stage.team_operator);
    let is_ours = |name: &OsString| name.to_string_lossy().starts_with("TEAM_OPERATOR_");
    for name in std::env::vars_os().map(|(name, _)| name).filter(is_ours) {
        command.env_remove(name);
    }
    command.args(["manifests", &stage.stamping()]);
    let expected = "team-operator manifests prints definitions, roles and admission policies";
    let output = run(command, expected, &[]).await?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(Trouble::new(expected, String::from_utf8_lossy(&output.stderr)))
}

/// The controller starts, proves the admission policies before it relies on them, and looks up what the others name.
pub async fn starts_the_controller(timeline: &mut Timeline, stage: &mut Stage) -> Result<(), Trouble> {
    timeline.comes_to("run the controller until it has proven the admission policies");
    stage.start_controller().await?;
    timeline.tell(CONTROLLER, "starts, with the rights of its own service account");
    let admin = stage
        .plane
        .admin()
        .map_err(Trouble::instead_of("a client for the administrator"))?;
    let settings: Api<TeamSettings> = Api::all(admin);
    let message = until(
        stage,
        "the condition GuardIntact of the settings is True",
        async || {
            let settings = settings.get("default").await.map_err(|error| error.to_string())?;
            let conditions = settings.status.unwrap_or_default().conditions;
            let guard = conditions
                .into_iter()
                .find(|condition| condition.kind == ConditionType::GuardIntact);
            match guard {
                Some(guard) if guard.status == ConditionStatus::True => Ok(guard.message),
                Some(guard) => Err(format!("{:?}, {}: {}", guard.status, guard.reason, guard.message)),
                None => Err("there is no such condition".to_owned()),
            }
        },
    )
    .await?;
    timeline.tell(CONTROLLER, &format!("GuardIntact: {message}"));
    timeline.comes_to("everything that the policies name is there");
    let ready = [
        "wait",
        "eligibilitypolicies,approverpolicies",
        "--all",
        "--for=condition=Ready",
    ];
    let wait = [&ready[..], &["--timeout=50s"]].concat();
    kubectl_does(&stage.plane, ControlPlane::admin_name(), &wait, &[]).await?;
    timeline.tell(ADMIN, "sees that everything is there that the policies name");
    timeline.tell_command(&format!("kubectl {}", ready.join(" ")));
    Ok(())
}

/// Alice asks; the name of her request.
pub async fn asks(timeline: &mut Timeline, stage: &Stage) -> Result<String, Trouble> {
    timeline.comes_to("Alice asks for access");
    timeline.heading("A request, in the namespace access-requests");
    let text = read("examples/request.yaml")?;
    if !text.contains(LONG) {
        return Err(Trouble::new(format!("examples/request.yaml has {LONG:?}"), text));
    }
    let create = ["create", "-o", "name", "-f", "-"];
    let created = kubectl_does(&stage.plane, ALICE, &create, text.replace(LONG, SHORT).as_bytes()).await?;
    let name = created.rsplit('/').next().unwrap_or_default().to_owned();
    timeline.tell(
        "alice",
        &format!("asks for {PERMISSION_SET} in {ACCOUNT} for 15 seconds; her request is {name}"),
    );
    timeline.tell_command(&format!(
        "sed 's/{LONG}/{SHORT}/' examples/request.yaml | kubectl create -f -"
    ));
    timeline.comes_to("the controller says whose approval the request needs");
    let request = until_request(stage, &name, "it waits for approval by Bob", |request| {
        let status = request.status.as_ref()?;
        let waits = status.phase == Some(Phase::Pending) && status.reason == Some(Reason::AwaitingApproval);
        (waits && status.approvers.iter().any(|approver| approver == BOB)).then_some(())
    })
    .await?;
    tell_status(timeline, &request);
    Ok(name)
}

/// Alice may not approve it; Bob and Erin do.
pub async fn approves(timeline: &mut Timeline, stage: &Stage, name: &str) -> Result<(), Trouble> {
    timeline.comes_to("Alice tries to approve her own request, and is refused");
    let said = appends_approval(stage, name, "alice").await?;
    if said.done || !said.text.contains(OWN_REQUEST) {
        return Err(Trouble::new(
            format!("a refusal that says: {OWN_REQUEST}"),
            said.text,
        ));
    }
    timeline.tell(
        "alice",
        "leads too and tries to approve it herself; the API server answers:",
    );
    timeline.tell(SAME, &said.text);
    approves_as(timeline, stage, name, "bob").await?;
    let request = until_request(stage, name, "it waits for security", |request| {
        let status = request.status.as_ref()?;
        let stage = status.review.as_ref()?.current_stage.as_deref();
        (stage == Some("security") && status.approvers.iter().any(|approver| approver == ERIN)).then_some(())
    })
    .await?;
    tell_status(timeline, &request);
    approves_as(timeline, stage, name, "erin").await
}

/// This person approves the request, as its approvers do.
async fn approves_as(timeline: &mut Timeline, stage: &Stage, name: &str, who: &str) -> Result<(), Trouble> {
    timeline.comes_to(format!("{who} approves the request"));
    let said = appends_approval(stage, name, who).await?;
    if !said.done {
        return Err(Trouble::new(format!("{who} may approve {name}"), said.text));
    }
    timeline.tell(who, "approves it");
    timeline.tell_command(&match who {
        "bob" => {
            format!("kubectl patch er {name} --subresource=status --type=json \\\n--patch-file {APPROVAL}")
        }
        _ => format!(
            "sed 's/bob/{who}/' {APPROVAL} |\nkubectl patch er {name} --subresource=status --type=json \\\n\
             --patch-file /dev/stdin"
        ),
    });
    Ok(())
}

/// Appends an approval in the name of this person, as Bob's file says.
async fn appends_approval(stage: &Stage, name: &str, who: &str) -> Result<Said, Trouble> {
    let patch = read(APPROVAL)?.replace("bob", who);
    let append = [
        "patch",
        "er",
        name,
        "--subresource=status",
        "--type=json",
        "--patch-file",
        "/dev/stdin",
    ];
    kubectl(
        &stage.plane,
        &format!("{who}@example.com"),
        &append,
        patch.as_bytes(),
    )
    .await
}

/// Alice has access, in truth.
pub async fn has_access(timeline: &mut Timeline, stage: &Stage, name: &str) -> Result<(), Trouble> {
    timeline.comes_to("the controller gives Alice access");
    timeline.heading("Access");
    let request = until_request(stage, name, "it is Active", is_in(Phase::Active)).await?;
    tell_status(timeline, &request);
    let held = format!("{ALICE} has {PERMISSION_SET} in {ACCOUNT}");
    if !stage.is_assigned(ALICE, PERMISSION_SET, ACCOUNT) {
        return Err(Trouble::new(
            format!("in Identity Center {held}"),
            "no such assignment",
        ));
    }
    timeline.tell(AWS, &held);
    timeline.comes_to("list who has what now, and until when");
    let columns = "custom-columns=USER:.spec.userName,ACCOUNT:.spec.accountName,SET:.spec.permissionSetName,\
                   STATE:.status.state,UNTIL:.status.until";
    let list = ["get", "aa", "-o", columns];
    let table = kubectl_does(&stage.plane, ControlPlane::admin_name(), &list, &[]).await?;
    timeline.tell(
        ADMIN,
        "lists the AccountAssignments: who has what now, and until when",
    );
    timeline.tell_lines(SAME, &lines(&table));
    Ok(())
}

/// It ends by itself, and the access is gone in truth.
pub async fn loses_access(timeline: &mut Timeline, stage: &Stage, name: &str) -> Result<(), Trouble> {
    timeline.comes_to("the controller takes the access away when its time is over");
    let request = until_request(stage, name, "it is Ended", is_in(Phase::Ended)).await?;
    tell_status(timeline, &request);
    if stage.is_assigned(ALICE, PERMISSION_SET, ACCOUNT) {
        let expected = format!("in Identity Center nobody has {PERMISSION_SET} in {ACCOUNT}");
        return Err(Trouble::new(expected, format!("{ALICE} still has it")));
    }
    timeline.tell(
        AWS,
        &format!("{ALICE} no longer has {PERMISSION_SET} in {ACCOUNT}"),
    );
    Ok(())
}

/// What is on record.
pub async fn looks_back(timeline: &mut Timeline, stage: &Stage, name: &str) -> Result<(), Trouble> {
    timeline.comes_to("read the finished request");
    timeline.heading("What is on record");
    let request = until_request(stage, name, "its assignment is Absent", |request| {
        let assignment = request.status.as_ref()?.assignment.as_ref()?;
        (assignment.state == AssignmentState::Absent).then_some(())
    })
    .await?;
    let columns = "custom-columns=PHASE:.status.phase,REASON:.status.reason,FROM:.status.window.startTime,\
                   UNTIL:.status.window.endTime,ASSIGNMENT:.status.assignment.state";
    let table = kubectl_does(&stage.plane, ALICE, &["get", "er", name, "-o", columns], &[]).await?;
    timeline.tell_lines("alice", &lines(&table));
    timeline.comes_to("read the journal");
    let uid = request.metadata.uid.unwrap_or_default();
    let expected = format!("the journal says {}", STEPS.map(Phase::as_str).join(", "));
    let lines = until(stage, &expected, async || {
        let text = std::fs::read_to_string(stage.journal()).map_err(|error| error.to_string())?;
        let lines: Vec<Value> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let steps: Vec<Value> = lines
            .into_iter()
            .filter(|line| line["entry"]["request"]["uid"] == *uid && line["entry"]["step"].is_object())
            .filter(|line| line["entry"]["step"]["stage"].is_null())
            .collect();
        let names: Vec<&str> = steps
            .iter()
            .filter_map(|line| line["entry"]["step"]["phase"].as_str())
            .collect();
        let complete = names == STEPS.map(Phase::as_str);
        if complete {
            Ok(steps)
        } else {
            Err(names.join(", "))
        }
    })
    .await?;
    let lines: Vec<String> = lines.iter().map(journal_line).collect();
    timeline.tell_lines("journal", &lines);
    timeline.tell(
        "",
        "(one JSON object each, with the facts, policies and verdicts that it rests on)",
    );
    Ok(())
}

/// The lines of a table.
fn lines(table: &str) -> Vec<String> {
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// The essence of one line of the journal.
fn journal_line(line: &Value) -> String {
    let word = |field: &str| {
        line["entry"]["step"][field]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let by = match word("by") {
        nobody if nobody.is_empty() => nobody,
        person => format!("by {person}"),
    };
    let text = format!("{}  {:9} {:18} {by}", word("time"), word("phase"), word("reason"));
    text.trim_end().to_owned()
}

/// Tells what the controller says about a request.
fn tell_status(timeline: &Timeline, request: &ElevationRequest) {
    timeline.tell(CONTROLLER, &words(request));
}
