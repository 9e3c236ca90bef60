//! Something that a plugin shows: read from its manifest, or as it was registered.
//!
//! Pure. It refuses to know files and who is connected.

use std::collections::BTreeSet;
use std::sync::Arc;

use outboard_proto::common::{
    UiContent, UiContribution, UiPosition, UiWeb, ui_content, ui_contribution,
};
use prost::Message as _;

use super::blocks::{NO_ACTION, image_source, is_action};
use super::field::LABEL;
use super::{Assets, Blocks, COMPONENT_BYTES, Flaws, MOST, When, calm, is_id};

/// Bytes of a title.
const TITLE: usize = 120;
/// Bytes of an icon that is no image: a few characters.
const ICON: usize = 32;

/// What a contribution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A component of blocks.
    Blocks,
    /// A page of its own.
    Web,
    /// An entry of a menu.
    Menu,
}

/// What a contribution says now.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Of a component.
    Blocks(Arc<Blocks>),
    /// Of a page: JSON, empty where nothing was said.
    Data(Arc<str>),
    /// A menu's entry says nothing more.
    Nothing,
}

/// One contribution, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// As apps are told, without what it says.
    pub wire: UiContribution,
    /// Its kind.
    pub kind: Kind,
    /// Who may use it, and where.
    pub when: When,
    /// What it says.
    pub content: Content,
}

/// What a plugin may register beyond its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dynamic {
    /// Of these kinds.
    pub kinds: BTreeSet<Kind>,
    /// So many.
    pub most: usize,
}

/// All that a plugin's manifest and folder bring to apps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contributed {
    /// Each under an id of its own.
    pub all: Vec<Contribution>,
    /// What may come.
    pub dynamic: Dynamic,
    /// Its files.
    pub assets: Assets,
}

impl Kind {
    /// As manifests and apps write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Web => "web",
            Self::Menu => "menu",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Blocks, Self::Web, Self::Menu].into_iter().find(|it| it.as_str() == text)
    }
}

impl Contribution {
    /// Reads a contribution; `data` is what a page is told first.
    ///
    /// # Errors
    /// Everything that cannot stand.
    pub fn check(mut wire: UiContribution, data: &str, assets: &Assets) -> Result<Self, Flaws> {
        let mut flaws = Flaws::default();
        if !is_id(&wire.id) {
            flaws.add("id", format!("{:?} is no id", wire.id));
        }
        let position = wire.position();
        if position == UiPosition::Unspecified {
            flaws.add("position", "is missing, or none that this daemon knows");
        }
        calm(&mut wire.title);
        if wire.title.is_empty() || wire.title.len() > TITLE {
            flaws.add("title", format!("has 1 to {TITLE} bytes"));
        }
        check_icon(&mut wire.icon, assets, &mut flaws);
        let when = When::read(&wire.when.clone().unwrap_or_default(), &mut flaws);
        let (kind, content) = content(&mut wire, data, assets, &mut flaws);
        if kind == Kind::Menu && position == UiPosition::Modal {
            flaws.add("position", "a menu's entry does not stand in a dialog");
        }
        wire.plugin.clear();
        wire.unavailable.clear();
        flaws.or(Self { wire, kind, when, content })
    }

    /// What it says with another content.
    ///
    /// # Errors
    /// It says something of another kind, or what cannot stand.
    pub fn content_of(
        &self,
        said: Option<&ui_content::Of>,
        assets: &Assets,
    ) -> Result<Content, Flaws> {
        let mut flaws = Flaws::default();
        match (self.kind, said) {
            (Kind::Blocks, Some(ui_content::Of::Blocks(blocks))) => {
                Blocks::check(blocks.clone(), assets).map(|it| Content::Blocks(Arc::new(it)))
            }
            (Kind::Web, Some(ui_content::Of::Data(data))) => {
                let content = page_data(data, &mut flaws);
                flaws.or(content)
            }
            (kind, _) => {
                flaws.add("", format!("{} is of kind {}", self.wire.id, kind.as_str()));
                flaws.or(Content::Nothing)
            }
        }
    }

    /// What an app is told that it says; `None` where there is nothing to tell.
    #[must_use]
    pub fn said(&self) -> Option<UiContent> {
        let of = match &self.content {
            Content::Blocks(blocks) => ui_content::Of::Blocks(blocks.wire.clone()),
            Content::Data(data) if !data.is_empty() => ui_content::Of::Data(data.to_string()),
            Content::Data(_) | Content::Nothing => return None,
        };
        Some(UiContent { id: self.wire.id.clone(), of: Some(of), ..UiContent::default() })
    }

    /// Bytes that are kept of it, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let content = match &self.content {
            Content::Blocks(blocks) => blocks.wire.encoded_len(),
            Content::Data(data) => data.len(),
            Content::Nothing => 0,
        };
        self.wire.encoded_len() + content
    }

    /// Whether an action is one that can be done to it, with that button's value. A page names its
    /// own.
    #[must_use]
    pub fn acts(&self, action: &str, value: &str) -> bool {
        match (&self.content, &self.wire.of) {
            (Content::Blocks(blocks), _) => {
                blocks.actions.contains(&(action.to_owned(), value.to_owned()))
            }
            (_, Some(ui_contribution::Of::Item(item))) => item.action == action && value.is_empty(),
            (Content::Data(_), _) => is_action(action) && value.len() <= LABEL,
            (Content::Nothing, _) => false,
        }
    }
}

impl Dynamic {
    /// Whether one more of a kind may come, where there are so many.
    ///
    /// # Errors
    /// Why not.
    pub fn admits(&self, kind: Kind, many: usize) -> Result<(), String> {
        if !self.kinds.contains(&kind) {
            let kind = kind.as_str();
            return Err(format!(
                "the manifest allows no dynamic {kind}: [[ui]] dynamic = true, kinds = [\"{kind}\"]"
            ));
        }
        match many < self.most.min(MOST) {
            true => Ok(()),
            false => Err(format!("the manifest allows {} at once", self.most)),
        }
    }
}

/// The name of a position, as apps and manifests write it.
#[must_use]
pub fn position_word(position: UiPosition) -> String {
    let name = position.as_str_name().strip_prefix("UI_POSITION_").unwrap_or_default();
    name.to_ascii_lowercase()
}

fn check_icon(icon: &mut String, assets: &Assets, flaws: &mut Flaws) {
    if icon.starts_with("asset:") {
        if let Err(why) = image_source(icon, assets) {
            flaws.add("icon", why);
        }
        return;
    }
    calm(icon);
    if icon.len() > ICON {
        flaws.add("icon", format!("has at most {ICON} bytes, or is asset:…"));
    }
}

fn content(
    wire: &mut UiContribution,
    data: &str,
    assets: &Assets,
    flaws: &mut Flaws,
) -> (Kind, Content) {
    match wire.of.take() {
        Some(ui_contribution::Of::Blocks(blocks)) => {
            wire.of = Some(ui_contribution::Of::Blocks(Default::default()));
            match Blocks::check(blocks, assets) {
                Ok(blocks) => return (Kind::Blocks, Content::Blocks(Arc::new(blocks))),
                Err(Flaws(found)) => found.into_iter().for_each(|it| flaws.add(it.at, it.what)),
            }
            (Kind::Blocks, Content::Nothing)
        }
        Some(ui_contribution::Of::Web(web)) => {
            match assets.find(&web.entry).filter(|it| it.mime == "text/html") {
                None => {
                    let what = format!("{:?} is no HTML file among the plugin's assets", web.entry);
                    flaws.add("entry", what);
                }
                Some(found) => {
                    let (entry, assets) = (found.sha256.clone(), assets.list());
                    wire.of = Some(ui_contribution::Of::Web(UiWeb { entry, assets }));
                }
            }
            (Kind::Web, page_data(data, flaws))
        }
        Some(ui_contribution::Of::Item(item)) => {
            if !is_action(&item.action) {
                flaws.add("action", NO_ACTION);
            }
            wire.of = Some(ui_contribution::Of::Item(item));
            (Kind::Menu, Content::Nothing)
        }
        None => {
            flaws.add("kind", "is missing: blocks, web or menu");
            (Kind::Menu, Content::Nothing)
        }
    }
}

fn page_data(data: &str, flaws: &mut Flaws) -> Content {
    if data.len() > COMPONENT_BYTES {
        flaws.add("data", format!("has at most {COMPONENT_BYTES} bytes"));
    } else if !data.is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(data).is_err() {
        flaws.add("data", "is no JSON");
    }
    Content::Data(data.into())
}
