//! What AWS does, and what others do in it.

use std::time::Duration;

use chrono::TimeDelta;
use identity_center_sandbox::{Change, Effect, Script, Selector, Service};

use super::full;
use super::people::duration;
use crate::grammar::Words;
use crate::stage::Stage;

/// AWS's name of a call.
pub(crate) fn operation(call: &str) -> Result<&'static str, String> {
    match call.trim_end_matches('s') {
        "create" => Ok("CreateAccountAssignment"),
        "delete" => Ok("DeleteAccountAssignment"),
        "list" => Ok("ListAccountAssignments"),
        other => Err(format!("{other:?} is no call: create, delete or list")),
    }
}

fn refusal(code: &str) -> Effect {
    Effect::Refuse {
        code: code.to_owned(),
        message: None,
        reason: None,
        retry_after_seconds: None,
        status: None,
    }
}

fn script(on: Selector, times: Option<u32>, effect: Effect) -> Script {
    Script {
        id: 0,
        on,
        after: 0,
        times,
        effect,
    }
}

fn calls(operation: &str) -> Selector {
    Selector {
        operation: Some(operation.to_owned()),
        ..Selector::default()
    }
}

fn next(stage: &Stage, words: &Words, effect: Effect) -> Result<(), String> {
    stage
        .aws
        .script(script(calls(operation(words.get("call"))?), Some(1), effect));
    Ok(())
}

/// `aws throttles 3 times`: calls about assignments.
pub(crate) fn throttles(stage: &mut Stage, words: Words) -> Result<(), String> {
    let times = words.get("times").parse().map_err(|_| "how many times?")?;
    let on = Selector {
        service: Some(Service::SsoAdmin),
        ..Selector::default()
    };
    stage
        .aws
        .script(script(on, Some(times), refusal("ThrottlingException")));
    Ok(())
}

/// `aws refuses deletes for 1h`, with an error of its own: nobody can tell whether it carries them out.
pub(crate) fn refuses(stage: &mut Stage, words: Words) -> Result<(), String> {
    refuses_with(stage, &words, "InternalServerException")
}

/// `aws denies creates for 1h`, and certainly does not carry them out.
pub(crate) fn denies(stage: &mut Stage, words: Words) -> Result<(), String> {
    refuses_with(stage, &words, "AccessDeniedException")
}

fn refuses_with(stage: &Stage, words: &Words, code: &str) -> Result<(), String> {
    let on = calls(operation(words.get("call"))?);
    let id = stage.aws.script(script(on, None, refusal(code)));
    take_back_after(stage, id, duration(words.get("duration"))?);
    Ok(())
}

fn take_back_after(stage: &Stage, id: u64, time: Duration) {
    let aws = stage.aws.clone();
    tokio::spawn(async move {
        tokio::time::sleep(time).await;
        aws.world().remove_scripts(Some(id));
    });
}

/// `aws fails the next create later`: it is accepted, and fails later.
pub(crate) fn fails_later(stage: &mut Stage, words: Words) -> Result<(), String> {
    let reason = "role-quota".to_owned();
    next(stage, &words, Effect::Fail { reason })
}

/// `aws takes 20s for the next list`: what it answers was so when it was asked.
pub(crate) fn takes_long(stage: &mut Stage, words: Words) -> Result<(), String> {
    let time = duration(words.get("duration"))?;
    next(stage, &words, Effect::Slow { time })
}

/// `aws holds the next create back`, until it lets go.
pub(crate) fn holds(stage: &mut Stage, words: Words) -> Result<(), String> {
    next(stage, &words, Effect::Hold { applied: false })
}

/// `aws lets go` of everything that it held back.
pub(crate) fn lets_go(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.aws.release();
    Ok(())
}

/// `aws loses the next create`: it never arrives.
pub(crate) fn loses(stage: &mut Stage, words: Words) -> Result<(), String> {
    next(stage, &words, Effect::Lost { applied: false })
}

/// `aws loses the answer of the next create`: it is carried out, and nobody hears of it.
pub(crate) fn loses_the_answer(stage: &mut Stage, words: Words) -> Result<(), String> {
    next(stage, &words, Effect::Lost { applied: true })
}

/// `aws keeps no record of the next create`.
pub(crate) fn keeps_no_record(stage: &mut Stage, words: Words) -> Result<(), String> {
    next(stage, &words, Effect::Vanish)
}

/// `aws needs 2h for each operation`.
pub(crate) fn needs(stage: &mut Stage, words: Words) -> Result<(), String> {
    stage.aws.world().settings.operation_time = duration(words.get("duration"))?;
    Ok(())
}

/// `aws is away`: nothing answers.
pub(crate) fn is_away(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.aws.script(script(
        Selector::default(),
        None,
        Effect::Unavailable { applied: false },
    ));
    Ok(())
}

/// `aws does not answer`: no byte of it arrives.
pub(crate) fn does_not_answer(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage
        .aws
        .script(script(Selector::default(), None, Effect::Lost { applied: false }));
    stage.aws.date.be_silent(true);
    Ok(())
}

/// `aws is back`.
pub(crate) fn is_back(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.aws.world().remove_scripts(None);
    stage.aws.date.be_silent(false);
    Ok(())
}

/// `the clock of aws is 5s ahead`.
pub(crate) fn is_ahead(stage: &mut Stage, words: Words) -> Result<(), String> {
    let ahead = duration(words.get("duration"))?;
    let ahead = TimeDelta::from_std(ahead).map_err(|error| error.to_string())?;
    stage.aws.date.be_ahead(ahead);
    Ok(())
}

/// `aws is stuck with the next create`: it is accepted, and is in progress for as long as AWS likes.
pub(crate) fn is_stuck(stage: &mut Stage, words: Words) -> Result<(), String> {
    next(stage, &words, Effect::Stuck)
}

/// `aws finishes what it is stuck with`.
pub(crate) fn finishes(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.aws.change(&Change::FinishStuck {})
}

/// `aws answers the next create with an error`: a 5xx, although it carries it out.
pub(crate) fn answers_with_an_error(stage: &mut Stage, words: Words) -> Result<(), String> {
    next(stage, &words, Effect::Unavailable { applied: true })
}

/// `somebody gives alice DatabaseAdmin in orders`, without asking us.
pub(crate) fn gives(stage: &mut Stage, words: Words) -> Result<(), String> {
    let (account, permission_set, user) = assignment(stage, &words)?;
    stage.aws.change(&Change::PutAssignment {
        account,
        permission_set,
        user: Some(user),
        group: None,
    })
}

/// `somebody takes DatabaseAdmin in orders from alice`.
pub(crate) fn takes(stage: &mut Stage, words: Words) -> Result<(), String> {
    let (account, permission_set, user) = assignment(stage, &words)?;
    stage.aws.change(&Change::RemoveAssignment {
        account,
        permission_set,
        user: Some(user),
        group: None,
    })
}

fn assignment(stage: &Stage, words: &Words) -> Result<(String, String, String), String> {
    let account = words.get("account");
    let id = stage
        .aws
        .account(account)
        .ok_or_else(|| format!("there is no account {account:?}"))?;
    Ok((id, words.get("set").to_owned(), full(words.get("who"))))
}
