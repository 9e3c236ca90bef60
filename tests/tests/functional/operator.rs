//! The operator's side: load, grants, enable, order, doctor, reload, and what persists.

use outboard_proto::admin::{GrantChoice, LoadRequest, Severity, State};
use outboard_tests::{Daemon, Draft, House, Outcome, process};

#[tokio::test]
async fn list_shows_what_is_loaded_and_unload_forgets_it_but_for_its_data() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let data = app.tell("alpha", "data").await?;
    app.tell("alpha", &format!("write {data}/kept something")).await?;
    let names = |list: Vec<outboard_proto::admin::PluginStatus>| {
        list.into_iter().map(|plugin| plugin.name).collect::<Vec<_>>()
    };
    assert_eq!(names(daemon.operator().list().await?), ["alpha"]);
    daemon.operator().unload("alpha").await?;
    assert!(names(daemon.operator().list().await?).is_empty());
    process::none_left_in(&daemon.folder("alpha")).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    assert_eq!(app.tell("alpha", &format!("read {data}/kept")).await?, "something");
    Ok(())
}

#[tokio::test]
async fn watch_says_that_an_unloaded_plugin_is_gone() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    let operator = daemon.operator().clone();
    let gone =
        tokio::spawn(
            async move { operator.wait_until("alpha", "gone", |status| status.gone).await },
        );
    // The watch has begun once it has told of the plugin; a second watch tells as much.
    daemon.operator().wait_running("alpha").await?;
    daemon.operator().unload("alpha").await?;
    gone.await??;
    Ok(())
}

#[tokio::test]
async fn an_unknown_plugin_is_named_in_the_refusal() -> Outcome {
    let daemon = Daemon::start().await?;
    let refusal = daemon.operator().status("nobody").await.unwrap_err();
    assert_eq!(refusal.reason, "UNKNOWN_PLUGIN", "{refusal}");
    assert!(refusal.message.contains("nobody"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_load_without_the_required_grants_is_refused_naming_them() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::interceptor("alpha", "");
    let folder = draft.write(&daemon.house().folders())?;
    let refusal = daemon.operator().load_as(&folder, GrantChoice::None).await.unwrap_err();
    assert!(refusal.message.contains("Permission denied: "), "{refusal}");
    assert!(refusal.message.contains("messages:intercept"), "{refusal}");
    assert!(daemon.operator().status("alpha").await.is_err(), "it is not loaded");
    Ok(())
}

#[tokio::test]
async fn a_load_may_grant_a_list() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::interceptor("alpha", "").may_optionally("messages:send");
    let folder = draft.write(&daemon.house().folders())?;
    let request = LoadRequest {
        path: folder.to_string_lossy().into_owned(),
        grant: GrantChoice::List.into(),
        grants: ["messages:intercept", "commands:own"].map(str::to_owned).to_vec(),
        dry_run: false,
    };
    daemon.operator().load_with(request).await?;
    let status = daemon.operator().wait_running("alpha").await?;
    let granted =
        |name: &str| status.grants.iter().any(|grant| grant.permission == name && grant.granted);
    assert!(granted("messages:intercept") && !granted("messages:send"), "{:?}", status.grants);
    Ok(())
}

#[tokio::test]
async fn a_dry_load_only_says_what_is_asked() -> Outcome {
    let daemon = Daemon::start().await?;
    let folder = Draft::interceptor("alpha", "").write(&daemon.house().folders())?;
    let request = LoadRequest {
        path: folder.to_string_lossy().into_owned(),
        dry_run: true,
        ..LoadRequest::default()
    };
    let asks = daemon.operator().load_with(request).await?.asks;
    let asked =
        |name: &str| asks.iter().any(|ask| ask.permission == name && !ask.reason.is_empty());
    assert!(asked("messages:intercept") && asked("commands:own"), "{asks:?}");
    assert!(daemon.operator().list().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn grants_in_the_files_are_enough_for_an_unattended_load() -> Outcome {
    let config = "[plugins.alpha]\ngrants = [\"messages:intercept\", \"commands:own\"]\n";
    let daemon = Daemon::configured(config).await?;
    let folder = Draft::interceptor("alpha", "").write(&daemon.house().folders())?;
    daemon.operator().load_as(&folder, GrantChoice::Unspecified).await?;
    daemon.operator().wait_running("alpha").await?;
    Ok(())
}

#[tokio::test]
async fn a_grant_withdrawn_later_leaves_the_plugin_stopped_with_the_reason() -> Outcome {
    let config = "[plugins.alpha]\ngrants = [\"messages:intercept\", \"commands:own\"]\n";
    let daemon = Daemon::configured(config).await?;
    let folder = Draft::interceptor("alpha", "").write(&daemon.house().folders())?;
    daemon.operator().load_as(&folder, GrantChoice::Unspecified).await?;
    daemon.operator().wait_running("alpha").await?;
    daemon.house().configure("[plugins.alpha]\ngrants = [\"commands:own\"]\n")?;
    let changed = daemon.operator().reload().await?;
    assert!(changed.faults.is_empty(), "{changed:?}");
    let status = daemon.operator().wait_state("alpha", State::Stopped).await?;
    assert!(status.reason.contains("needs grants: messages:intercept"), "{}", status.reason);
    Ok(())
}

#[tokio::test]
async fn what_is_loaded_enabled_and_granted_comes_back_with_the_daemon() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    daemon.run(&Draft::bare("beta")).await?;
    daemon.operator().disable("beta").await?;
    let (_, house) = daemon.stop().await?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_back("alpha", 1).await?;
    let beta = daemon.operator().status("beta").await?;
    assert_eq!((beta.state(), beta.enabled), (State::Stopped, false));
    daemon.operator().enable("beta").await?;
    daemon.operator().wait_running("beta").await?;
    Ok(())
}

#[tokio::test]
async fn loading_again_takes_the_new_manifest_and_program() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    daemon.load(&Draft::bare("alpha").version("1.1.0")).await?;
    let newer = |status: &outboard_proto::admin::PluginStatus| {
        status.version == "1.1.0" && status.state() == State::Running && status.generation == 2
    };
    daemon.operator().wait_until("alpha", "running 1.1.0", newer).await?;
    Ok(())
}

#[tokio::test]
async fn order_shows_who_is_asked_in_which_phase() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("checker", "phase = \"validate\"\npriority = 1")).await?;
    daemon.run(&Draft::interceptor("writer", "priority = 7")).await?;
    let order = daemon.operator().order("message.before_post").await?;
    let shown: Vec<_> = order
        .entries
        .iter()
        .map(|entry| (entry.plugin.as_str(), entry.phase.as_str(), entry.priority))
        .collect();
    assert_eq!(shown, [("writer", "transform", 7), ("checker", "validate", 1)]);
    assert!(order.budget_us > 0);
    Ok(())
}

#[tokio::test]
async fn doctor_says_what_is_enforced_and_how() -> Outcome {
    let daemon = Daemon::start().await?;
    let findings = daemon.operator().doctor().await?;
    for about in ["memory", "tree", "user"] {
        let found = findings.iter().find(|finding| finding.check.contains(about));
        let found = found.unwrap_or_else(|| panic!("nothing about {about}: {findings:#?}"));
        assert!(!found.says.is_empty() && found.severity() != Severity::Unspecified, "{found:?}");
    }
    Ok(())
}

// I24
#[tokio::test]
async fn status_says_of_every_limit_whether_it_is_held_and_how() -> Outcome {
    let daemon = Daemon::start().await?;
    let status = daemon.run(&Draft::bare("alpha")).await?;
    assert!(!status.enforcement.is_empty());
    for held in &status.enforcement {
        assert!(!held.how.is_empty(), "{held:?}");
        assert_eq!(held.enforced, !held.how.starts_with("NOT "), "{held:?}");
    }
    assert!(status.enforcement.iter().any(|it| it.what.contains("memory") && it.enforced));
    Ok(())
}

#[tokio::test]
async fn values_are_shown_with_their_source_and_the_nearest_to_the_operator_wins() -> Outcome {
    let daemon = Daemon::configured("[plugins.alpha]\nin_flight = 9\n").await?;
    let draft = Draft::bare("alpha").limit("in_flight = 7").limit("pids = 100");
    daemon.run(&draft).await?;
    let shown = async |key: &str| {
        let status = daemon.operator().status("alpha").await?;
        let row = status.settings.iter().find(|row| row.key == key).cloned().unwrap_or_default();
        anyhow::Ok((row.value, row.source))
    };
    let (value, source) = shown("in_flight").await?;
    assert_eq!(value, "9");
    assert!(source.ends_with("outboard.toml:2"), "{source}");
    assert_eq!(shown("pids").await?.1, "manifest");
    assert_eq!(shown("cpu_weight").await?.1, "built-in");

    daemon.house().add_config("50-more.toml", "[plugins.alpha]\nin_flight = 10\n")?;
    daemon.operator().reload().await?;
    assert_eq!(shown("in_flight").await?.0, "10");
    daemon.operator().set("alpha", "in_flight", "11").await?;
    assert_eq!(shown("in_flight").await?, ("11".to_owned(), "cli".to_owned()));
    daemon.operator().revert("alpha", "in_flight").await?;
    assert_eq!(shown("in_flight").await?.0, "10");
    Ok(())
}

#[tokio::test]
async fn diff_tells_what_reload_would_change_and_what_needs_a_restart() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    daemon.house().configure("[plugins.alpha]\nmemory = \"60MiB\"\ncall_timeout = \"7s\"\n")?;
    let told = daemon.operator().diff().await?;
    let of = |key: &str| {
        let change = told.changes.iter().find(|change| change.key.ends_with(key)).cloned();
        change.unwrap_or_else(|| panic!("nothing about {key}: {told:#?}"))
    };
    assert_eq!((of("memory").plugin.as_str(), of("memory").restart.as_str()), ("alpha", "plugin"));
    assert_eq!(of("call_timeout").restart, "");
    assert_eq!(of("call_timeout").after, "7s");
    let done = daemon.operator().reload().await?;
    assert_eq!(done.changes.len(), told.changes.len());
    assert!(daemon.operator().diff().await?.changes.is_empty());
    Ok(())
}

// I36
#[tokio::test]
async fn a_reload_with_faults_changes_nothing_and_tells_all_of_them_with_their_lines() -> Outcome {
    let daemon = Daemon::configured("[plugins.alpha]\nin_flight = 9\n").await?;
    daemon.run(&Draft::bare("alpha")).await?;
    daemon
        .house()
        .configure("[plugins.alpha]\nin_flight = 10\nmemory = \"lots\"\nno_such = 1\n")?;
    let faults = match daemon.operator().reload().await {
        Ok(response) => response.faults,
        Err(refusal) => anyhow::bail!("faults belong into the answer: {refusal}"),
    };
    let lines: Vec<_> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [3, 4], "{faults:?}");
    assert!(faults.iter().all(|fault| fault.file.ends_with("outboard.toml")), "{faults:?}");
    let status = daemon.operator().status("alpha").await?;
    assert!(status.settings.iter().any(|row| row.key == "in_flight" && row.value == "9"));
    Ok(())
}

#[tokio::test]
async fn sighup_reloads_too_and_the_service_manager_is_told() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    daemon.house().configure("[plugins.alpha]\nin_flight = 9\n")?;
    daemon.signal(rustix::process::Signal::HUP)?;
    daemon.wait_notices("RELOADING=1", 1).await?;
    daemon.wait_notices("READY=1", 2).await?;
    let status = daemon.operator().status("alpha").await?;
    assert!(status.settings.iter().any(|row| row.key == "in_flight" && row.value == "9"));
    Ok(())
}

#[tokio::test]
async fn a_plugin_disabled_in_the_files_is_not_started() -> Outcome {
    let daemon = Daemon::configured("[plugins.alpha]\nenabled = false\n").await?;
    daemon.load(&Draft::bare("alpha")).await?;
    let status = daemon.operator().status("alpha").await?;
    assert_eq!((status.state(), status.enabled), (State::Stopped, false));
    assert!(status.reason.contains("disabled"), "{}", status.reason);
    Ok(())
}

#[tokio::test]
async fn a_backup_taken_while_running_can_be_restored() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    let dir = daemon.house().root().join("backup");
    let backup = daemon.operator().backup(&dir).await?;
    assert!(!backup.files.is_empty() && backup.bytes > 0, "{backup:?}");
    daemon.operator().unload("alpha").await?;
    daemon.operator().restore(&dir).await?;
    let (_, house) = daemon.stop().await?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_takes_long_to_stop_holds_up_no_other_question() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("beta")).await?;
    daemon.run(&Draft::sinner("alpha", "ignore-term")).await?;
    let asked = async {
        for _ in 0..3 {
            daemon.operator().list().await?;
            daemon.operator().status("beta").await?;
        }
        daemon.operator().disable("beta").await
    };
    tokio::select! {
        biased;
        answer = asked => drop(answer?),
        unloaded = daemon.operator().unload("alpha") => {
            anyhow::bail!("unload, which takes seconds, was first: {unloaded:?}")
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_daemon_tells_of_itself() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    let _app = daemon.app().await?;
    let info = daemon.operator().daemon().await?;
    assert_eq!((info.pid, info.plugins, info.running), (daemon.pid(), 1, 1));
    assert_eq!(info.apps.len(), 1);
    assert!(info.resident_bytes > 0);
    Ok(())
}

#[tokio::test]
async fn an_installed_folder_starts_only_if_it_is_enabled() -> Outcome {
    let grants = "grants = \"asked\"";
    let house = House::new(&format!("[plugins.alpha]\nenabled = true\n{grants}\n"))?;
    let installed = house.state().join("plugins");
    for name in ["alpha", "beta"] {
        Draft::bare(name).write(&installed)?;
    }
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    let beta = daemon.operator().status("beta").await?;
    assert_eq!((beta.state(), beta.enabled), (State::Stopped, false));
    Ok(())
}
