//! The files of the audit log: the one that is written, and those before it, the newest first.
//!
//! It knows lines and sizes. What a record means is for whoever reads it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Record;

/// A file that has grown to this gives way to a new one.
pub const MOST_BYTES: u64 = 8 << 20;
/// Files beside the one that is written; the oldest goes when another comes.
pub const KEPT: usize = 4;
/// A line of a foreign hand may be no longer; one of this daemon's never comes near.
const LONGEST_LINE: u64 = 64 << 10;

/// Where the records are.
#[derive(Debug, Clone)]
pub struct Files(Arc<Path>);

impl Files {
    /// `audit.log`, and `audit.log.1` to `.4` beside it.
    #[must_use]
    pub fn at(file: PathBuf) -> Self {
        Self(file.into())
    }

    /// The file that is written.
    #[must_use]
    pub fn current(&self) -> &Path {
        &self.0
    }

    fn older(&self, number: usize) -> PathBuf {
        let mut name = self.0.as_os_str().to_owned();
        name.push(format!(".{number}"));
        name.into()
    }

    /// Writes records behind the others, on a disk that may lose its power. Blocks.
    ///
    /// # Errors
    /// What the file system says. What was cut off in the middle of a line stays a line by itself.
    pub fn append(&self, records: &[Record]) -> io::Result<()> {
        self.make_room()?;
        let mut file =
            OpenOptions::new().append(true).read(true).create(true).mode(0o600).open(&*self.0)?;
        let mut lines = Vec::new();
        if is_torn(&mut file)? {
            lines.push(b'\n');
        }
        for record in records {
            serde_json::to_writer(&mut lines, record)?;
            lines.push(b'\n');
        }
        file.write_all(&lines)?;
        match file.sync_data() {
            // What is no file on a disk has nothing to sync.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }

    fn make_room(&self) -> io::Result<()> {
        match std::fs::metadata(&*self.0) {
            Ok(about) if about.size() < MOST_BYTES => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
        for number in (1..KEPT).rev() {
            rename(&self.older(number), &self.older(number + 1))?;
        }
        rename(&self.0, &self.older(1))
    }

    /// Every record, the oldest first. Blocks.
    ///
    /// # Errors
    /// A file that is there cannot be read, or whoever is told wants no more.
    pub fn read(&self, mut tell: impl FnMut(Record) -> io::Result<()>) -> io::Result<()> {
        let older = (1..=KEPT).rev().map(|number| self.older(number));
        for path in older.chain([self.0.to_path_buf()]) {
            match File::open(&path) {
                Ok(file) => read_file(file, &mut tell)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether the last line has no end: the disk was full in the middle of it.
fn is_torn(file: &mut File) -> io::Result<bool> {
    let about = file.metadata()?;
    if !about.is_file() || about.size() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        renamed => renamed,
    }
}

fn read_file(file: File, tell: &mut impl FnMut(Record) -> io::Result<()>) -> io::Result<()> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        // What was torn, or written by somebody else, is no record.
        if let Ok(record) = serde_json::from_slice(&line) {
            tell(record)?;
        }
    }
}
