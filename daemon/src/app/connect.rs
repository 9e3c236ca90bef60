//! One session of a node: hello, then frames until the stream ends.
//!
//! It refuses to know what becomes of a frame, and to let one node take more than its turn.

use outboard_proto::PROTOCOL;
use outboard_proto::app::{
    Answer, AppFrame, AppHello, AppWelcome, InterceptResult, Published, answer, app_frame::Kind,
    command_result, daemon_frame, intercept_result,
};
use outboard_proto::common::{Credit, Event, Failure, Reason, Trace};
use outboard_proto::limits::{CREDIT_BYTES, FRAME_BYTES, HELLO, PAYLOAD_BYTES};
use tonic::{Code, Streaming};

use crate::egress::{Egress, Urgency};
use crate::frame::{FromApp, Inbound, ToApp};
use crate::routing::{
    Act, Asked, CommandRun, Completing, HttpCaller, NodeId, Publisher, Switchboard,
};
use crate::status;

/// What a node sends, frame by frame.
pub type Frames = Streaming<Inbound<FromApp>>;

/// Frames handled before others get their turn.
const TURN: usize = 64;
/// Bytes handled before others get their turn.
const TURN_BYTES: usize = 256 * 1024;

/// Optional parts of the protocol that this daemon understands.
const FEATURES: [&str; 4] = ["dedupe", "chunks", "stream", "follow-up"];

/// Checks an app's hello.
///
/// # Errors
/// What is wrong with it.
pub fn check(hello: &AppHello) -> Result<(), Failure> {
    let refuse = |reason, text: String| Err(Failure::new(Code::FailedPrecondition, reason, text));
    if hello.protocol != PROTOCOL {
        let says = &hello.protocol;
        let text = format!("the app speaks protocol {says:?}; this daemon speaks {PROTOCOL:?}");
        return refuse(Reason::ProtocolVersion, text);
    }
    if hello.app.is_empty() || hello.node.is_empty() {
        return refuse(Reason::Invalid, "hello needs app and node".to_owned());
    }
    if hello.app.len() > 255 || hello.node.len() > 255 {
        return refuse(Reason::Invalid, "app and node are at most 255 bytes".to_owned());
    }
    Ok(())
}

/// Enters a node and queues its welcome.
///
/// # Errors
/// The hello is refused.
pub fn enter(
    board: &Switchboard,
    hello: AppHello,
    egress: &Egress<ToApp>,
    unary: bool,
) -> Result<NodeId, Failure> {
    check(&hello)?;
    let (app, node) = (hello.app.clone(), hello.node.clone());
    let (id, policies, catalogue) = board.attach_node(hello, egress.clone(), unary)?;
    tracing::info!(app, node, unary, "an app node connected");
    let welcome = AppWelcome {
        daemon_version: env!("CARGO_PKG_VERSION").to_owned(),
        policies: Some(policies),
        catalogue: Some(catalogue),
        frame_bytes: FRAME_BYTES as u64,
        payload_bytes: PAYLOAD_BYTES,
        credit_bytes: CREDIT_BYTES,
        features: FEATURES.map(str::to_owned).into(),
    };
    // The stream has just begun: there is room.
    let _ = egress.push(Urgency::Control, daemon_frame::Kind::Welcome(welcome).into(), board.now());
    Ok(id)
}

/// Speaks until the stream ends.
pub async fn converse(board: Switchboard, mut frames: Frames, egress: Egress<ToApp>) {
    let entered = match first_frame(&mut frames).await {
        Ok(hello) => enter(&board, hello, &egress, false),
        Err(failure) => Err(failure),
    };
    let ended = match entered {
        Ok(node) => {
            let ended = listen(&board, node, &mut frames).await;
            board.detach_node(node);
            tracing::info!("an app node left");
            ended
        }
        Err(failure) => Err(failure),
    };
    egress.close(ended.err().map(|failure| status::of(&failure)));
}

async fn first_frame(frames: &mut Frames) -> Result<AppHello, Failure> {
    match tokio::time::timeout(HELLO, frames.message()).await {
        Ok(Ok(first)) => first.and_then(hello_in).ok_or_else(|| {
            let text = "the first frame must be hello";
            Failure::new(Code::FailedPrecondition, Reason::HelloExpected, text)
        }),
        Ok(Err(error)) => Err(unreadable(&error)),
        Err(_) => {
            let text = format!("no hello within {} s", HELLO.as_secs());
            Err(Failure::new(Code::DeadlineExceeded, Reason::HelloTimeout, text))
        }
    }
}

async fn listen(board: &Switchboard, node: NodeId, frames: &mut Frames) -> Result<(), Failure> {
    let (mut count, mut bytes) = (0, 0);
    let mut taken = 0;
    loop {
        let next = tokio::select! {
            biased;
            next = frames.message() => next,
            // Nothing is there: others have had their turn when the next frame comes.
            () = std::future::ready(()) => {
                (count, bytes) = (0, 0);
                frames.message().await
            }
        };
        let Inbound { frame, size } = match next {
            Ok(Some(inbound)) => inbound,
            Ok(None) => return Ok(()),
            Err(error) => return Err(unreadable(&error)),
        };
        (count, bytes) = (count + 1, bytes + size);
        match frame {
            FromApp::Intercept(id, _) if size > FRAME_BYTES => {
                board.tell_node(node, not_intercepted(id, too_large(size)));
            }
            FromApp::Intercept(id, act) => {
                board.intercept(Asked::Session { node, id }, act);
            }
            FromApp::Frame(frame) => {
                if matches!(frame.kind, Some(Kind::Publish(_) | Kind::Chunk(_))) {
                    taken = return_credit(board, node, taken + size as u64);
                }
                take_any(board, node, *frame, size)?;
            }
        }
        if count >= TURN || bytes >= TURN_BYTES {
            (count, bytes) = (0, 0);
            tokio::task::yield_now().await;
        }
    }
}

/// Hands one frame on that is no call of a hook, or an unusual one.
fn take_any(
    board: &Switchboard,
    node: NodeId,
    frame: AppFrame,
    size: usize,
) -> Result<(), Failure> {
    if size > FRAME_BYTES {
        refuse_large(board, node, frame, size);
    } else if matches!(frame.kind, Some(Kind::Hello(_))) {
        let text = "said hello twice on one stream";
        return Err(Failure::new(Code::FailedPrecondition, Reason::ProtocolViolation, text));
    } else {
        take(board, node, frame);
    }
    Ok(())
}

/// Gives back what was taken off the stream, in pieces worth a frame; returns what is still owed.
fn return_credit(board: &Switchboard, node: NodeId, taken: u64) -> u64 {
    if taken < CREDIT_BYTES / 4 {
        return taken;
    }
    board.tell_node(node, daemon_frame::Kind::Credit(Credit { bytes: taken }));
    0
}

/// Hands one frame on.
fn take(board: &Switchboard, node: NodeId, frame: AppFrame) {
    match frame.kind {
        Some(Kind::Intercept(request)) => {
            board.intercept(Asked::Session { node, id: request.id }, Act::of(request));
        }
        Some(Kind::Publish(publish)) => {
            let publisher = Publisher::Session { node, id: publish.id };
            board.publish(publisher, traced(publish.event, publish.trace));
        }
        Some(Kind::Command(request)) => {
            let id = request.id;
            match board.begin_node_call(node) {
                Ok(()) => board.run_command(CommandRun::Session { node, id }, request),
                Err(failure) => board.tell_node(node, not_run(id, failure)),
            }
        }
        Some(Kind::Cancel(cancel)) => {
            if cancel.interaction_id.is_empty() {
                board.cancel_intercept(node, cancel.id);
                board.cancel_command(node, cancel.id);
                board.cancel_autocomplete(node, cancel.id);
                board.cancel_http(node, cancel.id);
            } else if !board.cancel_interaction(&cancel.interaction_id) {
                // Nobody waits for an answer to it; the interaction expires by itself.
                tracing::warn!(id = cancel.interaction_id, "too much is cancelled at once");
            }
        }
        Some(Kind::Answer(answer)) => {
            board.answer(answer);
        }
        Some(Kind::Ui(action)) => {
            let id = action.id;
            match board.begin_node_call(node) {
                Ok(()) => board.act(CommandRun::Session { node, id }, action),
                Err(failure) => board.tell_node(node, not_run(id, failure)),
            }
        }
        Some(Kind::Autocomplete(asked)) => {
            let id = asked.id;
            match board.begin_node_call(node) {
                Ok(()) => board.autocomplete(Completing::Session { node, id }, asked),
                Err(failure) => board.tell_node(node, not_offered(id, failure)),
            }
        }
        Some(Kind::Http(asked)) => {
            let id = asked.id;
            match board.begin_node_call(node) {
                Ok(()) => board.http(HttpCaller::Session { node, id }, asked),
                Err(failure) => board.tell_node(node, not_answered(id, failure)),
            }
        }
        Some(Kind::Chunk(chunk)) => board.chunk_of_node(node, chunk),
        Some(Kind::Credit(credit)) => board.credit_of_node(node, credit.bytes),
        // Signs of life, and features of later protocols.
        Some(Kind::Pong(_) | Kind::Hello(_)) | None => {}
    }
}

/// The call with a frame too large fails; the session goes on.
fn refuse_large(board: &Switchboard, node: NodeId, frame: AppFrame, size: usize) {
    let failure = too_large(size);
    match frame.kind {
        Some(Kind::Intercept(request)) => {
            board.tell_node(node, not_intercepted(request.id, failure));
        }
        Some(Kind::Command(request)) => board.tell_node(node, not_run(request.id, failure)),
        Some(Kind::Http(request)) => board.tell_node(node, not_answered(request.id, failure)),
        Some(Kind::Ui(action)) => board.tell_node(node, not_run(action.id, failure)),
        Some(Kind::Autocomplete(asked)) => board.tell_node(node, not_offered(asked.id, failure)),
        Some(Kind::Answer(Answer { id, .. })) => {
            // The plugin that asked hears why there is no answer.
            let result = Some(answer::Result::Failure(failure));
            board.answer(Answer { id, result, ..Answer::default() });
        }
        Some(Kind::Publish(publish)) => {
            let published =
                Published { id: publish.id, failure: Some(failure), ..Published::default() };
            board.tell_node(node, daemon_frame::Kind::Published(published));
        }
        // Nobody waits for an answer to it.
        Some(_) | None => tracing::warn!(size, "dropped a frame of an app that is too large"),
    }
}

fn too_large(size: usize) -> Failure {
    let text = format!("the frame has {size} bytes; a frame may have {FRAME_BYTES}");
    Failure::new(Code::ResourceExhausted, Reason::FrameTooLarge, text)
}

fn hello_in(first: Inbound<FromApp>) -> Option<AppHello> {
    match first.frame {
        FromApp::Frame(frame) => match *frame {
            AppFrame { kind: Some(Kind::Hello(hello)) } => Some(hello),
            AppFrame { kind: Some(_) | None } => None,
        },
        FromApp::Intercept(..) => None,
    }
}

fn not_intercepted(id: u64, failure: Failure) -> daemon_frame::Kind {
    let result = Some(intercept_result::Result::Failure(failure));
    daemon_frame::Kind::Intercepted(InterceptResult { id, result })
}

fn not_run(id: u64, failure: Failure) -> daemon_frame::Kind {
    daemon_frame::Kind::Command(outboard_proto::app::CommandResult {
        id,
        result: Some(command_result::Result::Failure(failure)),
        ..Default::default()
    })
}

fn not_answered(id: u64, failure: Failure) -> daemon_frame::Kind {
    let failure = Some(failure);
    daemon_frame::Kind::Http(outboard_proto::app::HttpResponse {
        id,
        failure,
        ..Default::default()
    })
}

fn not_offered(id: u64, failure: Failure) -> daemon_frame::Kind {
    let failure = Some(failure);
    daemon_frame::Kind::Choices(outboard_proto::app::Choices { id, failure, ..Default::default() })
}

fn unreadable(error: &tonic::Status) -> Failure {
    let (reason, what) = match error.code() {
        Code::OutOfRange | Code::ResourceExhausted => (Reason::FrameTooLarge, "is too large"),
        _ => (Reason::ProtocolViolation, "cannot be read"),
    };
    Failure::new(Code::InvalidArgument, reason, format!("a frame {what}: {}", error.message()))
}

/// The event, with the trace it was published with.
pub(super) fn traced(event: Option<Event>, trace: Option<Trace>) -> Event {
    let event = event.unwrap_or_default();
    let trace = trace.or_else(|| event.trace.clone());
    Event { trace, ..event }
}
