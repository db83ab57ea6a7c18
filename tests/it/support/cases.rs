//! Cases: tests that run in each of the three worlds, and again for each mutant of the policies.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::Poll;

use super::alone::Alone;
use super::cluster::{Cluster, Ground, World};

/// A case at work. Not `Send`: it runs on the thread that started it.
pub type Running = Pin<Box<dyn Future<Output = ()>>>;

/// One test, as a value: give it a cluster, and it finds its own ground there.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub run: fn(&'static Cluster) -> Running,
}

/// What a case can stand on: a [`Ground`] beside others, or the cluster [`Alone`].
pub trait Footing: Sized {
    fn run<F>(cluster: &'static Cluster, case: fn(Self) -> F) -> Running
    where
        F: Future<Output = ()> + 'static;
}

impl Footing for Ground {
    fn run<F>(cluster: &'static Cluster, case: fn(Self) -> F) -> Running
    where
        F: Future<Output = ()> + 'static,
    {
        Box::pin(async move { case(cluster.ground().await).await })
    }
}

impl Footing for Alone {
    /// Puts back what the case changed, also when the case fails: the others must not fail with it.
    fn run<F>(cluster: &'static Cluster, case: fn(Self) -> F) -> Running
    where
        F: Future<Output = ()> + 'static,
    {
        Box::pin(async move {
            let (ground, _nobody_else) = cluster.alone().await;
            let alone = Alone::new(ground);
            let afterwards = alone.afterwards();
            let outcome = caught(case(alone)).await;
            afterwards.put_back().await;
            if let Err(failure) = outcome {
                resume_unwind(failure);
            }
        })
    }
}

/// Runs a case to its end, or to where it failed.
pub async fn caught(case: impl Future<Output = ()>) -> std::thread::Result<()> {
    let mut case = Box::pin(case);
    poll_fn(|context| {
        let step = catch_unwind(AssertUnwindSafe(|| case.as_mut().poll(context)));
        step.map_or_else(|failure| Poll::Ready(Err(failure)), |step| step.map(Ok))
    })
    .await
}

/// Runs a case on the shared cluster of a world; says so where there is none: before Kubernetes 1.36, or on an
/// existing cluster.
pub async fn run_case(world: World, case: &Case) {
    match Cluster::shared(world).await {
        Some(cluster) => (case.run)(cluster).await,
        None => println!("skipped: {}: no cluster here is {world:?}", case.name),
    }
}

/// Declares cases: each becomes a test in each world, and an entry of `CASES` for the mutation pass. A case takes a
/// `Ground`, or `Alone` when it changes what all share.
macro_rules! cases {
    ($( $(#[$doc:meta])* async fn $name:ident($ground:ident: $footing:ident) $body:block )*) => {
        $( $(#[$doc])* async fn $name($ground: $crate::support::$footing) $body )*

        /// The cases of this file.
        #[allow(dead_code, reason = "read by the mutation pass alone")]
        pub const CASES: &[$crate::support::Case] = &[$(
            $crate::support::Case {
                name: concat!(module_path!(), "::", stringify!($name)),
                run: |cluster| <$crate::support::$footing as $crate::support::Footing>::run(cluster, $name),
            },
        )*];

        cases!(@world stamping, Stamping, $($name $footing)*);
        cases!(@world not_served, NotServed, $($name $footing)*);
        cases!(@world inert, Inert, $($name $footing)*);
    };
    (@world $module:ident, $world:ident, $($name:ident $footing:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $name() {
                    let case = $crate::support::Case {
                        name: stringify!($name),
                        run: |cluster| {
                            <$crate::support::$footing as $crate::support::Footing>::run(cluster, super::$name)
                        },
                    };
                    $crate::support::run_case($crate::support::World::$world, &case).await;
                }
            )*
        }
    };
}
pub(crate) use cases;
