//! The layer table: which module may use which, and what a module must never contain.
//!
//! To move a boundary, change `MODULES` here and the table in ARCHITECTURE.md together, and say why in the commit.

use super::source::NamedPath;

/// A folder (or a single file) directly under `src/`, in the order of the layers.
pub(crate) struct Module {
    pub(crate) name: &'static str,
    pub(crate) layer: u8,
    pub(crate) may_use: &'static [&'static str],
    pub(crate) must_not_contain: &'static [Ban],
}

/// One thing that a module must not contain, and why.
pub(crate) struct Ban {
    pub(crate) what: Thing,
    pub(crate) why: &'static str,
}

pub(crate) enum Thing {
    /// A crate, by the beginning of its name when it ends with `*`.
    Crate(&'static str),
    /// A path and everything below it.
    Path(&'static str),
    /// A call such as `Utc::now`, whatever it is called on.
    Call(&'static str),
    /// A word of its own: a keyword or a macro.
    Word(&'static str),
}
use Thing::{Call, Crate, Path, Word};

const fn ban(what: Thing, why: &'static str) -> Ban {
    Ban { what, why }
}

const TYPES_ONLY: &str = "people take these types without a client or a runtime";
const TIME_IS_AN_ARGUMENT: &str = "time is an argument, read once a pass through the clock port";
const PURE: &str = "a decision is a pure function of its arguments";
const NO_LOGGING: &str = "a decision is a value; the shell reports it";
const AWS_ELSEWHERE: &str = "AWS's names stay in the adapters, which translate them";
const NO_KUBERNETES: &str = "an adapter knows AWS and nothing of Kubernetes";

pub(crate) const MODULES: &[Module] = &[
    Module {
        name: "api",
        layer: 1,
        may_use: &[],
        must_not_contain: &[
            ban(Crate("tokio"), TYPES_ONLY),
            ban(Crate("aws_*"), AWS_ELSEWHERE),
            ban(Path("kube::Client"), TYPES_ONLY),
            ban(Path("kube::Api"), TYPES_ONLY),
            ban(Path("kube::api::Api"), TYPES_ONLY),
            ban(Path("kube::client"), TYPES_ONLY),
            ban(Path("kube::runtime"), TYPES_ONLY),
            ban(Call("now"), TIME_IS_AN_ARGUMENT),
        ],
    },
    Module {
        name: "domain",
        layer: 2,
        may_use: &["api"],
        must_not_contain: &[
            ban(Word("async"), PURE),
            ban(Word("await"), PURE),
            ban(Crate("tokio"), PURE),
            ban(Crate("kube"), "decisions outlive the client; only `api` knows it"),
            ban(Crate("aws_*"), AWS_ELSEWHERE),
            ban(Path("std::env"), PURE),
            ban(Path("std::fs"), PURE),
            ban(Path("std::net"), PURE),
            ban(Path("std::process"), PURE),
            ban(Path("std::thread"), PURE),
            ban(Crate("rand"), PURE),
            ban(Call("now"), TIME_IS_AN_ARGUMENT),
            ban(Crate("tracing"), NO_LOGGING),
            ban(Crate("log"), NO_LOGGING),
            ban(Word("println"), NO_LOGGING),
            ban(Word("eprintln"), NO_LOGGING),
        ],
    },
    Module {
        name: "organization_file",
        layer: 3,
        may_use: &["api"],
        must_not_contain: &[
            ban(Crate("kube"), "a file is the same without a cluster"),
            ban(Crate("aws_*"), AWS_ELSEWHERE),
            ban(Path("std::fs"), "whoever reads a file knows where it is"),
        ],
    },
    Module {
        name: "ports",
        layer: 3,
        may_use: &["api", "domain"],
        must_not_contain: &[
            ban(Crate("kube"), "a port is said in our own terms"),
            ban(Crate("aws_*"), AWS_ELSEWHERE),
            ban(
                Call("now"),
                "the clock is a port; whoever implements it reads the time",
            ),
        ],
    },
    Module {
        name: "metrics",
        layer: 4,
        may_use: &["api", "domain", "ports"],
        must_not_contain: &[
            ban(Crate("kube"), "what is measured has plain arguments"),
            ban(Crate("aws_*"), AWS_ELSEWHERE),
            ban(Crate("tokio"), "a number is noted at once: nobody waits for it"),
            ban(Call("now"), "whoever measures knows the time"),
        ],
    },
    Module {
        name: "aws",
        layer: 5,
        may_use: &["api", "domain", "ports", "metrics"],
        must_not_contain: &[ban(Crate("kube"), NO_KUBERNETES)],
    },
    Module {
        name: "journal",
        layer: 5,
        may_use: &["api", "domain", "ports"],
        must_not_contain: &[
            ban(Crate("aws_sdk*"), AWS_ELSEWHERE),
            ban(Crate("aws_config"), AWS_ELSEWHERE),
        ],
    },
    Module {
        name: "admission",
        layer: 5,
        may_use: &["api", "domain", "ports"],
        must_not_contain: &[ban(Crate("aws_*"), AWS_ELSEWHERE)],
    },
    Module {
        name: "controller",
        layer: 6,
        may_use: &["api", "domain", "ports", "metrics", "journal", "admission"],
        must_not_contain: &[ban(Crate("aws_*"), AWS_ELSEWHERE)],
    },
    Module {
        name: "policy_check",
        layer: 6,
        may_use: &["api", "domain", "organization_file"],
        must_not_contain: &[
            ban(Crate("aws_*"), AWS_ELSEWHERE),
            ban(Crate("kube"), "policies are checked without a cluster"),
            ban(Crate("tokio"), "nothing here waits for anybody"),
            ban(Call("now"), TIME_IS_AN_ARGUMENT),
        ],
    },
    Module {
        name: "reporter",
        layer: 6,
        may_use: &["api", "domain", "ports", "metrics", "admission"],
        must_not_contain: &[ban(Crate("aws_*"), AWS_ELSEWHERE)],
    },
    Module {
        name: "runtime",
        layer: 7,
        may_use: &[
            "api",
            "domain",
            "ports",
            "metrics",
            "aws",
            "journal",
            "controller",
            "reporter",
            "admission",
            "organization_file",
            "policy_check",
        ],
        must_not_contain: &[],
    },
    Module {
        name: "cli",
        layer: 7,
        may_use: &["api", "domain"],
        must_not_contain: &[ban(Crate("aws_*"), AWS_ELSEWHERE)],
    },
];

impl Thing {
    pub(crate) fn is_named_by(&self, path: &NamedPath<'_>) -> bool {
        let segments = &path.segments;
        // A local variable may be called `log`; the crate is meant when something follows it or `use` names it.
        let is_a_path = segments.len() > 1 || path.imported;
        match self {
            Crate(name) => match name.strip_suffix('*') {
                Some(beginning) => is_a_path && segments[0].starts_with(beginning),
                None => is_a_path && segments[0] == *name,
            },
            Path(forbidden) => is_a_path && begins_with(segments, forbidden),
            Call(name) => segments.len() > 1 && segments.last() == Some(name),
            Word(word) => segments == &[*word],
        }
    }
}

/// `use kube::*` brings in everything that may follow, the forbidden things too.
fn begins_with(segments: &[&str], forbidden: &str) -> bool {
    let mut segments = segments.iter();
    for wanted in forbidden.split("::") {
        match segments.next() {
            Some(&"*") => return true,
            Some(segment) if *segment == wanted => {}
            _ => return false,
        }
    }
    true
}
