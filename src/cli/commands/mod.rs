//! What is asked on the terminal and what is printed, one file for each command.

mod approve_next;
mod check;
mod completion;
mod decide;
mod describe;
mod eligible;
mod explain;
mod export;
mod facts;
mod list;
mod objects;
mod request;
mod request_file;
mod rows;
mod wait;

use super::arguments::{Arguments, Command, Common, Format};
use super::failure::{Failure, Kind};
use super::session::Session;
use super::terminal::Terminal;
use super::times::Times;

pub use completion::complete_for_kubectl;

/// A person at a cluster and at a terminal.
pub struct Desk {
    /// The person at the cluster.
    pub session: Session,
    /// The terminal.
    pub terminal: Terminal,
    /// The time.
    pub times: Times,
    /// How results are printed.
    pub format: Format,
    /// Whether tables have headings.
    pub headings: bool,
    /// Whether nothing is to be confirmed.
    pub yes: bool,
}

impl Desk {
    /// Whether beginnings of names will do: only where a person confirms what was made of them.
    pub fn confirms(&self) -> bool {
        self.terminal.asks && !self.yes
    }

    /// Asks whether to go on, where somebody is there to say; without a terminal, and with `-y`, what was shown holds.
    pub fn goes_on(&self, question: &str) -> Result<(), Failure> {
        if !self.confirms() || self.terminal.confirms(question)? {
            return Ok(());
        }
        Err(Failure::new(Kind::Interrupted, "Nothing was done."))
    }

    /// What a person types where something is missing; an error that names the flag where nobody can be asked.
    pub fn missing(&self, question: &str, flag: &str) -> Result<String, Failure> {
        if !self.terminal.asks {
            return Err(Failure::new(Kind::Usage, format!("{flag} is missing."))
                .advise("There is no terminal to ask on: give it on the command line."));
        }
        loop {
            let answer = self.terminal.ask(question)?;
            if !answer.is_empty() {
                return Ok(answer);
            }
        }
    }
}

/// Carries a command out.
pub async fn run(arguments: Arguments, program: String) -> Result<(), Failure> {
    let Arguments { common, command } = arguments;
    let terminal = Terminal::of_process(common.color, common.quiet);
    match &command {
        Command::Completion(wanted) => return completion::script(&terminal, wanted.shell, &program),
        Command::Check => return check::check(&common, terminal, program).await,
        Command::Version => return check::version(&common, &terminal, &program).await,
        _ => {}
    }
    let desk = at_desk(&common, terminal, program).await?;
    match command {
        Command::Request(wanted) => request::request(&desk, wanted).await,
        Command::Eligible(wanted) => eligible::eligible(&desk, wanted).await,
        Command::List(wanted) => list::list(&desk, &wanted).await,
        Command::Describe(wanted) => describe::describe(&desk, &wanted.name).await,
        Command::Approve(wanted) if wanted.next => approve_next::approve_next(&desk).await,
        Command::Approve(wanted) => decide::approve(&desk, wanted.decision).await,
        Command::Reject(wanted) => decide::reject(&desk, wanted).await,
        Command::Revoke(wanted) => decide::revoke(&desk, wanted).await,
        Command::Cancel(wanted) => decide::cancel(&desk, wanted.names).await,
        Command::Wait(wanted) => wait::wait(&desk, &wanted).await,
        Command::Explain(wanted) => explain::explain(&desk, wanted).await,
        Command::Export(wanted) => export::export(&desk, &wanted).await,
        Command::Check | Command::Completion(_) | Command::Version => Ok(()),
    }
}

async fn at_desk(common: &Common, terminal: Terminal, program: String) -> Result<Desk, Failure> {
    let namespace = common.namespace.as_deref();
    let session = Session::open(&common.connection, namespace, common.all_namespaces, program).await?;
    if let Some(user) = &session.impersonates {
        let user = super::text::visible(user);
        terminal.warn(&format!(
            "Acting as {user} by impersonation; the API server logs who you are."
        ));
    }
    Ok(Desk {
        session,
        terminal,
        times: Times::here(common.utc),
        format: common.output,
        headings: !common.no_headers,
        yes: common.yes,
    })
}
