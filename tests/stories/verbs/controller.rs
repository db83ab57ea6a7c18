//! Time, and the life and death of the controller's processes.

use super::amazon::operation;
use super::people::duration;
use crate::aws::Incident;
use crate::grammar::Words;
use crate::stage::{Configured, Stage};

/// `advance 2h1m`.
pub(crate) fn advance(stage: &mut Stage, words: Words) -> Result<(), String> {
    stage.lasts = duration(words.get("duration"))?;
    Ok(())
}

/// `the controller crashes`.
pub(crate) fn crashes(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.crash();
    Ok(())
}

/// `the controller crashes before the next create`: the intent is written, and AWS hears nothing.
pub(crate) fn crashes_before(stage: &mut Stage, words: Words) -> Result<(), String> {
    plan(stage, &words, false, true)
}

/// `the controller crashes after the next create`: AWS accepted it, and the answer is lost with the process.
pub(crate) fn crashes_after(stage: &mut Stage, words: Words) -> Result<(), String> {
    plan(stage, &words, true, true)
}

/// `the controller stops before the next create`, as a process does that is paused.
pub(crate) fn stops_before(stage: &mut Stage, words: Words) -> Result<(), String> {
    plan(stage, &words, false, false)
}

fn plan(stage: &Stage, words: &Words, after_the_answer: bool, kills: bool) -> Result<(), String> {
    stage.aws.plan(Incident {
        operation: operation(words.get("call"))?,
        after_the_answer,
        kills,
    });
    Ok(())
}

/// `the controller starts`.
pub(crate) fn starts(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.crash();
    stage.start(Configured::Well);
    Ok(())
}

/// `the controller starts with another instance`: somebody configured the wrong one.
pub(crate) fn starts_elsewhere(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.crash();
    stage.start(Configured::Elsewhere);
    Ok(())
}

/// `the controller starts with another instance for good`: an administrator says that the recorded one was left.
pub(crate) fn abandons(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.crash();
    stage.start(Configured::ElsewhereForGood);
    Ok(())
}

/// `the controller is cut off from the API server`, it alone.
pub(crate) fn cut_off(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.cut_off();
    Ok(())
}

/// `another controller takes over`: the lease of the first one ran out.
pub(crate) fn takes_over(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.start(Configured::Well);
    Ok(())
}

/// `the old controller wakes`, or reaches the API server again.
pub(crate) fn wakes(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.wake();
    Ok(())
}

/// `the guard looks every 1m`: the controller starts with that setting.
pub(crate) fn guard_looks(stage: &mut Stage, words: Words) -> Result<(), String> {
    stage.guard_interval = duration(words.get("duration"))?;
    starts(stage, words)
}
