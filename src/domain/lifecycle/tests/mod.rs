//! The rows of the product's two tables and its cases, each as a sentence.

mod access;
mod approval;
mod clocks;
mod eligibility;
mod last_look;
mod laws;
mod limits;
mod observation;
mod pairs;
mod policies;
mod removal;
mod seal;
mod sharing;
mod turns;
mod votes;
