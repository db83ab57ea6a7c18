//! The definitions in `crds/`, and the pictures of phases and states in ARCHITECTURE.md, are what the types say; definitions keep
//! to what Kubernetes and its users expect of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use team_operator::api;

#[test]
fn the_definitions_in_crds_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    let mut expected = BTreeMap::new();
    for crd in api::all_crds() {
        expected.insert(api::crd_file_name(&crd), serde_saphyr::to_string(&crd).unwrap());
    }
    if std::env::var_os("UPDATE").is_some() {
        for (file, text) in &expected {
            std::fs::write(folder.join(file), text).unwrap();
        }
    }
    let files = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let found: BTreeMap<_, _> = files
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    for name in expected.keys().chain(found.keys()) {
        let same = expected.get(name) == found.get(name);
        assert!(
            same,
            "crds/{name} is not what the types say: run UPDATE=1 cargo test --test crds"
        );
    }
}

#[test]
fn the_pictures_of_phases_and_states_are_those_of_the_tables() {
    let phases = picture(
        api::Phase::FIRST,
        api::Phase::ALL.map(|phase| (phase, phase.next())).as_slice(),
        |phase| phase.is_terminal(),
    );
    let states = picture(
        &[api::AssignmentState::Absent],
        api::AssignmentState::ALL
            .map(|state| (state, state.next()))
            .as_slice(),
        |state| *state == api::AssignmentState::Absent,
    );
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut expected = text.clone();
    for (name, picture) in [("phases", phases), ("states", states)] {
        let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
        let from = expected.find(&begin).unwrap() + begin.len();
        let to = expected.find(&end).unwrap();
        expected.replace_range(from..to, &picture);
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &expected).unwrap();
    }
    assert!(
        text == expected,
        "a picture in ARCHITECTURE.md is not what the types say: run UPDATE=1 cargo test --test crds"
    );
}

/// A diagram for Mermaid: where one begins, what follows what, and where one ends.
fn picture<T: std::fmt::Debug>(first: &[T], steps: &[(T, &[T])], is_last: impl Fn(&T) -> bool) -> String {
    let begins = first.iter().map(|state| format!("    [*] --> {state:?}\n"));
    let follow = steps
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| format!("    {from:?} --> {to:?}\n")));
    let ends = steps
        .iter()
        .map(|(state, _)| state)
        .filter(|state| is_last(state));
    let ends = ends.map(|state| format!("    {state:?} --> [*]\n"));
    let lines: String = begins.chain(follow).chain(ends).collect();
    format!("```mermaid\nstateDiagram-v2\n{lines}```\n")
}

#[test]
fn the_published_schema_of_messages_is_that_of_the_types() {
    let schema = schemars::schema_for!(team_operator::domain::notification::MessageFacts);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/notification.v1.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&file).unwrap_or_default() == text,
        "docs/schemas is not what the types say: run UPDATE=1 cargo test --test crds"
    );
}

#[test]
fn every_field_has_a_description_that_ends_as_a_sentence() {
    for_every_field(|path, schema| {
        let description = schema["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{path}: {description:?}");
        assert!(!description.contains('\n'), "{path}: {description:?}");
    });
}

#[test]
fn every_string_and_list_has_a_limit() {
    for_every_node(|path, schema| match schema["type"].as_str() {
        Some("string") => {
            let limited = ["maxLength", "enum", "format"]
                .iter()
                .any(|limit| !schema[*limit].is_null());
            assert!(limited, "{path} may be as long as it likes");
        }
        Some("array") => assert!(schema["maxItems"].is_u64(), "{path} may be as long as it likes"),
        _ => {}
    });
}

#[test]
fn every_list_that_people_write_says_how_it_is_merged() {
    for_every_node(|path, schema| {
        let by_people = path.contains(".spec.") || path.ends_with(".approvals");
        if schema["type"] == "array" && by_people {
            let expected = if path.ends_with(".approvals") {
                "map"
            } else {
                "atomic"
            };
            assert_eq!(schema["x-kubernetes-list-type"], expected, "{path}");
        }
    });
}

#[test]
fn decisions_are_keyed_by_who_and_what_and_conditions_by_their_type() {
    let mut conditions = 0;
    for_every_node(|path, schema| {
        if path.ends_with(".conditions") {
            conditions += 1;
            assert_eq!(schema["x-kubernetes-list-type"], "map", "{path}");
            assert_eq!(schema["x-kubernetes-list-map-keys"], json!(["type"]), "{path}");
        }
        if path.ends_with(".approvals") || path.ends_with(".verdicts") {
            assert_eq!(
                schema["x-kubernetes-list-map-keys"],
                json!(["approver", "decision"]),
                "{path}"
            );
        }
    });
    assert_eq!(
        conditions, 5,
        "requests, both policies, settings and channels have conditions"
    );
}

#[test]
fn nothing_is_nullable_and_numbers_are_of_formats_that_kubernetes_knows() {
    for_every_node(|path, schema| {
        assert!(schema["nullable"].is_null(), "{path} is nullable");
        let format = schema["format"].as_str().unwrap_or("int32");
        assert!(
            ["int32", "int64", "date-time"].contains(&format),
            "{path}: {format}"
        );
        for bound in ["minimum", "maximum"] {
            assert!(!schema[bound].is_f64(), "{path}: {bound} {}", schema[bound]);
        }
    });
}

#[test]
fn names_and_scopes_are_those_of_the_product() {
    for (kind, plural, scope, short) in [
        (
            "ElevationRequest",
            "elevationrequests",
            "Namespaced",
            json!(["er"]),
        ),
        ("EligibilityPolicy", "eligibilitypolicies", "Cluster", Value::Null),
        ("ApproverPolicy", "approverpolicies", "Cluster", Value::Null),
        ("TeamSettings", "teamsettings", "Cluster", Value::Null),
        (
            "EligibilityReview",
            "eligibilityreviews",
            "Namespaced",
            json!(["elr"]),
        ),
        (
            "AccountAssignment",
            "accountassignments",
            "Cluster",
            json!(["aa"]),
        ),
        (
            "NotificationChannel",
            "notificationchannels",
            "Cluster",
            json!(["nc"]),
        ),
        ("RequestReport", "requestreports", "Namespaced", Value::Null),
    ] {
        let crd = definition(kind);
        let spec = &crd["spec"];
        assert_eq!(spec["group"], "team-operator.io");
        assert_eq!(spec["names"]["plural"], plural);
        assert_eq!(spec["scope"], scope, "{kind}");
        assert_eq!(spec["names"]["shortNames"], short, "{kind}");
        assert_eq!(spec["names"]["categories"], json!(["team-operator"]), "{kind}");
        assert_eq!(spec["versions"].as_array().unwrap().len(), 1, "{kind}");
        assert_eq!(spec["versions"][0]["name"], "v1alpha1", "{kind}");
        // Each step of a record is one write of the whole object.
        let subresources = if ["AccountAssignment", "RequestReport"].contains(&kind) {
            Value::Null
        } else {
            json!({ "status": {} })
        };
        assert_eq!(spec["versions"][0]["subresources"], subresources, "{kind}");
    }
}

#[test]
fn requests_are_selected_by_requester_account_phase_and_finished() {
    let fields = |kind: &str| -> Vec<String> {
        let crd = definition(kind);
        let fields = crd["spec"]["versions"][0]["selectableFields"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        fields
            .iter()
            .map(|field| field["jsonPath"].as_str().unwrap().to_owned())
            .collect()
    };
    let expected = [
        ".spec.requester",
        ".spec.accountId",
        ".status.phase",
        ".status.finished",
    ];
    assert_eq!(fields("ElevationRequest"), expected);
    assert_eq!(fields("EligibilityReview"), [".spec.requester"]);
}

#[test]
fn a_list_of_requests_shows_what_the_product_says() {
    let narrow = [
        "Requester",
        "Account",
        "Permission Set",
        "Phase",
        "Approvals",
        "Ends",
        "Age",
    ];
    assert_eq!(columns("ElevationRequest", false), narrow);
    assert_eq!(
        columns("ElevationRequest", true),
        ["Account Name", "Ticket", "Reason", "Message"]
    );
    for kind in ["EligibilityPolicy", "ApproverPolicy"] {
        assert_eq!(
            columns(kind, false)[..4],
            ["Ready", "Reason", "Accounts", "People"],
            "{kind}"
        );
    }
    assert_eq!(columns("TeamSettings", false)[..2], ["Ready", "Guard Intact"]);
}

#[test]
fn a_list_of_assignments_shows_who_has_what_until_when() {
    let narrow = [
        "User",
        "Account",
        "Permission Set",
        "State",
        "Until",
        "Requests",
        "Age",
    ];
    assert_eq!(columns("AccountAssignment", false), narrow);
    assert_eq!(columns("AccountAssignment", true), ["Account Id", "Last Error"]);
}

#[test]
fn only_ages_are_printed_as_dates_because_times_to_come_would_be_invalid() {
    for crd in api::all_crds() {
        for column in crd["spec"]["versions"][0]["additionalPrinterColumns"]
            .as_array()
            .unwrap()
        {
            assert_eq!(column["type"] == "date", column["name"] == "Age", "{column}");
        }
    }
}

fn columns(kind: &str, wide: bool) -> Vec<String> {
    let crd = definition(kind);
    let columns = crd["spec"]["versions"][0]["additionalPrinterColumns"]
        .as_array()
        .unwrap();
    let shown = columns.iter().filter(|column| (column["priority"] == 1) == wide);
    shown
        .map(|column| column["name"].as_str().unwrap().to_owned())
        .collect()
}

fn definition(kind: &str) -> Value {
    let mut all = api::all_crds().into_iter();
    all.find(|crd| crd["spec"]["names"]["kind"] == kind).unwrap()
}

/// Every node of every schema, with its path such as `ElevationRequest.spec.duration`.
fn for_every_node(mut look: impl FnMut(&str, &Value)) {
    for crd in api::all_crds() {
        let kind = crd["spec"]["names"]["kind"].as_str().unwrap();
        walk(
            kind,
            &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"],
            &mut look,
        );
    }
}

fn walk(path: &str, schema: &Value, look: &mut impl FnMut(&str, &Value)) {
    look(path, schema);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        walk(&format!("{path}.{name}"), field, look);
    }
    if schema["items"].is_object() {
        walk(&format!("{path}[]"), &schema["items"], look);
    }
}

/// Every node that has a name of its own: items of lists have not.
fn for_every_field(mut look: impl FnMut(&str, &Value)) {
    for_every_node(|path, schema| {
        if !path.ends_with("[]") {
            look(path, schema);
        }
    });
}
