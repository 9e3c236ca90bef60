//! Spans that the daemon exports, as a collector sees them: one trace from the app through plugins
//! to the host API, each call below what caused it. Built with the feature `otel`, like the daemon.

use outboard_proto::app::{RunCommand, Sent, answer};
use outboard_proto::common::{Event, Trace};
use outboard_tests::collector::{Collector, Span};
use outboard_tests::{App, Daemon, Draft, House, Outcome, app, values};

/// What the app is doing.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn of_the_app() -> Trace {
    Trace { traceparent: format!("00-{TRACE}-{SPAN}-01"), tracestate: "vendor=1".to_owned() }
}

/// A daemon that exports to a collector at once.
async fn exporting() -> anyhow::Result<(Collector, Daemon, App)> {
    let collector = Collector::start().await?;
    let surroundings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address()),
        // Milliseconds.
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    let house = House::surrounded("", &surroundings)?;
    let daemon = Daemon::in_house(house).await?;
    let app = daemon.app().await?;
    Ok((collector, daemon, app))
}

fn traced(text: &str) -> RunCommand {
    RunCommand { trace: Some(of_the_app()), ..app::command("alpha", text) }
}

fn is_below(span: &Span, parent: &str) -> bool {
    (span.trace.as_str(), span.parent.as_str()) == (TRACE, parent)
}

#[tokio::test]
async fn app_plugin_plugin_and_host_api_are_one_trace_and_each_is_below_its_cause() -> Outcome {
    let (collector, daemon, app) = exporting().await?;
    daemon.run(&Draft::obedient("beta").method("define", "")).await?;
    let caller = Draft::obedient("alpha").calls(&["beta"]).may("messages:send");
    daemon.run(&caller).await?;

    app.run_command(traced("call beta define {}")).await?;
    let command = collector.span("alpha", "command alpha").await?;
    assert!(is_below(&command, SPAN), "{command:?}");
    assert!(command.took_ns > 0 && command.failure.is_empty(), "{command:?}");
    assert_eq!(command.attributes["service.name"], "outboardd");
    assert_eq!(command.attributes["outboard.outcome"], "ok");
    let host = collector.span("alpha", "host Plugins/Call").await?;
    assert!(is_below(&host, &command.id), "{host:?} of {command:?}");
    let method = collector.span("beta", "method define").await?;
    assert!(is_below(&method, &command.id), "{method:?} of {command:?}");

    let told = app.start_command(traced("send c-town hello")).await?;
    let request = app.request().await?;
    let sent = answer::Result::Sent(Sent { message_id: "m1".to_owned() });
    app.answer(request.id, sent).await?;
    told.answer().await?;
    let sending = collector.span("alpha", "host Messages/Send").await?;
    let carried = request.trace.unwrap_or_default();
    assert_eq!(carried.traceparent, format!("00-{TRACE}-{}-01", sending.parent));
    assert_eq!(carried.tracestate, "vendor=1");
    assert_eq!(sending.trace, TRACE);
    Ok(())
}

#[tokio::test]
async fn an_event_is_below_what_published_it_and_what_fails_says_so() -> Outcome {
    let (collector, daemon, app) = exporting().await?;
    daemon.run(&Draft::listener("alpha", "").may("messages:send")).await?;
    let posted = values::posted("town", "all:fail-below=2");
    app.publish(Event { trace: Some(of_the_app()), ..posted }).await?;
    let delivery = collector.span("alpha", "event message.posted").await?;
    assert!(is_below(&delivery, SPAN), "{delivery:?}");
    assert_eq!(delivery.failure, "failed");
    Ok(())
}

#[tokio::test]
async fn what_the_app_says_nothing_of_is_a_trace_of_its_own() -> Outcome {
    let (collector, daemon, app) = exporting().await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    app.post("town", "hello").await?;
    let hook = collector.span("alpha", "hook message.before_post").await?;
    assert!(hook.parent.is_empty(), "{hook:?}");
    assert_ne!(hook.trace, TRACE);
    Ok(())
}

#[tokio::test]
async fn a_collector_that_is_not_there_costs_nothing_but_spans() -> Outcome {
    let address = outboard_tests::catcher::free_port().await?;
    let endpoint = format!("http://{address}");
    let surroundings =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "50")];
    let daemon = Daemon::in_house(House::surrounded("", &surroundings)?).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let app = daemon.app().await?;
    for _ in 0..3 {
        assert_eq!(app.tell("alpha", "say well").await?, "well");
    }
    drop(app);
    let (ended, _) = daemon.stop().await?;
    assert!(ended.success(), "{ended:?}");
    Ok(())
}
