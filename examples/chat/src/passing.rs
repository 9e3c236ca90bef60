//! Requests for `/plugins/NAME/…`, passed through to the plugin: bodies both ways as they come.
//!
//! It serves plugins' pages where it serves its own, so it has browsers lock them in: no script of
//! theirs runs. A chat server that lets plugins show pages gives them an address of their own.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use outboard_app::{HttpError, HttpRequest, HttpResponse};

use crate::web::Site;

/// Where plugins' addresses begin.
const PREFIX: &str = "/plugins/";

/// By which a page says who is there. The demo believes it; a chat server looks at its session.
const NAME: &str = "x-chat-name";

/// Passes a request on.
pub async fn pass(State(site): State<Site>, request: Request) -> Response {
    let Some(asked) = read(request) else { return StatusCode::NOT_FOUND.into_response() };
    match site.app().http(asked).await {
        Ok(answer) => written(answer),
        Err(error) => refused(&error),
    }
}

fn read(request: Request) -> Option<HttpRequest> {
    let (head, body) = request.into_parts();
    // As it was sent: what is decoded here could mean something else there.
    let address = head.uri.path_and_query()?.as_str().strip_prefix(PREFIX)?;
    let (plugin, path) = address.split_at(address.find('/')?);
    let mut asked = HttpRequest::new(plugin, head.method.as_str(), path);
    for (name, value) in &head.headers {
        let Ok(value) = value.to_str() else { continue };
        match name.as_str() {
            NAME => asked = asked.user(value),
            name => asked = asked.header(name, value),
        }
    }
    let has_body = head.headers.contains_key(header::TRANSFER_ENCODING)
        || head.headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    Some(if has_body { asked.pieces(body.into_data_stream()) } else { asked })
}

fn written(answer: HttpResponse) -> Response {
    let HttpResponse { status, headers, body } = answer;
    let mut response = Response::new(Body::from_stream(body.into_stream()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in &headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        else {
            continue;
        };
        response.headers_mut().insert(name, value);
    }
    lock_in(response)
}

fn refused(error: &HttpError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    lock_in((status, format!("{error}\n")).into_response())
}

fn lock_in(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
