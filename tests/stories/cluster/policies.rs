//! The admission policies, run as the API server runs them: each binding in force, each validation in its order, the
//! first refusal told. The texts are the product's own, read from the store: a policy that somebody deletes refuses
//! nothing more.
//!
//! `authorizer` is the one thing that needs an answer from elsewhere. Its only use is the verb `revoke`; the names of those
//! who hold it are given to [`Question`], and every step of `authorizer.group(…).resource(…)…` hands that answer on.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use kube_cel::KubeCelExt as _;
use kube_cel::cel::extractors::This;
use kube_cel::cel::objects::{Key, Map};
use kube_cel::cel::{Context, ExecutionError, Program, Value as Cel};
use serde_json::Value;

/// What is asked of the policies.
pub(crate) struct Question<'a> {
    pub(crate) operation: &'a str,
    pub(crate) user: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) object: &'a Value,
    pub(crate) old_object: &'a Value,
    pub(crate) namespace_object: &'a Value,
    pub(crate) may_revoke: bool,
}

/// What is in force: policies, bindings, and the settings that are parameters.
pub(crate) struct InForce {
    pub(crate) policies: BTreeMap<String, Arc<Value>>,
    pub(crate) bindings: Vec<Arc<Value>>,
    pub(crate) settings: Option<Arc<Value>>,
}

/// One policy's no.
pub(crate) struct Denial {
    pub(crate) reason: String,
    pub(crate) sentence: String,
}

/// The first refusal, if there is one.
pub(crate) fn refusal(in_force: &InForce, question: &Question<'_>) -> Option<Denial> {
    for binding in &in_force.bindings {
        let policy = in_force.policies.get(text(&binding["spec"]["policyName"]));
        let Some(policy) = policy.filter(|policy| concerns(policy, question)) else {
            continue;
        };
        if let Some((reason, message)) = no_of(policy, binding, in_force, question) {
            let (policy, binding) = (&policy["metadata"]["name"], &binding["metadata"]["name"]);
            let sentence = format!(
                "ValidatingAdmissionPolicy '{}' with binding '{}' denied request: {message}",
                text(policy),
                text(binding)
            );
            return Some(Denial { reason, sentence });
        }
    }
    None
}

fn concerns(policy: &Value, question: &Question<'_>) -> bool {
    let constraints = &policy["spec"]["matchConstraints"];
    let wanted = &constraints["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"];
    if wanted.is_string() && text(wanted) != question.namespace {
        return false;
    }
    let resource = match question.subresource {
        "" => question.resource.to_owned(),
        subresource => format!("{}/{subresource}", question.resource),
    };
    let has = |list: &Value, what: &str| {
        list.as_array()
            .is_some_and(|list| list.iter().any(|one| one == what))
    };
    let rules = constraints["resourceRules"].as_array();
    rules.into_iter().flatten().any(|rule| {
        has(&rule["apiGroups"], question.group)
            && has(&rule["operations"], question.operation)
            && has(&rule["resources"], &resource)
    })
}

fn no_of(
    policy: &Value,
    binding: &Value,
    in_force: &InForce,
    question: &Question<'_>,
) -> Option<(String, String)> {
    let spec = &policy["spec"];
    let mut context = context(question);
    if spec["paramKind"].is_object() {
        if binding["spec"]["paramRef"].is_object() && in_force.settings.is_none() {
            let why = "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction";
            return Some(("Invalid".to_owned(), why.to_owned()));
        }
        let settings = in_force.settings.as_deref().cloned().unwrap_or_default();
        context.add_variable_from_value("params", cel(&settings));
    }
    for condition in list(&spec["matchConditions"]) {
        if !holds(&condition["expression"], &context) {
            return None;
        }
    }
    add_variables(spec, &mut context);
    for validation in list(&spec["validations"]) {
        if holds(&validation["expression"], &context) {
            continue;
        }
        let message = match &validation["messageExpression"] {
            Value::String(expression) => match run(expression, &context) {
                Ok(Cel::String(message)) => message.to_string(),
                other => panic!("{expression}\nsays no sentence: {other:?}"),
            },
            _ => text(&validation["message"]).to_owned(),
        };
        let reason = validation["reason"].as_str().unwrap_or("Invalid").to_owned();
        return Some((reason, message));
    }
    None
}

/// Variables are made in their order. One that fails is left out, and fails whoever uses it: the API server makes them only
/// when they are used.
fn add_variables(spec: &Value, context: &mut Context<'_>) {
    let mut variables: HashMap<Key, Cel> = HashMap::new();
    for variable in list(&spec["variables"]) {
        if let Ok(value) = run(text(&variable["expression"]), context) {
            variables.insert(Key::String(Arc::new(text(&variable["name"]).to_owned())), value);
        }
        let map = Map {
            map: Arc::new(variables.clone()),
        };
        context.add_variable_from_value("variables", Cel::Map(map));
    }
}

fn context(question: &Question<'_>) -> Context<'static> {
    let mut context = Context::default().with_all();
    context.add_variable_from_value("object", cel(question.object));
    context.add_variable_from_value("oldObject", cel(question.old_object));
    context.add_variable_from_value("namespaceObject", cel(question.namespace_object));
    let request = serde_json::json!({
        "operation": question.operation,
        "name": question.name,
        "namespace": question.namespace,
        "subResource": question.subresource,
        "resource": { "group": question.group, "resource": question.resource },
        "userInfo": { "username": question.user, "extra": extra(question.user) },
    });
    context.add_variable_from_value("request", cel(&request));
    context.add_variable_from_value("authorizer", Cel::Bool(question.may_revoke));
    for step in ["group", "resource", "namespace", "name", "check"] {
        context.add_function(step, |This(answer): This<bool>, _: Arc<String>| answer);
    }
    context.add_function("allowed", |This(answer): This<bool>| answer);
    context.add_function("field", field);
    context.add_function("orValue", or_value);
    context.add_function("hasValue", has_value);
    context
}

fn holds(expression: &Value, context: &Context<'_>) -> bool {
    let expression = text(expression);
    match run(expression, context) {
        Ok(Cel::Bool(holds)) => holds,
        other => panic!("{expression}\nsays neither yes nor no: {other:?}"),
    }
}

fn run(expression: &str, context: &Context<'_>) -> Result<Cel, String> {
    program(expression)
        .execute(context)
        .map_err(|error| error.to_string())
}

/// Each expression is compiled once for all stories.
fn program(expression: &str) -> Arc<Program> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Arc<Program>>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap();
    let program = compiled.entry(expression.to_owned()).or_insert_with(|| {
        let program = Program::compile(&with_fields_as_calls(expression));
        Arc::new(program.unwrap_or_else(|error| panic!("{expression}\nis no CEL: {error}")))
    });
    Arc::clone(program)
}

/// `a.?b` and `a[?'b']` as calls of [`field`]: the crate reads optional fields, and fails where one is missing.
fn with_fields_as_calls(expression: &str) -> String {
    let (mut text, mut rest) = (String::new(), expression);
    while let Some(at) = rest.find(".?").into_iter().chain(rest.find("[?")).min() {
        text.push_str(&rest[..at]);
        let (is_index, behind) = (rest[at..].starts_with('['), &rest[at + 2..]);
        let end = if is_index {
            behind.find(']').unwrap()
        } else {
            behind
                .find(|letter: char| !letter.is_alphanumeric())
                .unwrap_or(behind.len())
        };
        let name = behind[..end].trim_matches('\'');
        text = text + ".field('" + name + "')";
        rest = &behind[end + usize::from(is_index)..];
    }
    text + rest
}

/// A field as an optional, which is a list of at most one here: optionals of the crate do not compare.
#[expect(clippy::unnecessary_wraps, reason = "functions of CEL may fail")]
fn field(This(of): This<Cel>, name: Arc<String>) -> Result<Cel, ExecutionError> {
    let of = match of {
        Cel::List(optional) => optional.first().cloned(),
        of => Some(of),
    };
    let found = match of {
        Some(Cel::Map(map)) => map.map.get(&Key::String(name)).cloned(),
        _ => None,
    };
    Ok(Cel::List(Arc::new(found.into_iter().collect())))
}

#[expect(clippy::unnecessary_wraps, reason = "functions of CEL may fail")]
fn or_value(This(optional): This<Arc<Vec<Cel>>>, otherwise: Cel) -> Result<Cel, ExecutionError> {
    Ok(optional.first().cloned().unwrap_or(otherwise))
}

#[expect(clippy::unnecessary_wraps, reason = "functions of CEL may fail")]
fn has_value(This(optional): This<Arc<Vec<Cel>>>) -> Result<Cel, ExecutionError> {
    Ok(Cel::Bool(!optional.is_empty()))
}

/// What a token of a service account says besides the name: nobody in stories impersonates one.
fn extra(user: &str) -> Value {
    if user.starts_with("system:serviceaccount:") {
        serde_json::json!({ "authentication.kubernetes.io/credential-id": ["JTI=1"] })
    } else {
        serde_json::json!({})
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn cel(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(value) => Cel::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Cel::Int(number),
            None => Cel::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(cel).collect())),
        Value::Object(fields) => {
            let key = |name: &String| Key::String(Arc::new(name.clone()));
            let fields = fields.iter().map(|(name, value)| (key(name), cel(value)));
            Cel::Map(Map {
                map: Arc::new(fields.collect()),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_fields_become_calls() {
        let text = with_fields_as_calls("oldObject.?status.?approvals.orValue([]) + a.?b[?'c/d'] == x");
        assert_eq!(
            text,
            "oldObject.field('status').field('approvals').orValue([]) + a.field('b').field('c/d') == x"
        );
    }

    #[test]
    fn every_expression_of_the_policies_compiles() {
        for object in team_operator::admission::Installation::default().validating_policies() {
            let spec = &object["spec"];
            let all = ["matchConditions", "variables", "validations"].map(|part| list(&spec[part]));
            for one in all.into_iter().flatten() {
                program(text(&one["expression"]));
                if let Value::String(message) = &one["messageExpression"] {
                    program(message);
                }
            }
        }
    }
}
