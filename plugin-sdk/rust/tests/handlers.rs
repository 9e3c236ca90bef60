//! Handlers of every kind in the harness: what they are given and what they may say.
//!
//! It refuses to know sockets; tests/session has those.
#![allow(clippy::unwrap_used)] // Helpers are test code, though no test themselves.

use std::cell::Cell;
use std::rc::Rc;

use outboard_plugin::proto::common::hook_answer::Answer;
use outboard_plugin::proto::common::hook_payload::Of;
use outboard_plugin::proto::common::{
    Attachment, Channel, ChannelDraft, Custom, Delete, Edit, Event, Failure, HookPayload, Join,
    Login, Message, Reaction, Reason, Sender, Upload, body, event, value,
};
use outboard_plugin::proto::plugin::Welcome;
use outboard_plugin::test::{Emitted, Harness, Said, Sent, message};
use outboard_plugin::{
    BeforePost, Body, Command, Error, Fired, HostError, HttpRequest, HttpResponse, Later, Plugin,
    PluginCall, Rejection, Reply, Result, Start, Verdict, blocking,
};

fn plugin() -> Plugin {
    Plugin::new("test", "1.0.0")
}

fn content(verdict: &Verdict) -> Option<body::Content> {
    match verdict.answer() {
        Answer::Replace(HookPayload { of: Some(Of::BeforePost(message)) }) => {
            message.body.clone().unwrap().content
        }
        _ => None,
    }
}

#[test]
fn a_rewrite_keeps_the_kind_of_text_and_everything_else() {
    let mut daemon = Harness::new(plugin().before_post(async |m| m.rewrite("new")));
    let before = message("ada", "c1", Body::markdown("*old*"));
    let verdict = daemon.before_post(before.clone()).unwrap();

    assert_eq!(content(&verdict), Some(body::Content::Markdown("new".to_owned())));
    let Answer::Replace(HookPayload { of: Some(Of::BeforePost(mut after)) }) =
        verdict.answer().clone()
    else {
        panic!("nothing replaced")
    };
    after.body.clone_from(&before.body);
    assert_eq!(*after, before);
}

#[test]
fn a_rewrite_to_the_same_text_changes_nothing() {
    let mut daemon = Harness::new(plugin().before_post(async |m| m.rewrite(m.text())));
    assert_eq!(daemon.before_post("hello").unwrap(), Verdict::pass());
}

#[test]
fn a_rejection_can_be_silent_and_carry_a_code() {
    let silent = || Rejection::new("spam").code("spam").silent();
    let mut daemon = Harness::new(plugin().before_post(async move |m| m.reject(silent())));
    let verdict = daemon.before_post("buy").unwrap();
    let Answer::Reject(reject) = verdict.answer() else { panic!("let through") };
    assert_eq!((reject.code.as_str(), reject.silent), ("spam", true));
    assert_eq!(verdict.rejection(), Some("spam"));
}

#[test]
fn an_edit_shows_both_texts_and_can_be_rewritten() {
    let shout = plugin().before_edit(async |edit| {
        edit.rewrite(format!("{} (was: {})", edit.text(), edit.stored_text()))
    });
    let (new, old) = (message("ada", "c1", "new"), message("ada", "c1", "old"));
    let edit = Of::BeforeEdit(Box::new(Edit { message: Some(new), stored: Some(old) }));
    let verdict = Harness::new(shout).intercept(edit).unwrap();
    assert_eq!(verdict.text(), Some("new (was: old)"));
}

#[test]
fn a_deletion_can_be_refused() {
    let keep = plugin().before_delete(async |delete| match delete.by().name.as_str() {
        "admin" => delete.pass(),
        _ => delete.reject(format!("{:?} stays", delete.text())),
    });
    let delete = Delete { stored: Some(message("ada", "c1", "evidence")), by: None };
    let verdict = Harness::new(keep).intercept(Of::BeforeDelete(Box::new(delete))).unwrap();
    assert_eq!(verdict.rejection(), Some("\"evidence\" stays"));
}

#[test]
fn a_hook_of_the_app_is_intercepted_by_its_name() {
    let custom = plugin().intercept("x.shop.before_order", async |hook| match hook.payload() {
        HookPayload { of: Some(Of::Custom(order)) } if order.json == "{}" => {
            Verdict::reject("empty")
        }
        _ => Verdict::handled(),
    });
    let order = Custom { name: "x.shop.before_order".to_owned(), json: "{}".to_owned() };
    let verdict = Harness::new(custom).intercept(Of::Custom(order)).unwrap();
    assert_eq!(verdict.rejection(), Some("empty"));
}

#[test]
fn messages_about_to_be_shown_are_rewritten_but_for_those_that_may_not_change() {
    let mask = plugin().before_render(async |m| m.rewrite(|text| text.replace("darn", "d*rn")));
    let fixed = Message { mutable: false, ..message("ada", "c1", "darn") };
    let shown = [message("bob", "c1", "oh darn"), fixed.clone()];
    let verdict = Harness::new(mask).before_render(shown).unwrap();
    let Answer::Replace(HookPayload { of: Some(Of::BeforeRender(batch)) }) = verdict.answer()
    else {
        panic!("{verdict:?}")
    };
    assert_eq!(batch.messages[0].body, message("bob", "c1", "oh d*rn").body);
    assert_eq!(batch.messages[1], fixed);
}

#[test]
fn each_gate_has_its_handler() {
    let guard = plugin()
        .before_reaction(async |r| r.reject(format!("no {}", r.text())))
        .before_upload(async |u| u.reject(u.file().name.clone()))
        .before_join(async |j| j.reject(j.user().name.clone()))
        .before_login(async |l| l.reject(l.login().address.clone()))
        .before_create(async |c| c.reject(c.channel().name.clone()))
        .custom("x.shop.before_order", async |o| o.rewrite("[]"));
    let mut daemon = Harness::new(guard);
    let reaction = Reaction { reaction: "+1".into(), ..Reaction::default() };
    let file = Attachment { name: "a.exe".into(), ..Attachment::default() };
    let upload = Upload { file: Some(file), ..Upload::default() };
    let user = Some(Sender { name: "eve".into(), ..Sender::default() });
    let login = Login { address: "::1".into(), ..Login::default() };
    let channel = Some(Channel { name: "ops".into(), ..Channel::default() });
    let mut says = |of| daemon.intercept(of).unwrap().rejection().unwrap().to_owned();
    assert_eq!(says(Of::BeforeReaction(reaction.into())), "no +1");
    assert_eq!(says(Of::BeforeUpload(upload.into())), "a.exe");
    assert_eq!(says(Of::BeforeJoin(Join { user, ..Join::default() }.into())), "eve");
    assert_eq!(says(Of::BeforeLogin(login.into())), "::1");
    assert_eq!(
        says(Of::BeforeCreate(ChannelDraft { channel, ..ChannelDraft::default() }.into())),
        "ops"
    );
    let order = daemon.custom("x.shop.before_order", "{}").unwrap();
    assert!(matches!(order.answer(), Answer::Replace(_)), "{order:?}");
}

#[test]
fn any_event_can_be_handled_by_its_name() {
    let seen = Rc::new(Cell::new(0));
    let counted = Rc::clone(&seen);
    let plugin = plugin().on_event("reaction.added", async move |event| {
        assert!(matches!(event.content(), Some(event::Of::Reaction(_))));
        counted.set(event.attempt());
    });
    let reaction = event::Of::Reaction(Reaction::default());
    Harness::new(plugin).event("reaction.added", reaction).unwrap();
    assert_eq!(seen.get(), 1);
}

#[test]
fn an_event_without_its_content_fails_and_the_handler_is_not_asked() {
    let plugin = plugin().on_posted(async |_| -> Result { unreachable!("it has no message") });
    let failure = Harness::new(plugin)
        .event("message.posted", event::Of::Reaction(Reaction::default()))
        .unwrap_err();
    assert_eq!(failure.message, "the event carries no message");
}

#[test]
fn arguments_have_the_types_that_the_handler_names() {
    let plugin = plugin().command("args", async |cmd| -> Result<Reply> {
        let (who, count) = (cmd.arg::<String>("who")?, cmd.arg::<i64>("count")?);
        let (share, sure) = (cmd.arg::<f64>("share")?, cmd.arg::<bool>("sure")?);
        let note = cmd.arg::<Option<String>>("note")?;
        Ok(cmd.whisper(format!("{who} {count} {share} {sure} {note:?}")))
    });
    let mut daemon = Harness::new(plugin);
    let call = daemon.command("args").arg("who", value::Of::User("u1".to_owned()));
    let reply = call.arg("count", 3).arg("share", 0.5).arg("sure", true).run().unwrap();
    assert_eq!(reply.text(), "u1 3 0.5 true None");
    assert!(reply.is_whisper());

    let failure = daemon.command("args").arg("who", "ada").arg("count", "three").run();
    let told = "argument count of /args is no integer: does the manifest declare it so?";
    assert_eq!(failure.unwrap_err().message, told);
}

#[test]
fn progress_and_pieces_are_seen_before_the_reply() {
    let plugin = plugin().command("think", async |cmd| -> Result<Reply> {
        cmd.progress(50, "half").await?;
        let mut answer = cmd.stream();
        answer.push("4").await?;
        answer.push("2").await?;
        Ok(answer.finish())
    });
    let mut daemon = Harness::new(plugin);
    assert_eq!(daemon.command("think").run().unwrap().text(), "42");
    let said = [
        Said::Progress(50, "half".to_owned()),
        Said::Piece("4".to_owned()),
        Said::Piece("2".to_owned()),
    ];
    assert_eq!(daemon.said(), said);
}

#[test]
fn what_handlers_send_is_kept_in_order() {
    let plugin = plugin().on_posted(async |event| -> Result {
        event.ctx().reply("here").await?;
        event.ctx().send("c9", Body::markdown("*there*")).await?;
        Ok(())
    });
    let mut daemon = Harness::new(plugin);
    daemon.posted("hello").unwrap();
    let nobody = || (None, None);
    let (only_to, to_user) = nobody();
    let here = Sent { channel: None, body: Body::plain("here"), only_to, to_user };
    let (only_to, to_user) = nobody();
    let channel = Some("c9".to_owned());
    let there = Sent { channel, body: Body::markdown("*there*"), only_to, to_user };
    assert_eq!(daemon.sent(), [here, there]);
}

#[test]
fn an_event_says_which_attempt_it_is_and_a_handler_that_fails_has_not_acknowledged() {
    let mut daemon = Harness::new(plugin().on_posted(async |event| -> Result {
        match event.attempt() {
            1 => Err(Error::new(format!("not {} yet", event.id()))),
            _ => Ok(()),
        }
    }));
    let posted = Event {
        id: "e1".into(),
        r#type: "message.posted".into(),
        of: Some(event::Of::Message(Box::new(message("ada", "c1", Body::plain("hi"))))),
        ..Event::default()
    };
    let failure = daemon.deliver(posted.clone(), 1).unwrap_err();
    assert_eq!((failure.reason(), failure.message), (Reason::HandlerFailed, "not e1 yet".into()));
    daemon.deliver(posted, 2).unwrap();
}

#[test]
fn events_of_its_own_are_told_through_the_host() {
    let handler = async |event: outboard_plugin::MessageEvent| {
        event.ctx().emit("case_opened", "{}").await.map(drop)
    };
    let mut daemon = Harness::new(plugin().on_posted(handler));
    daemon.posted("hi").unwrap();
    let told = Emitted { event: "case_opened".into(), json: "{}".into() };
    assert_eq!(daemon.emitted(), [told]);
}

#[test]
fn a_refusal_of_the_host_is_the_handlers_failure() {
    let plugin = plugin().on_posted(async |event| event.ctx().reply("hi").await);
    let mut daemon = Harness::new(plugin);
    daemon.refuse(HostError::Refused {
        reason: Reason::PermissionDenied,
        message: "messages:send".to_owned(),
        retry_after: None,
    });
    let failure = daemon.posted("hello").unwrap_err();
    assert_eq!(failure.to_string(), "HANDLER_FAILED: PERMISSION_DENIED: messages:send");
}

#[test]
fn blocking_handlers_wait_for_the_host_and_their_panics_are_caught() {
    let plugin = plugin()
        .before_post(blocking(|m: BeforePost| {
            m.ctx().wait(m.ctx().reply("working")).unwrap();
            m.pass()
        }))
        .command("panic", blocking(|_: Command| -> Reply { panic!("no") }));
    let mut daemon = Harness::new(plugin);
    assert_eq!(daemon.before_post("hello").unwrap(), Verdict::pass());
    assert_eq!(daemon.sent().len(), 1);
    let failure = daemon.command("panic").run().unwrap_err();
    assert_eq!(failure.message, "the handler panicked: no");
}

#[test]
fn a_start_is_told_its_settings_and_may_fail_for_good() {
    let plugin = plugin().on_start(async |start| match start.settings() {
        "{}" => Err(Error::fatal("needs api_key")),
        _ => Ok(()),
    });
    let mut daemon = Harness::new(plugin);
    let told = |settings: &str| Welcome { settings: settings.to_owned(), ..Welcome::default() };
    let failed = daemon.start(told("{}")).unwrap_err();
    assert_eq!((failed.message(), failed.is_final()), ("needs api_key", true));
    daemon.start(told("{\"api_key\": \"k\"}")).unwrap();
}

#[test]
fn a_schedule_is_told_by_name_and_instant() {
    let told = Rc::new(Cell::new(0));
    let seen = Rc::clone(&told);
    let mut daemon = Harness::new(plugin().on_schedule("nightly", async move |fired: Fired| {
        assert_eq!(fired.name(), "nightly");
        seen.set(fired.scheduled_at_us());
    }));
    daemon.fire("nightly", 42).unwrap();
    assert_eq!(told.get(), 42);
    let failure = daemon.fire("daily", 42).unwrap_err();
    assert_eq!(failure.reason(), Reason::NotSupported);
}

#[test]
fn another_plugins_call_is_answered_and_may_call_on() {
    let mut daemon = Harness::new(plugin().on_call("ask", async |call: PluginCall| {
        let answer = call.ctx().call_plugin("oracle", "say", call.json()).await?;
        Ok::<_, Error>(format!("{} asked: {answer}", call.caller()))
    }));
    daemon.answer_call("oracle", "say", Ok("42".to_owned()));
    assert_eq!(daemon.plugin_call("quiz", "ask", "{}").unwrap(), "quiz asked: 42");
    let down = Failure::new(tonic::Code::Unavailable, Reason::PluginUnavailable, "oracle is down")
        .detail("outcome", "not_started");
    daemon.answer_call("oracle", "say", Err(down));
    let failure = daemon.plugin_call("quiz", "ask", "{}").unwrap_err();
    assert!(failure.message.contains("oracle is down"), "{failure}");
}

#[test]
fn a_request_is_answered_whole_or_in_pieces() {
    let mut daemon = Harness::new(
        plugin()
            .on_http("/small", async |request: HttpRequest| {
                let sent = request.body().await?;
                let user = request.user().unwrap_or("nobody").to_owned();
                Ok::<_, Error>(HttpResponse::json(format!("{user} {}", sent.len())))
            })
            .on_http("/large", async |_: HttpRequest| HttpResponse::new(200).body(vec![7; 600_000]))
            .on_http("/broken", async |_: HttpRequest| {
                let pieces = [Ok(b"one".to_vec()), Err(Error::new("out of words"))];
                HttpResponse::new(200).pieces(tokio_stream::iter(pieces))
            }),
    );
    let small = daemon.http("/small").method("POST").body("hello").run().unwrap();
    assert_eq!((small.status, small.text().as_str()), (200, "nobody 5"));
    assert_eq!(small.headers["content-type"], "application/json");
    let pieces = daemon.http("/small").user("ada").pieces([vec![0; 10], vec![0; 20]]).run();
    assert_eq!(pieces.unwrap().text(), "ada 30");
    let large = daemon.http("/large").run().unwrap();
    assert!(large.body == vec![7; 600_000] && large.broken_off.is_none());
    let broken = daemon.http("/broken").run().unwrap();
    assert_eq!(
        (broken.text().as_str(), broken.broken_off.as_deref()),
        ("one", Some("out of words"))
    );
}

#[test]
fn a_deferred_command_answers_later_and_numbers_what_it_says() {
    let slow = plugin().command("report", async |cmd| {
        let who = cmd.sender().name.clone();
        cmd.defer(async move |later: &mut Later| -> Result<Reply> {
            later.whisper("half of it").await?;
            Ok(Reply::new(format!("all of it, {who}")))
        })
    });
    let mut daemon = Harness::new(slow);
    assert!(daemon.command("report").run().unwrap().is_deferred());
    let said = daemon.follow_ups(2);
    assert_eq!((said[0].seq, said[0].last, said[0].reply.is_whisper()), (1, false, true));
    assert_eq!((said[1].seq, said[1].last), (2, true));
    assert_eq!(said[1].reply.text(), "all of it, ada");
    assert_eq!(said[1].interaction_id, "interaction-1");
}

#[test]
fn deferred_work_that_fails_or_panics_says_so_at_last() {
    let broken = plugin()
        .command("fails", async |cmd| {
            cmd.defer(async |_: &mut Later| -> Result<Reply> { Err("no paper")? })
        })
        .command("panics", async |cmd| {
            cmd.defer(async |_: &mut Later| -> Reply { panic!("on fire") })
        });
    let mut daemon = Harness::new(broken);
    daemon.command("fails").run().unwrap();
    daemon.command("panics").run().unwrap();
    let said = daemon.follow_ups(2);
    assert!(said.iter().all(|it| it.last && it.reply.is_refusal()), "{said:?}");
    assert_eq!(said[0].reply.text(), "no paper");
    assert!(said[1].reply.text().contains("on fire"));
}

/// Notes that it was dropped.
struct Noted(Rc<Cell<bool>>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[test]
fn deferred_work_is_dropped_when_the_app_cancels_it() {
    let dropped = Rc::new(Cell::new(false));
    let noted = Rc::clone(&dropped);
    let endless = plugin().command("wait", async move |cmd| {
        let held = Noted(Rc::clone(&noted));
        cmd.defer(async move |_: &mut Later| -> Reply {
            let _held = held;
            std::future::pending().await
        })
    });
    let mut daemon = Harness::new(endless);
    daemon.command("wait").run().unwrap();
    daemon.cancel("interaction-1");
    assert!(dropped.get());
}

#[test]
fn an_earlier_process_is_followed_up_by_its_id() {
    let waker = plugin().on_start(async |start: Start| -> Result {
        start.host().later("i-7", 3).finish(Reply::new("done after all")).await?;
        Ok(())
    });
    let mut daemon = Harness::new(waker);
    daemon.start(Welcome::default()).unwrap();
    let said = daemon.follow_ups(1);
    assert_eq!((said[0].interaction_id.as_str(), said[0].seq), ("i-7", 3));
}

#[test]
fn subcommands_have_handlers_of_their_own_or_share_one() {
    let todo = plugin()
        .command("todo add", async |cmd| format!("added {}", cmd.text()))
        .command("todo", async |cmd| format!("{}?", cmd.subcommand()));
    let mut daemon = Harness::new(todo);
    assert_eq!(daemon.command("todo add").text("milk").run().unwrap().text(), "added milk");
    assert_eq!(daemon.command("todo clear").run().unwrap().text(), "clear?");
}

#[test]
fn a_menus_command_sees_what_it_was_chosen_for() {
    let menus = plugin()
        .command("remember", async |cmd| {
            cmd.target_message().map(|it| it.id.clone()).unwrap_or_default()
        })
        .command("poke", async |cmd| cmd.target_user().unwrap().name.clone());
    let mut daemon = Harness::new(menus);
    let mut chosen = message("ada", "c1", "text");
    chosen.id = "m-1".to_owned();
    assert_eq!(daemon.command("remember").on_message(chosen).run().unwrap().text(), "m-1");
    assert_eq!(daemon.command("poke").on_user("bob").run().unwrap().text(), "bob");
}

#[test]
fn what_is_typed_is_completed_and_components_are_acted_upon() {
    let offers = plugin()
        .autocomplete("roll", "dice", async |typing| vec![format!("{}d6", typing.prefix())])
        .autocomplete("todo add", "what", async |_| vec!["milk".to_owned()])
        .action("poll", async |action| format!("{} {}", action.name(), action.json()));
    let mut daemon = Harness::new(offers);
    assert_eq!(daemon.autocomplete("roll", "dice", "2").unwrap(), ["2d6"]);
    assert_eq!(daemon.autocomplete("todo add", "what", "").unwrap(), ["milk"]);
    assert_eq!(daemon.act("poll", "vote", "{}").unwrap().text(), "vote {}");
    let missing = daemon.autocomplete("roll", "other", "").unwrap_err();
    assert_eq!(missing.reason(), Reason::NotSupported);
}

#[test]
fn a_long_stream_is_not_said_again() {
    let long = plugin().command("tale", async |cmd| -> Result<Reply> {
        let mut tale = cmd.stream();
        for _ in 0..5 {
            tale.push("x".repeat(20_000)).await?;
        }
        Ok(tale.finish())
    });
    let mut daemon = Harness::new(long);
    assert_eq!(daemon.command("tale").run().unwrap().text(), "");
    assert_eq!(daemon.said().len(), 5);
}

#[test]
fn a_stream_can_be_for_one_person() {
    let hush = plugin().command("secret", async |cmd| -> Result<Reply> {
        let mut said = cmd.stream().for_one();
        said.push("psst").await?;
        Ok(said.finish())
    });
    let mut daemon = Harness::new(hush);
    assert!(daemon.command("secret").run().unwrap().is_whisper());
}
