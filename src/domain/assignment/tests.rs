//! Sequences on the assignment machine, each as a sentence.

mod deletions;
mod records;
mod sequences;
