//! `outboard doctor`: what is enforced on this machine and what is not, and what looks wrong.
//!
//! It looks and tells; it mends nothing.

use outboard_linux::CheckStatus;
use outboard_proto::admin::{Finding, Severity};
use outboard_supervision::State;

use super::Fleet;
use crate::plugin::explain;

impl Fleet {
    /// Everything worth telling, the machine first.
    pub fn doctor(&self) -> Vec<Finding> {
        let mut findings = self.machine();
        findings.push(self.files());
        findings.push(self.apps());
        findings.push(self.journal());
        findings.push(self.audit_log());
        findings.push(self.statistics());
        findings.extend(self.outlets());
        findings.extend(self.bypasses());
        findings.extend(self.storage_findings());
        findings.extend(self.plugins());
        findings
    }

    fn machine(&self) -> Vec<Finding> {
        let machine = self.harbour.spawner.machine();
        let finding = |check: outboard_linux::Check| Finding {
            severity: match check.status {
                CheckStatus::Ok => Severity::Ok,
                CheckStatus::Weak => Severity::Weak,
                CheckStatus::Missing => Severity::Problem,
            }
            .into(),
            check: check.check.to_owned(),
            says: check.sentence,
            hint: String::new(),
        };
        machine.checks.into_iter().map(finding).collect()
    }

    fn files(&self) -> Finding {
        let files: Vec<String> =
            self.config.files.iter().map(|file| file.display().to_string()).collect();
        let says = match &files[..] {
            [] => format!(
                "no files in {}; everything is at its default",
                self.harbour.paths.config.display()
            ),
            files => format!("read {}", files.join(", ")),
        };
        finding(Severity::Ok, "configuration", says, "")
    }

    fn journal(&self) -> Finding {
        match &self.harbour.quarantine {
            None => finding(Severity::Ok, "journal", "sound at the daemon's start".to_owned(), ""),
            Some(quarantine) => {
                let hint = "look at what it holds with sqlite3, then remove it";
                finding(Severity::Problem, "journal", quarantine.told(), hint)
            }
        }
    }

    fn audit_log(&self) -> Finding {
        match self.harbour.audit.alarm() {
            None => {
                let path = self.harbour.paths.audit_log();
                finding(Severity::Ok, "audit", format!("recorded in {}", path.display()), "")
            }
            Some(alarm) => {
                let hint = "make room, or mend what keeps the file from being written";
                finding(Severity::Problem, "audit", alarm, hint)
            }
        }
    }

    fn statistics(&self) -> Finding {
        match self.harbour.recorder.trouble() {
            None => finding(Severity::Ok, "statistics", "kept hourly".to_owned(), ""),
            Some(trouble) => finding(Severity::Weak, "statistics", trouble, ""),
        }
    }

    fn outlets(&self) -> Vec<Finding> {
        let says = |(name, it): (&str, crate::outlets::Standing)| {
            let (to, told, dropped) = (it.to, it.told, it.dropped);
            match it.failing {
                None => {
                    let says = format!("{to}: told {told}, could not tell {dropped}");
                    finding(Severity::Ok, name, says, "")
                }
                Some(why) => {
                    let says = format!("{to}: {why}; could not tell {dropped} so far");
                    finding(Severity::Problem, name, says, "")
                }
            }
        };
        self.harbour.outlets.all().into_iter().map(says).collect()
    }

    fn apps(&self) -> Finding {
        let nodes = self.harbour.switchboard.nodes();
        if nodes.is_empty() {
            let waiting = self.harbour.outbox.backlog();
            let says = format!("no app is connected; {waiting} requests of plugins wait");
            let hint = format!("the app's socket is {}", self.harbour.paths.app_socket().display());
            return finding(Severity::Weak, "app", says, &hint);
        }
        let names: Vec<String> = nodes
            .iter()
            .map(|node| format!("{} {} ({})", node.hello.app, node.hello.version, node.hello.node))
            .collect();
        finding(Severity::Ok, "app", format!("connected: {}", names.join(", ")), "")
    }

    fn bypasses(&self) -> Vec<Finding> {
        let says = |(what, left): (crate::routing::Bypassed, std::time::Duration)| {
            let says = format!("{what}: bypassed for {} s more", left.as_secs());
            finding(Severity::Weak, "bypass", says, "outboard bypass --end puts everything back")
        };
        self.harbour.switchboard.bypasses().into_iter().map(says).collect()
    }

    fn plugins(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, why) in &self.refused {
            let says = format!("{name} cannot be used: {why}");
            findings.push(finding(Severity::Problem, "plugin", says, "mend it and load it again"));
        }
        let now = self.harbour.clock.now();
        for (name, aboard) in &self.aboard {
            let state = aboard.view.borrow().state.clone();
            if let State::Failed(_) = state {
                let says = format!("{name} is failed: {}", explain(&state, now));
                let hint = format!("outboard logs {name}; then outboard reset {name}");
                findings.push(finding(Severity::Problem, "plugin", says, &hint));
            }
            let letters =
                self.harbour.switchboard.view(aboard.entrance.member).backlog.dead_letters;
            if letters > 0 {
                let says = format!("{name} has {letters} dead letters");
                let hint = format!("outboard dead-letters list {name}");
                findings.push(finding(Severity::Weak, "events", says, &hint));
            }
            for hook in aboard.spec.hooks.iter().map(|it| &it.decl.hook) {
                let nodes = self.harbour.switchboard.nodes();
                let called = |node: &crate::routing::NodeView| {
                    node.hello.hooks.iter().any(|it| it == hook.as_str())
                };
                if !nodes.is_empty() && !nodes.iter().any(called) {
                    let says = format!("{name} answers {hook}, which no connected app calls");
                    findings.push(finding(Severity::Weak, "hooks", says, ""));
                }
            }
        }
        findings
    }
}

fn finding(severity: Severity, check: &str, says: String, hint: &str) -> Finding {
    Finding { severity: severity.into(), check: check.to_owned(), says, hint: hint.to_owned() }
}
