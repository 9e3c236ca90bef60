//! Files that people share and plugins upload and fetch, in memory: they are gone with the process.
//!
//! It refuses to know where they are shown, and believes nobody what they say of a file's size.

pub mod kind;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use outboard_app::common::{Attachment, Channel, FileInfo, Sender, StatFile};
use outboard_app::{
    Asked, Builder, FilePiece, ReadFile, Refusal, UploadFile, UploadFileBegin, UploadFileEnd,
    UploadFileMore, UploadStep as Step, Uploaded,
};
use serde::Serialize;

use crate::plugins::fresh_id;

/// Bytes of all files together, those under way included.
const ROOM: usize = 64 << 20;

/// All files.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    files: BTreeMap<String, (FileInfo, Vec<u8>)>,
    /// By id; whoever began one goes on with it.
    uploads: HashMap<String, Upload>,
    serial: u64,
}

#[derive(Debug)]
struct Upload {
    plugin: String,
    by: Sender,
    file: Attachment,
    channel: Option<Channel>,
    content: Vec<u8>,
}

/// A file as the page shows it beside a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub id: String,
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// To be seen where it stands; else only to be had.
    pub image: bool,
}

/// Has the chat carry out what plugins want of files.
pub fn carry(builder: Builder, shelf: Arc<Shelf>) -> Builder {
    let (looking, reading, taking) = (Arc::clone(&shelf), Arc::clone(&shelf), shelf);
    builder
        .on_stat_file(move |asked| std::future::ready(looking.stat(&asked.what)))
        .on_read_file(move |asked| std::future::ready(reading.read(&asked.what)))
        .on_upload_file(move |asked| std::future::ready(taking.take(asked)))
}

impl Shelf {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a file that somebody shared.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn put(&self, info: FileInfo, content: Vec<u8>) -> Result<(), Refusal> {
        let mut kept = self.kept();
        if kept.bytes() + content.len() > ROOM {
            return Err(full());
        }
        let id = info.file.clone().unwrap_or_default().id;
        kept.files.insert(id, (info, content));
        Ok(())
    }

    /// A file: what is known of it, and what it holds.
    pub fn get(&self, id: &str) -> Option<(FileInfo, Vec<u8>)> {
        self.kept().files.get(id).cloned()
    }

    /// Lets a file go that nobody shows any more.
    pub fn forget(&self, id: &str) {
        self.kept().files.remove(id);
    }

    /// Bytes of all that is kept.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.kept().bytes()
    }

    /// Those of these files that are here, as the page shows them.
    pub fn shown(&self, attachments: &[Attachment]) -> Vec<Shown> {
        let kept = self.kept();
        let here = attachments.iter().filter_map(|it| kept.files.get(&it.id));
        here.map(|(info, content)| shown(info, content)).collect()
    }

    /// These files, as plugins are told of them.
    pub fn attachments(&self, shown: &[Shown]) -> Vec<Attachment> {
        let kept = self.kept();
        let here = shown.iter().filter_map(|it| kept.files.get(&it.id));
        here.filter_map(|(info, _)| info.file.clone()).collect()
    }

    fn stat(&self, file: &StatFile) -> Result<FileInfo, Refusal> {
        let kept = self.kept();
        let found = kept.files.get(&file.file_id).map(|(info, _)| info.clone());
        found.ok_or_else(|| unknown(&file.file_id))
    }

    fn read(&self, read: &ReadFile) -> Result<FilePiece, Refusal> {
        let kept = self.kept();
        let (_, content) = kept.files.get(&read.file_id).ok_or_else(|| unknown(&read.file_id))?;
        let from = usize::try_from(read.offset).unwrap_or(usize::MAX).min(content.len());
        let to = content.len().min(from + read.most as usize);
        let data = content[from..to].to_vec().into();
        Ok(FilePiece { data, last: to == content.len() })
    }

    fn take(&self, asked: Asked<UploadFile>) -> Result<Uploaded, Refusal> {
        let (plugin, bot) = (asked.asker.plugin.clone(), asked.asker.bot_username.clone());
        let mut kept = self.kept();
        match asked.what.step.ok_or_else(|| Refusal::new("a step that says nothing"))? {
            Step::Begin(begin) => Ok(kept.begin(begin, plugin, bot)),
            Step::More(more) => kept.more(more, &plugin),
            Step::End(end) => kept.end(&end, &plugin),
        }
    }
}

impl Kept {
    fn begin(&mut self, begin: UploadFileBegin, plugin: String, bot: String) -> Uploaded {
        self.serial += 1;
        let upload_id = format!("upload-{}", self.serial);
        let by = Sender { id: bot.clone(), name: bot, ..Sender::default() };
        let UploadFileBegin { file, channel } = begin;
        let (file, content) = (file.unwrap_or_default(), Vec::new());
        let upload = Upload { plugin, by, file, channel, content };
        self.uploads.insert(upload_id.clone(), upload);
        Uploaded { upload_id, ..Uploaded::default() }
    }

    fn more(&mut self, more: UploadFileMore, plugin: &str) -> Result<Uploaded, Refusal> {
        if self.bytes() + more.data.len() > ROOM {
            self.uploads.remove(&more.upload_id);
            return Err(full());
        }
        let upload = self.uploads.get_mut(&more.upload_id).filter(|it| it.plugin == plugin);
        let upload = upload.ok_or_else(|| unknown(&more.upload_id))?;
        if more.offset != upload.content.len() as u64 {
            return Err(Refusal::new("a piece is missing"));
        }
        upload.content.extend(more.data);
        Ok(Uploaded { upload_id: more.upload_id, ..Uploaded::default() })
    }

    fn end(&mut self, end: &UploadFileEnd, plugin: &str) -> Result<Uploaded, Refusal> {
        // Another's stays where it is.
        let is_its_own = self.uploads.get(&end.upload_id).is_some_and(|it| it.plugin == plugin);
        let upload = is_its_own.then(|| self.uploads.remove(&end.upload_id)).flatten();
        if end.abort.is_some() {
            return Ok(Uploaded::default());
        }
        let Upload { by, file, channel, content, .. } =
            upload.ok_or_else(|| unknown(&end.upload_id))?;
        if content.len() as u64 != end.size_bytes {
            return Err(Refusal::new("a piece is missing"));
        }
        // Named so that nobody guesses one, and a browser may keep what it has of it.
        let id = format!("file-{}", fresh_id());
        let file = Attachment {
            id: id.clone(),
            size_bytes: end.size_bytes,
            sha256: end.sha256.clone(),
            ..file
        };
        let info = FileInfo { file: Some(file), channel, uploaded_by: Some(by), created_at_us: 0 };
        self.files.insert(id, (info.clone(), content));
        Ok(Uploaded { file: Some(info), ..Uploaded::default() })
    }

    fn bytes(&self) -> usize {
        let files = self.files.values().map(|(_, content)| content.len());
        files.chain(self.uploads.values().map(|upload| upload.content.len())).sum()
    }
}

fn shown(info: &FileInfo, content: &[u8]) -> Shown {
    let file = info.file.clone().unwrap_or_default();
    let image = kind::image(content).is_some() && content.len() <= kind::SEEN;
    Shown { id: file.id, name: kind::name(&file.name), size: content.len() as u64, image }
}

fn full() -> Refusal {
    Refusal::new("this chat keeps 64 MiB of files, and has them")
}

fn unknown(id: &str) -> Refusal {
    Refusal::not_found(format!("there is no file {id}"))
}

#[cfg(test)]
mod tests {
    use outboard_app::Asker;

    use super::*;

    fn step(step: Step, plugin: &str) -> Asked<UploadFile> {
        let asker = Asker { plugin: plugin.to_owned(), ..Asker::default() };
        let (workspace, idempotency_key) = Default::default();
        let what = UploadFile { step: Some(step) };
        Asked { asker, workspace, on_behalf_of: None, what, idempotency_key, attempt: 1 }
    }

    fn begun(shelf: &Shelf) -> String {
        shelf.take(step(Step::Begin(UploadFileBegin::default()), "one")).unwrap().upload_id
    }

    fn more(upload_id: &str, offset: u64, data: &str) -> Step {
        let (upload_id, data) = (upload_id.to_owned(), data.to_owned().into());
        Step::More(UploadFileMore { upload_id, offset, data })
    }

    fn end(upload_id: &str, size_bytes: u64) -> Step {
        let upload_id = upload_id.to_owned();
        Step::End(UploadFileEnd { upload_id, size_bytes, ..UploadFileEnd::default() })
    }

    #[test]
    fn what_was_uploaded_is_read_in_pieces() {
        let shelf = Shelf::default();
        let id = begun(&shelf);
        shelf.take(step(more(&id, 0, "one "), "one")).unwrap();
        shelf.take(step(more(&id, 4, "two"), "one")).unwrap();
        let stored = shelf.take(step(end(&id, 7), "one")).unwrap().file.unwrap();
        let file_id = stored.file.unwrap().id;
        let read = |offset| ReadFile { file_id: file_id.clone(), offset, most: 4 };
        let first = shelf.read(&read(0)).unwrap();
        assert_eq!((&first.data[..], first.last), (&b"one "[..], false));
        let second = shelf.read(&read(4)).unwrap();
        assert_eq!((&second.data[..], second.last), (&b"two"[..], true));
        assert!(shelf.read(&read(99)).unwrap().data.is_empty());
    }

    #[test]
    fn two_uploads_at_once_are_two_files() {
        let shelf = Shelf::default();
        let (one, two) = (begun(&shelf), begun(&shelf));
        for (id, content) in [(&one, "a"), (&two, "b")] {
            shelf.take(step(more(id, 0, content), "one")).unwrap();
        }
        let stored = [&one, &two].map(|id| {
            let stored = shelf.take(step(end(id, 1), "one")).unwrap().file.unwrap();
            stored.file.unwrap().id
        });
        let read = |file_id: &String| {
            let read = ReadFile { file_id: file_id.clone(), offset: 0, most: 4 };
            shelf.read(&read).unwrap().data.to_vec()
        };
        assert_eq!(stored.each_ref().map(read), [b"a".to_vec(), b"b".to_vec()]);
    }

    #[test]
    fn nobody_goes_on_with_anothers_upload_and_no_piece_is_missing() {
        let shelf = Shelf::default();
        let id = begun(&shelf);
        assert!(shelf.take(step(more(&id, 0, "x"), "two")).is_err());
        assert!(shelf.take(step(end(&id, 0), "two")).is_err(), "nor ends it");
        assert!(shelf.take(step(more(&id, 5, "x"), "one")).is_err());
        shelf.take(step(more(&id, 0, "x"), "one")).unwrap();
        assert!(shelf.take(step(end(&id, 2), "one")).is_err());
        assert_eq!(shelf.kept().bytes(), 0);
    }
}
