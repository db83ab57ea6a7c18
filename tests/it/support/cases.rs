//! Cases: tests that run in each of the three worlds, and again for each mutant of the policies.

use std::future::Future;
use std::pin::Pin;

use super::cluster::{Cluster, Ground, World};

/// One test, as a value.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub run: fn(Ground) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Runs a case on the shared cluster of a world; says so when an existing cluster is not of that world.
pub async fn run_case(world: World, name: &str, run: fn(Ground) -> Pin<Box<dyn Future<Output = ()> + Send>>) {
    match Cluster::shared(world).await {
        Some(cluster) => run(cluster.ground().await).await,
        None => println!("skipped: {name}: the existing cluster is not {world:?}"),
    }
}

/// Declares cases: each becomes a test in each world, and an entry of `CASES` for the mutation pass.
macro_rules! cases {
    ($( $(#[$doc:meta])* async fn $name:ident($ground:ident: Ground) $body:block )*) => {
        $( $(#[$doc])* async fn $name($ground: $crate::support::Ground) $body )*

        /// The cases of this file.
        pub const CASES: &[$crate::support::Case] = &[$(
            $crate::support::Case {
                name: concat!(module_path!(), "::", stringify!($name)),
                run: |ground| Box::pin($name(ground)),
            },
        )*];

        cases!(@world stamping, Stamping, $($name)*);
        cases!(@world not_served, NotServed, $($name)*);
        cases!(@world inert, Inert, $($name)*);
    };
    (@world $module:ident, $world:ident, $($name:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $name() {
                    let run = |ground| -> std::pin::Pin<Box<dyn std::future::Future<Output = ()> + Send>> {
                        Box::pin(super::$name(ground))
                    };
                    $crate::support::run_case($crate::support::World::$world, stringify!($name), run).await;
                }
            )*
        }
    };
}
pub(crate) use cases;
