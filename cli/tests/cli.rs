//! The command line against a daemon that is not there or is played by the test: what is printed,
//! where, and with which exit code. What a real daemon answers is tested elsewhere.
#![allow(clippy::unwrap_used)]

#[path = "cli/documents.rs"]
mod documents;
#[path = "cli/fake.rs"]
mod fake;
#[path = "cli/forms.rs"]
mod forms;
#[path = "cli/plugins.rs"]
mod plugins;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/settings.rs"]
mod settings;
#[path = "cli/shelf.rs"]
mod shelf;
#[path = "cli/storage.rs"]
mod storage;
#[path = "cli/tables.rs"]
mod tables;
#[path = "cli/traces.rs"]
mod traces;
#[path = "cli/troubles.rs"]
mod troubles;
#[path = "cli/visits.rs"]
mod visits;
#[path = "cli/waiting.rs"]
mod waiting;
