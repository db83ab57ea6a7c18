//! Who leads, and what reaches the processes without their doing.

use team_operator::domain::Lease;

use crate::process::{LEASE_DURATION, Role};
use crate::sabotage::Sabotage;
use crate::sim::Sim;

impl Sim {
    /// What reaches the processes without their doing.
    pub(crate) fn news(&mut self) {
        for index in 0..2 {
            if let Role::Down { until } = self.processes[index].role
                && self.t >= until
            {
                self.processes[index].role = Role::Standby;
            }
            if matches!(self.processes[index].role, Role::Down { .. })
                || self.t < self.processes[index].paused_until
                || !self.cluster.reaches(index, self.t)
            {
                continue;
            }
            self.looks_at_the_lease(index);
            let process = &mut self.processes[index];
            if process.role == Role::Leading {
                process.watch(&self.cluster, self.t);
                let settled = self.cluster.guard.recorded == self.cluster.guard.gaps;
                if !settled && self.cluster.in_force(self.t) && self.cluster.proven(self.t) {
                    process.renew_record(&mut self.cluster);
                }
            }
        }
    }

    /// A process that reaches the API server renews its lease, takes one that is free, or stands by.
    fn looks_at_the_lease(&mut self, index: usize) {
        let (t, writable) = (self.t, self.cluster.is_writable(index, self.t));
        let lease = self.cluster.lease;
        let process = &mut self.processes[index];
        let free = t - lease.renewed > LEASE_DURATION;
        if lease.holder == index && process.role == Role::Leading {
            if writable {
                if process.lease(t) != Lease::Held {
                    process.wake_all(t);
                }
                process.renewed = t;
                self.cluster.lease.renewed = t;
            }
            return;
        }
        if process.role == Role::Leading && self.sabotage != Some(Sabotage::IgnoresTheLease) {
            process.stand_by();
        }
        let is_own = lease.holder == index;
        if writable && (free || is_own) {
            self.cluster.lease.holder = index;
            self.cluster.lease.renewed = t;
            self.processes[index].lead(&self.cluster, t);
            self.forgets();
            self.tell(|| format!("    process {index} leads"));
        }
    }
}
