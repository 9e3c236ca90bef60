//! Claims about the operator's files: merging by name, key by key, and every fault at once.

use super::*;
use crate::config::amount::Bytes;
use crate::config::manifest::Hook;
use crate::config::permission::Grants;
use crate::config::source::Source;
use crate::outlets::alerts::Kind;

fn parse(texts: &[&str]) -> Result<OperatorConfig, Faults> {
    let file = |index: usize| PathBuf::from(format!("{index}.toml"));
    let texts: Vec<(PathBuf, String)> =
        texts.iter().enumerate().map(|(index, text)| (file(index), (*text).to_owned())).collect();
    OperatorConfig::parse(&texts)
}

fn faults(text: &str) -> String {
    parse(&[text]).unwrap_err().to_string()
}

#[test]
fn everything_the_operator_can_say_is_read() {
    let config = parse(&[r#"
        [daemon]
        uid_range = "5000-5999"
        allow_root_plugins = true
        env_allow = ["LANG"]
        plugins_memory = "2GiB"
        [runtimes]
        python3 = "/usr/bin/python3"
        [ceilings]
        memory = "512MiB"
        [defaults]
        pids = 64
        [plugins."moderator"]
        enabled = true
        grants = ["messages:read"]
        closed = ["message.before_post"]
        memory = "100MiB"
        intensity = 50
        [app]
        group = "chat"
        [admin]
        group = "wheel"
        [debug]
        enabled = true
        [metrics]
        listen = "127.0.0.1:9464"
        [usage]
        webhook = "http://127.0.0.1:8080/usage"
        [alerts]
        command = ["/usr/local/bin/page", "outboard"]
        webhook = "https://hooks.example.org/alerts"
        ca = "/etc/outboard/ca.pem"
        channel = "id:C1"
        workspace = "w"
        kinds = ["failed", "dead-letters"]
    "#])
    .unwrap();
    assert_eq!(config.daemon.uid_range.value, UidRange { first: 5000, last: 5999 });
    assert_eq!(config.daemon.root_plugins.value, RootPlugins::Allowed);
    assert_eq!(config.daemon.plugins_memory.as_ref().unwrap().value, Bytes::mib(2048));
    assert_eq!(config.ceilings.memory.value, Bytes::mib(512));
    let policy = &config.plugins["moderator"];
    assert_eq!(policy.grants.as_ref().unwrap().value, "messages:read".parse::<Grants>().unwrap());
    assert_eq!(policy.closed.as_ref().unwrap().value, [Hook::BeforePost].into());
    assert_eq!(policy.keys.intensity.as_ref().unwrap().value, 50);
    assert_eq!(config.debug.value, DebugMode::Allowed);
    let Reporting { metrics, usage, usage_ca, alerts } = &config.reporting;
    assert_eq!(metrics.as_ref().unwrap().value.port(), 9464);
    assert_eq!(usage.as_ref().unwrap().value.path, "/usage");
    assert!(usage_ca.is_none());
    let post = alerts.post().unwrap();
    assert_eq!((post.to.port, post.ca), (443, Some("/etc/outboard/ca.pem".into())));
    assert_eq!(alerts.command.as_ref().unwrap().value.len(), 2);
    assert_eq!(alerts.channel.as_ref().unwrap().value, "C1");
    assert!(!alerts.is_silent() && alerts.wants(Kind::Failed) && !alerts.wants(Kind::Refused));
    assert!(OperatorConfig::default().reporting.alerts.is_silent());
    assert_eq!(OperatorConfig::default().debug.value, DebugMode::Refused);
    assert_eq!((&*config.app_group.value, &*config.admin_group.value), ("chat", "wheel"));
}

#[test]
fn a_later_file_wins_key_by_key_and_says_so() {
    let config = parse(&[
        "[plugins.aa]\nmemory = \"60MiB\"\npids = 9\n[runtimes]\nx = \"/x\"\n",
        "[plugins.aa]\nmemory = \"70MiB\"\n[runtimes]\ny = \"/y\"\n",
    ])
    .unwrap();
    let keys = &config.plugins["aa"].keys;
    let memory = keys.memory.as_ref().unwrap();
    assert_eq!(memory.value, Bytes::mib(70));
    assert_eq!(memory.source.to_string(), "1.toml:2");
    assert_eq!(keys.pids.as_ref().unwrap().value, 9);
    assert_eq!(config.runtimes.len(), 2);
}

#[test]
fn no_files_means_defaults() {
    let config = OperatorConfig::default();
    assert_eq!(config.app_group.value, "outboard-app");
    assert_eq!(config.ceilings.memory.value, Bytes::mib(256));
    assert_eq!(config.daemon.uid_range.source, Source::BuiltIn);
}

#[test]
fn every_file_is_read_in_the_order_of_names() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("conf.d")).unwrap();
    write("outboard.toml", "[app]\ngroup = \"one\"\n");
    write("conf.d/20.toml", "[app]\ngroup = \"three\"\n");
    write("conf.d/10.toml", "[app]\ngroup = \"two\"\n");
    write("conf.d/30.toml.bak", "rubbish");
    let paths = Paths {
        config: folder.path().to_owned(),
        state: "/s".into(),
        runtime: "/r".into(),
        system_plugins: None,
    };
    let config = OperatorConfig::load(&paths).unwrap();
    assert_eq!(config.app_group.value, "three");
    assert_eq!(config.files.len(), 3);
    write("outboard.toml", "[apq]\n");
    write("conf.d/20.toml", "rubbish\n");
    write("conf.d/40.toml", "[admin]\ngroup = 7\n");
    let faults = OperatorConfig::load(&paths).unwrap_err();
    assert_eq!(faults.iter().count(), 3, "{faults}");
    let nowhere = Paths { config: folder.path().join("none"), ..paths };
    assert_eq!(OperatorConfig::load(&nowhere).unwrap(), OperatorConfig::default());
}

#[test]
fn what_cannot_be_meant_is_refused() {
    assert!(faults("[daemon]\nuid_range = \"0-10\"\n").contains("uid 0 is root"));
    assert!(faults("[daemon]\nuid_range = \"20-10\"\n").contains("not a range"));
    assert!(faults("[daemon]\nenv_allow = [\"LD_PRELOAD\"]\n").contains("never reaches"));
    assert!(faults("[runtimes]\npython3 = \"python3\"\n").contains("absolute path"));
    assert!(faults("[ceilings]\nintensity = 9\n").contains("unknown key"));
    assert!(faults("[plugins.\"../up\"]\n").contains("not a plugin name"));
    assert!(faults("[plugins.aa]\ngrants = \"all\"\n").contains("no such permission: all"));
    assert!(faults("[plugins.aa]\nclosed = [\"x\"]\n").contains("no such hook"));
    assert!(faults("[plugins.aa]\nmemroy = \"1MiB\"\n").contains("did you mean memory?"));
    assert!(faults("[app]\ngroup = \"a b\"\n").contains("not the name of a group"));
    assert!(faults("[metrics]\nlisten = \"0.0.0.0:1\"\n").contains("loopback only"));
    assert!(faults("[usage]\nwebhook = \"ftp://x/\"\n").contains("https:// or http://"));
    assert!(faults("[usage]\nca = \"ca.pem\"\n").contains("no absolute path"));
    assert!(faults("[alerts]\ncommand = \"mail root\"\n").contains("expected a list"));
    assert!(faults("[alerts]\ncommand = [\"mail\"]\n").contains("absolute path"));
    assert!(faults("[alerts]\nchannel = \"town\"\n").contains("channel's id"));
    assert!(faults("[alerts]\nkinds = [\"faild\"]\n").contains("did you mean failed?"));
}

#[test]
fn what_later_daemons_know_is_named_as_not_supported() {
    for text in ["[app]\nlisten = \"127.0.0.1:1\"\n", "[admin]\nlisten = \"[::1]:1\"\n"] {
        assert!(faults(text).contains("not supported by this daemon"), "{text}");
    }
}

#[test]
fn a_plugin_given_twice_in_one_file_is_refused() {
    let twice = faults("[plugins.aa]\npids = 1\n[plugins.aa]\npids = 2\n");
    assert!(twice.starts_with("0.toml:3"), "{twice}");
}
