//! Writes to the API server: what the process is told about them, and what they left behind.

use std::rc::Rc;

use chrono::TimeDelta;
use team_operator::domain::{RecordSeal, RecordWrite, Reply, StoredRecord, Written};

use crate::cluster::{Landed, Write, WriteError};
use crate::laws::Seen;
use crate::process::{Pass, Work};
use crate::records::is_there;
use crate::sabotage::Sabotage;
use crate::sim::Sim;

/// How long a write without an answer is waited for, where nobody says how long.
const PATIENCE: i64 = 10;

impl Sim {
    /// How long a write without an answer is waited for.
    fn waits_for(&self, patience: Option<TimeDelta>) -> i64 {
        match patience {
            Some(_) if self.sabotage == Some(Sabotage::WaitsForItsWrite) => 600,
            Some(patience) => patience.num_seconds().clamp(0, PATIENCE),
            None => PATIENCE,
        }
    }

    /// Writes; what the process is told about it.
    fn write(
        &mut self,
        process: usize,
        pass: &mut Pass,
        write: &Write,
        patience: Option<TimeDelta>,
    ) -> Result<Landed, WriteError> {
        let (told, landed) = self.cluster.write(self.t, process, write);
        if let Some(landed) = landed {
            self.saw_write(process, landed);
        }
        let unanswered = matches!(told, Err(WriteError::NoAnswer));
        let waits = unanswered && self.sabotage == Some(Sabotage::WaitsForItsWrite);
        if waits || matches!(told, Err(WriteError::Hangs)) {
            pass.resume_at = self.t + self.waits_for(patience);
        }
        told
    }

    /// What was written, whether anybody was told or not.
    pub(crate) fn saw_write(&mut self, process: usize, landed: Landed) {
        let own = self.processes[process].ahead;
        let clocks = [own, self.cluster.clock_ahead, self.aws.ahead];
        let heard = self.processes[process].memory.heard.into_iter().flatten();
        let unset = self.clock_stepped_at <= self.pass_began_at;
        let earliest = clocks
            .into_iter()
            .min()
            .filter(|_| unset)
            .map(|ahead| self.t + ahead);
        let latest = clocks
            .into_iter()
            .chain(heard)
            .max()
            .filter(|_| unset)
            .map(|ahead| self.t + ahead);
        match landed {
            Landed::Object { before, after } => {
                if before.finalizer && after.as_ref().is_none_or(|after| !after.finalizer) {
                    self.seen.push(Seen::FinalizerRemoved {
                        object: before.clone(),
                    });
                }
                if let Some(after) = after {
                    self.seen.push(Seen::Wrote { before, after });
                }
            }
            Landed::Record { before, after } => {
                self.tenure_ends(before.as_ref(), after.as_ref());
                self.seen.push(Seen::WroteRecord {
                    earliest,
                    latest,
                    before,
                    after,
                });
            }
        }
    }

    /// No delete goes ahead of a record any more that says Deleting, or Absent.
    fn tenure_ends(&mut self, before: Option<&Rc<StoredRecord>>, after: Option<&Rc<StoredRecord>>) {
        let content = after.and_then(|stored| stored.record.as_ref());
        let anew = after.is_some_and(|stored| stored.seal == RecordSeal::OfCreation);
        let goes_on = anew || content.is_some_and(is_there);
        if let Some(stored) = before.or(after).filter(|_| !goes_on) {
            for process in &mut self.processes {
                process.memory.went_ahead.remove(&stored.name);
            }
        }
    }

    pub(crate) fn store_object(&mut self, process: usize, pass: &mut Pass, write: &Write) -> Reply {
        let told = self.write(process, pass, write, None);
        Reply::RequestWritten(match told {
            Ok(Landed::Object {
                after: Some(after), ..
            }) => {
                pass.version = after.version;
                self.processes[process].see_object(after.clone(), self.t);
                Written::Stored(Box::new(after.facts()))
            }
            Ok(Landed::Object { before, after: None }) => {
                let mut facts = before.facts();
                facts.has_finalizer = false;
                Written::Stored(Box::new(facts))
            }
            Ok(Landed::Record { .. }) => unreachable!("a request was written"),
            Err(WriteError::Conflict | WriteError::NotFound) => Written::Conflict,
            Err(WriteError::Refused) => Written::Refused("it is not accepted".to_owned()),
            Err(WriteError::NoAnswer | WriteError::Hangs) => Written::NoAnswer("no answer".to_owned()),
        })
    }

    pub(crate) fn store_record(
        &mut self,
        process: usize,
        work: &Work,
        pass: &mut Pass,
        write: &RecordWrite,
    ) -> Reply {
        let told = self.write(
            process,
            pass,
            &Write::Record(Box::new(write.clone())),
            write.patience,
        );
        let t = self.t;
        let shell = &mut self.processes[process];
        let record = Work::Record(write.name.clone());
        match told {
            _ if *work != record => false,
            Ok(_) => shell.memory.failed_writes.remove(&write.name),
            Err(WriteError::Conflict | WriteError::NotFound) => false,
            Err(WriteError::Refused | WriteError::NoAnswer | WriteError::Hangs) => {
                shell.memory.failed_writes.insert(write.name.clone())
            }
        };
        Reply::RecordWritten(match told {
            Ok(Landed::Record { after, .. }) => {
                match &after {
                    Some(after) => {
                        shell.memory.wrote(after);
                        shell.see_record(after, t);
                    }
                    None => shell.record_goes(&write.name, t),
                }
                if *work != record {
                    shell.wake(record, t);
                }
                Written::Stored(after.map(|after| Box::new((*after).clone())))
            }
            Ok(Landed::Object { .. }) => unreachable!("a record was written"),
            Err(WriteError::Conflict | WriteError::NotFound) => Written::Conflict,
            Err(WriteError::Refused) => Written::Refused("it is not accepted".to_owned()),
            Err(WriteError::NoAnswer | WriteError::Hangs) => Written::NoAnswer("no answer".to_owned()),
        })
    }
}
