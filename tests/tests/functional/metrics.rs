//! Metrics: what an operator who sees nothing else can tell from them.

use std::collections::{BTreeMap, BTreeSet};

use outboard_proto::admin::Severity;
use outboard_tests::catcher::{fetch, fetch_at, free_port};
use outboard_tests::{Daemon, Draft, Outcome, PATIENCE};

/// A heartbeat that notices within half a second, and back-off that is over soon.
const LIVELY: &str = "[defaults]\nheartbeat = \"100ms\"\nheartbeat_timeout = \"100ms\"\n\
                      backoff_first = \"20ms\"\nbackoff_max = \"100ms\"\n";

/// One sample: its labels and its number.
type Sample = (BTreeMap<String, String>, f64);

/// Samples of a name, out of the text alone.
fn samples(text: &str, name: &str) -> Vec<Sample> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let of = lines.filter_map(|line| {
        let (key, number) = line.rsplit_once(' ')?;
        let (found, labels) = key.split_once('{').unwrap_or((key, "}"));
        let pairs = labels.trim_end_matches('}').split(',').filter_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            Some((key.to_owned(), value.trim_matches('"').to_owned()))
        });
        (found == name).then(|| Some((pairs.collect(), number.parse().ok()?)))?
    });
    of.collect()
}

/// Plugins with a sample of this name that has these labels and is larger than `least`.
fn with(text: &str, name: &str, labels: &[(&str, &str)], least: f64) -> BTreeSet<String> {
    let all = samples(text, name).into_iter();
    let found = all.filter(|(has, number)| {
        *number > least
            && labels.iter().all(|(key, value)| has.get(*key).is_some_and(|it| it == value))
    });
    found.filter_map(|(has, _)| has.get("plugin").cloned()).collect()
}

/// What is wrong with whom, as the shipped alert rules see it.
fn diagnosis(text: &str) -> BTreeMap<String, &'static str> {
    let ended = |cause: &str| with(text, "outboard_plugin_ends_total", &[("cause", cause)], 0.0);
    let slow = with(text, "outboard_plugin_uses_total", &[("outcome", "timed-out")], 2.0);
    let mut found = BTreeMap::new();
    for (names, what) in [
        (slow, "slow"),
        (ended("exited"), "crashing"),
        (ended("hung"), "hung"),
        (ended("oom"), "leaking"),
    ] {
        found.extend(names.into_iter().map(|name| (name, what)));
    }
    found
}

#[tokio::test]
async fn a_slow_a_leaking_a_crashing_and_a_hung_plugin_are_told_apart_by_metrics_alone() -> Outcome
{
    let daemon = Daemon::configured(LIVELY).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::interceptor("aa", "timeout = \"30ms\"\n")).await?;
    for name in ["bb", "cc", "dd", "ee"] {
        daemon.run(&Draft::obedient(name).limit("memory = \"50MiB\"")).await?;
    }
    for _ in 0..4 {
        app.post("town", "aa:silent").await?;
    }
    app.order("bb", "eat-memory").await?;
    app.order("cc", "exit 3").await?;
    app.order("dd", "stop").await?;
    app.tell("ee", "say well").await?;
    let operator = daemon.operator();
    for name in ["bb", "cc", "dd"] {
        operator.wait_back(name, 1).await?;
    }
    let text = operator.metrics().await?;
    let wanted = [("aa", "slow"), ("bb", "leaking"), ("cc", "crashing"), ("dd", "hung")];
    let wanted: BTreeMap<String, &str> =
        wanted.into_iter().map(|(name, what)| (name.to_owned(), what)).collect();
    assert_eq!(diagnosis(&text), wanted, "{text}");
    let restarted = with(&text, "outboard_plugin_restarts_total", &[], 0.0);
    assert_eq!(restarted.into_iter().collect::<Vec<_>>(), ["bb", "cc", "dd"]);
    let running = with(&text, "outboard_plugin_state", &[("state", "running")], 0.0);
    assert_eq!(running.len(), 5, "{text}");
    assert!(with(&text, "outboard_plugin_breaker_openings_total", &[], 0.0).contains("aa"));
    Ok(())
}

#[tokio::test]
async fn the_port_serves_what_the_command_prints() -> Outcome {
    let address = free_port().await?;
    let daemon = Daemon::configured(&format!("[metrics]\nlisten = \"{address}\"\n")).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let answer = served(&address, "/metrics").await?;
    let (head, text) = answer.split_once("\r\n\r\n").unwrap_or_default();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    let labels = [("plugin", "alpha"), ("state", "running")];
    assert!(!with(text, "outboard_plugin_state", &labels, 0.0).is_empty(), "{text}");
    let names = |text: &str| -> BTreeSet<String> {
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        types.map(str::to_owned).collect()
    };
    assert_eq!(names(text), names(&daemon.operator().metrics().await?));
    assert!(served(&address, "/other").await?.starts_with("HTTP/1.1 404"));
    Ok(())
}

async fn served(address: &str, path: &str) -> anyhow::Result<String> {
    let search = async {
        loop {
            if let Ok(answer) = fetch(address, path).await {
                return answer;
            }
        }
    };
    Ok(tokio::time::timeout(PATIENCE, search).await?)
}

// I102
#[tokio::test]
async fn a_taken_port_is_told_and_nothing_else_suffers() -> Outcome {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = taken.local_addr()?;
    let daemon = Daemon::configured(&format!("[metrics]\nlisten = \"{address}\"\n")).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let told = async {
        loop {
            let findings = daemon.operator().doctor().await?;
            let found = findings.into_iter().find(|it| it.check == "metrics port");
            if let Some(found) = found.filter(|it| it.severity() == Severity::Problem) {
                return anyhow::Ok(found.says);
            }
        }
    };
    let says = tokio::time::timeout(PATIENCE, told).await??;
    assert!(says.contains("cannot listen"), "{says}");
    assert_eq!(daemon.app().await?.tell("alpha", "say well").await?, "well");
    Ok(())
}

// I103
#[tokio::test]
async fn strangers_are_never_served() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.house().configure("[metrics]\nlisten = \"0.0.0.0:9464\"\n")?;
    let reloaded = daemon.operator().reload().await?;
    assert!(reloaded.faults.iter().any(|it| it.message.contains("loopback only")), "{reloaded:?}");
    Ok(())
}

#[tokio::test]
async fn the_admin_socket_serves_metrics_and_nothing_else_over_http_1() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let socket = daemon.house().admin_socket();
    let answer = fetch_at(&socket, "/metrics").await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("application/openmetrics-text; version=1.0.0"), "{answer}");
    let labels = [("plugin", "alpha"), ("state", "running")];
    assert!(!with(&answer, "outboard_plugin_state", &labels, 0.0).is_empty(), "{answer}");
    assert!(answer.ends_with("# EOF\n"), "{answer}");
    let rpc = fetch_at(&socket, "/outboard.admin.v1.Admin/List").await?;
    assert!(rpc.starts_with("HTTP/1.1 404 "), "{rpc}");
    assert!(rpc.ends_with("there is only /metrics here\n"), "{rpc}");
    Ok(())
}
