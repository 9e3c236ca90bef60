//! One TOML file being read: where every value stands, and the faults found so far. It knows lines
//! and columns; what a key means, it leaves to whoever reads it.

use super::fault::{Fault, Faults, Place, Problem};
use super::section::Section;
use super::source::Layer;
use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;
use toml::de::DeTable;

/// A parsed file and the list its readers add faults to.
pub struct Document<'t> {
    file: Arc<Path>,
    layer: Layer,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
    faults: RefCell<Vec<Fault>>,
}

impl<'t> Document<'t> {
    /// Parses the text.
    ///
    /// # Errors
    /// Every breach of TOML's grammar. Meaning is not looked at then: a table that was cut short
    /// would be blamed for keys its author did write.
    pub fn parse(text: &'t str, file: &Path, layer: Layer) -> Result<Document<'t>, Faults> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let document =
            Document { file: file.into(), layer, text, root, faults: RefCell::default() };
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            document.fault(&span, "", Problem::new(error.message().trim()));
        }
        Faults::check(document.faults.take()).map(|()| document)
    }

    /// The file's top level.
    pub fn root(&self) -> Section<'_> {
        Section::new(self, String::new(), 0..0, self.root.get_ref())
    }

    /// The file's name.
    pub fn file(&self) -> &Arc<Path> {
        &self.file
    }

    /// Whose words the file's values are.
    pub fn layer(&self) -> Layer {
        self.layer
    }

    /// Notes a mistake at a stretch of the text.
    pub fn fault(&self, span: &Range<usize>, key: impl Into<String>, problem: Problem) {
        let (line, column) = self.position(span.start);
        let place = Place { file: self.file.clone(), line };
        let fault = Fault { column, ..Fault::at(&place, key, problem) };
        self.faults.borrow_mut().push(fault);
    }

    /// The line a stretch of the text begins on.
    pub fn place(&self, span: &Range<usize>) -> Place {
        Place { file: self.file.clone(), line: self.position(span.start).0 }
    }

    /// What was read, unless anything was noted on the way.
    ///
    /// # Errors
    /// Every fault noted.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Faults> {
        Faults::check(self.faults.into_inner())?;
        let unread = Problem::new("could not be read");
        read.ok_or_else(|| Fault::of_file(&self.file, unread).into())
    }

    fn position(&self, offset: usize) -> (u32, u32) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}
