//! The rows of the product's two tables and its cases, each as a sentence.

mod access;
mod approval;
mod clocks;
mod creating;
mod eligibility;
mod from_memory;
mod last_look;
mod laws;
mod limits;
mod observation;
mod pairs;
mod policies;
mod record;
mod removal;
mod removing;
mod seal;
mod sharing;
mod shown;
mod turns;
mod votes;
