//! dictionary: says what words mean, to other plugins and to the web, and counts them every night.
//!
//! It keeps its words in memory and refuses to spell.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use outboard_plugin::Result;
use outboard_plugin::{Error, Exit, Fired, HttpRequest, HttpResponse, Json, Plugin, PluginCall};

type Words = Rc<RefCell<BTreeMap<String, String>>>;

fn main() -> Exit {
    plugin().run()
}

fn plugin() -> Plugin {
    let first = ("outboard".to_owned(), "a motor that hangs outside the hull".to_owned());
    let words: Words = Rc::new(RefCell::new(BTreeMap::from([first])));
    let (asked, shown, added, counted) = (words.clone(), words.clone(), words.clone(), words);
    Plugin::new("dictionary", env!("CARGO_PKG_VERSION"))
        .on_call("define", async move |call| define(&asked, &call))
        .on_http("/words", async move |_| show(&shown))
        .on_http("/add", async move |request| add(&added, &request).await)
        .on_schedule("count", async move |fired: Fired| {
            let count = counted.borrow().len();
            eprintln!("{count} words at {}", fired.scheduled_at_us());
        })
}

fn define(words: &Words, call: &PluginCall) -> Result<Json> {
    let word: String = serde_json::from_str(call.json())?;
    let words = words.borrow();
    let meaning = words.get(&word).ok_or_else(|| Error::new(format!("no such word: {word}")))?;
    Ok(Json(serde_json::to_string(meaning)?))
}

/// All words, a line each, sent as they are found.
fn show(words: &Words) -> HttpResponse {
    let line = |(word, meaning): (&String, &String)| format!("{word}: {meaning}\n").into_bytes();
    let lines: Vec<Vec<u8>> = words.borrow().iter().map(line).collect();
    HttpResponse::new(200)
        .header("content-type", "text/plain; charset=utf-8")
        .pieces(tokio_stream::iter(lines.into_iter().map(Ok)))
}

/// Lines of `word: meaning`.
async fn add(words: &Words, request: &HttpRequest) -> Result<HttpResponse> {
    let body = String::from_utf8(request.body().await?)?;
    let lines: Vec<(&str, &str)> = body.lines().filter_map(|it| it.split_once(": ")).collect();
    let count = lines.len();
    let owned = |(word, meaning): (&str, &str)| (word.to_owned(), meaning.to_owned());
    words.borrow_mut().extend(lines.into_iter().map(owned));
    let user = request.user().unwrap_or_default();
    Ok(HttpResponse::text(format!("{count} words of {user} added\n")))
}

#[cfg(test)]
mod tests {
    use super::plugin;
    use outboard_plugin::test::Harness;

    #[test]
    fn other_plugins_are_told_what_a_word_means() {
        let mut daemon = Harness::new(plugin());
        let meaning = daemon.plugin_call("quiz", "define", "\"outboard\"").unwrap();
        assert_eq!(meaning, "\"a motor that hangs outside the hull\"");
        let failure = daemon.plugin_call("quiz", "define", "\"inboard\"").unwrap_err();
        assert_eq!(failure.message, "no such word: inboard");
    }

    #[test]
    fn words_that_are_added_are_shown() {
        let mut daemon = Harness::new(plugin());
        let pieces = ["bow: the fr", "ont\nstern: the back\n"].map(|it| it.as_bytes().to_vec());
        let added = daemon.http("/add").method("POST").user("ada").pieces(pieces).run().unwrap();
        assert_eq!(added.text(), "2 words of ada added\n");
        let shown = daemon.http("/words").run().unwrap();
        assert!(shown.text().starts_with("bow: the front\noutboard: "), "{}", shown.text());
    }

    #[test]
    fn its_schedule_is_handled() {
        Harness::new(plugin()).fire("count", 1_800_000_000_000_000).unwrap();
    }
}
