//! Blocks, one after the other.
//!
//! It refuses to check: the daemon does, and says what is wrong.

use outboard_proto::common::{
    UiBlock, UiBlocks, UiButton, UiImage, UiInput, UiOption, UiRow, UiSection, UiSelect, UiStyle,
    UiTable, UiText, ui_block::Of,
};

/// What a component says: a column of blocks. All text is shown as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blocks(UiBlocks);

/// Something to press.
#[derive(Debug, Clone, PartialEq)]
pub struct Button(UiButton);

impl Blocks {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.styled(text.into(), UiStyle::Unspecified)
    }

    /// Adds a heading.
    #[must_use]
    pub fn heading(self, text: impl Into<String>) -> Self {
        self.styled(text.into(), UiStyle::Heading)
    }

    /// Adds something less important.
    #[must_use]
    pub fn note(self, text: impl Into<String>) -> Self {
        self.styled(text.into(), UiStyle::Note)
    }

    /// Adds something to press that does `action`.
    #[must_use]
    pub fn button(self, label: impl Into<String>, action: impl Into<String>) -> Self {
        self.with(Button::new(label, action))
    }

    /// Adds a button as described.
    #[must_use]
    pub fn with(self, button: Button) -> Self {
        self.push(Of::Button(button.0))
    }

    /// Adds blocks under a title of their own, which may be empty.
    #[must_use]
    pub fn section(self, title: impl Into<String>, blocks: Blocks) -> Self {
        let (title, blocks) = (title.into(), blocks.0.blocks);
        self.push(Of::Section(UiSection { title, row: false, blocks }))
    }

    /// Adds blocks beside one another.
    #[must_use]
    pub fn row(self, blocks: Blocks) -> Self {
        let blocks = blocks.0.blocks;
        self.push(Of::Section(UiSection { title: String::new(), row: true, blocks }))
    }

    /// Adds an image: `https://…`, `data:image/…` or `asset:web/logo.png`. `alt` says what it
    /// shows.
    #[must_use]
    pub fn image(self, source: impl Into<String>, alt: impl Into<String>) -> Self {
        self.push(Of::Image(UiImage { source: source.into(), alt: alt.into() }))
    }

    /// Adds a field for a line of text; what it holds comes with the component's actions.
    #[must_use]
    pub fn input(self, id: impl Into<String>, label: impl Into<String>) -> Self {
        let (id, label) = (id.into(), label.into());
        self.push(Of::Input(UiInput { id, label, ..UiInput::default() }))
    }

    /// Adds a choice among values; what is chosen comes with the component's actions.
    #[must_use]
    pub fn select<V: Into<String>>(
        self,
        id: impl Into<String>,
        label: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let (id, label) = (id.into(), label.into());
        let option = |value: V| UiOption { value: value.into(), ..UiOption::default() };
        let options = values.into_iter().map(option).collect();
        self.push(Of::Select(UiSelect { id, label, options, ..UiSelect::default() }))
    }

    /// Adds a table.
    #[must_use]
    pub fn table<C: Into<String>, R: IntoIterator<Item = C>>(
        self,
        columns: impl IntoIterator<Item = C>,
        rows: impl IntoIterator<Item = R>,
    ) -> Self {
        let row = |row: R| UiRow { cells: row.into_iter().map(Into::into).collect() };
        let columns = columns.into_iter().map(Into::into).collect();
        self.push(Of::Table(UiTable { columns, rows: rows.into_iter().map(row).collect() }))
    }

    /// Whether a text, a label or a note among them holds this: for tests.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        says(&self.0.blocks, text)
    }

    fn styled(self, text: String, style: UiStyle) -> Self {
        self.push(Of::Text(UiText { text, style: style.into() }))
    }

    fn push(mut self, of: Of) -> Self {
        self.0.blocks.push(UiBlock { of: Some(of) });
        self
    }

    /// As they go over the wire.
    #[must_use]
    pub fn into_wire(self) -> UiBlocks {
        self.0
    }

    pub(crate) fn from_wire(blocks: UiBlocks) -> Self {
        Self(blocks)
    }
}

fn says(blocks: &[UiBlock], text: &str) -> bool {
    blocks.iter().any(|block| match &block.of {
        Some(Of::Text(it)) => it.text.contains(text),
        Some(Of::Button(it)) => it.label.contains(text) || it.note.contains(text),
        Some(Of::Section(it)) => it.title.contains(text) || says(&it.blocks, text),
        Some(Of::Table(it)) => {
            it.rows.iter().flat_map(|row| &row.cells).any(|it| it.contains(text))
        }
        Some(Of::Image(_) | Of::Input(_) | Of::Select(_)) | None => false,
    })
}

impl Button {
    /// One that does `action`.
    #[must_use]
    pub fn new(label: impl Into<String>, action: impl Into<String>) -> Self {
        Self(UiButton { label: label.into(), action: action.into(), ..UiButton::default() })
    }

    /// One that leads to a page, `https://…`.
    #[must_use]
    pub fn link(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self(UiButton { label: label.into(), url: url.into(), ..UiButton::default() })
    }

    /// What comes back with the action; see [`Action::pressed`](crate::Action::pressed).
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.0.value = value.into();
        self
    }

    /// Something small at its other end.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.0.note = note.into();
        self
    }

    /// Draws it filled this far, 0 to 100.
    #[must_use]
    pub fn percent(mut self, percent: u32) -> Self {
        self.0.percent = percent;
        self
    }

    /// What most people want.
    #[must_use]
    pub fn primary(mut self) -> Self {
        self.0.style = UiStyle::Primary.into();
        self
    }

    /// What cannot be taken back.
    #[must_use]
    pub fn danger(mut self) -> Self {
        self.0.style = UiStyle::Danger.into();
        self
    }
}
