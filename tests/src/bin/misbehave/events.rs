//! What it does with events. A message's words tell it, as they do at a hook.
//!
//! It refuses to know which events it will be sent.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::{Event, Failure, Reason, event};
use outboard_proto::plugin::{Ack, Delivery, plugin_frame};
use outboard_tests::values;
use tonic::Code;

use crate::plugin::Plugin;
use crate::{answers, host};

/// In its data folder: an event a line, its id, its attempt, what it says.
const RECORD: &str = "events.log";

/// Handles one event and acknowledges it, or does not.
pub async fn handle(plugin: Arc<Plugin>, delivery: Delivery) {
    let event = delivery.event.unwrap_or_default();
    let text = text_of(&event).to_owned();
    plugin.note(format!("event {} attempt={} {text}", event.r#type, delivery.attempt));
    if let Some(event::Of::Schedule(schedule)) = &event.of {
        let (name, due) = (&schedule.name, schedule.scheduled_at_us);
        plugin.note(format!("due {name} {due} attempt={}", delivery.attempt));
    }
    let mut failure = None;
    for (verb, value) in answers::told(plugin.name(), &text) {
        match verb.as_str() {
            "sleep" => {
                let time = Duration::from_millis(value.parse().unwrap_or(0));
                tokio::time::sleep(time).await;
            }
            "crash" => std::process::exit(3),
            "silent" => return,
            "sleep-first" if delivery.attempt == 1 => {
                let time = Duration::from_millis(value.parse().unwrap_or(0));
                tokio::time::sleep(time).await;
            }
            "sleep-first" => {}
            "fail-below" if delivery.attempt < value.parse().unwrap_or(0) => {
                let told = "told to fail";
                failure = Some(Failure::new(Code::Internal, Reason::HandlerFailed, told));
            }
            "fail-below" => {}
            "log" => eprintln!("took attempt={} {text}", delivery.attempt),
            "record" => record(&event.id, delivery.attempt, &text),
            "fail" => {
                let told = "told to fail";
                failure = Some(Failure::new(Code::Internal, Reason::HandlerFailed, told));
            }
            "reply" => {
                let cause = format!("e{}", delivery.delivery);
                let said = format!("{} saw {text}", plugin.name());
                let answer = host::reply(&plugin, &cause, &said).await;
                eprintln!("replied: {answer}");
            }
            // For whoever hears it to say the same.
            "echo" | "echo-unasked" => {
                let cause = match verb.as_str() {
                    "echo" => format!("e{}", delivery.delivery),
                    _ => String::new(),
                };
                let (said, channel) = (format!("all:{verb}"), channel_of(&event));
                plugin.note(host::send(&plugin, &cause, channel, &said, "").await);
            }
            _ => plugin.note(format!("{verb} is nothing it could do")),
        }
    }
    let ack = Ack { delivery: delivery.delivery, failure };
    plugin.send(plugin_frame::Kind::Ack(ack)).await;
}

/// Writes down that it has come, where a kill does not take it away.
fn record(id: &str, attempt: u32, text: &str) {
    let folder = std::env::var_os("OUTBOARD_DATA_DIR").unwrap_or_default();
    let path = std::path::Path::new(&folder).join(RECORD);
    let written = std::fs::File::options()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(format!("{id} {attempt} {text}\n").as_bytes()));
    if let Err(error) = written {
        eprintln!("{}: {error}", path.display());
    }
}

fn channel_of(event: &Event) -> &str {
    match &event.of {
        Some(event::Of::Message(message)) => message.channel.as_ref().map_or("", |it| &it.id),
        Some(_) | None => "",
    }
}

fn text_of(event: &Event) -> &str {
    match &event.of {
        Some(event::Of::Message(message)) => values::text_of(message.body.as_ref()),
        Some(event::Of::Schedule(schedule)) => &schedule.name,
        Some(event::Of::Custom(custom)) => &custom.json,
        Some(event::Of::User(change)) => change.user.as_ref().map_or("", |user| &user.id),
        Some(_) | None => "",
    }
}
