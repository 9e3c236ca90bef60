//! `Body`: text that a plugin says.
//!
//! It knows the kinds of text and nothing of where they are sent.

use outboard_proto::common as wire;

/// What a message or a reply says. A string is plain text.
#[derive(Debug, Clone, PartialEq)]
pub struct Body(pub(crate) wire::Body);

impl Body {
    /// Text as it is.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::of(wire::body::Content::Plain(text.into()))
    }

    /// Markdown, in the dialect of the app.
    pub fn markdown(text: impl Into<String>) -> Self {
        Self::of(wire::body::Content::Markdown(text.into()))
    }

    /// HTML; the app removes what it does not allow.
    pub fn html(text: impl Into<String>) -> Self {
        Self::of(wire::body::Content::Html(text.into()))
    }

    /// The text, in whatever kind it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        text_of(Some(&self.0))
    }

    fn of(content: wire::body::Content) -> Self {
        Self(wire::Body { content: Some(content) })
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::plain(text)
    }
}

/// The readable text of a body: its source, or a layout's fallback. Empty if it is encrypted.
pub(crate) fn text_of(body: Option<&wire::Body>) -> &str {
    use wire::body::Content;
    match body.and_then(|body| body.content.as_ref()) {
        Some(Content::Plain(text) | Content::Markdown(text) | Content::Html(text)) => text,
        Some(Content::Blocks(blocks)) => &blocks.fallback,
        Some(Content::Opaque(_)) | None => "",
    }
}

/// The same kind of body with other text. Layouts and encrypted bodies become plain text.
pub(crate) fn with_text(body: Option<&wire::Body>, text: String) -> wire::Body {
    use wire::body::Content;
    let content = match body.and_then(|body| body.content.as_ref()) {
        Some(Content::Markdown(_)) => Content::Markdown(text),
        Some(Content::Html(_)) => Content::Html(text),
        Some(Content::Plain(_) | Content::Blocks(_) | Content::Opaque(_)) | None => {
            Content::Plain(text)
        }
    };
    wire::Body { content: Some(content) }
}
