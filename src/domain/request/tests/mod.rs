//! The rows of the product's two tables and its cases, each as a sentence.

mod access;
mod approval;
mod clocks;
mod eligibility;
mod ending;
mod history;
mod laws;
mod limits;
mod people;
mod policies;
mod prefixes;
mod seal;
mod shown;
mod uninstallation;
mod votes;
