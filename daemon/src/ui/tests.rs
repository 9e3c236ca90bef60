//! What may be shown, and what may not: by example, and by chance.

use std::collections::BTreeMap;

use outboard_proto::common::{
    Channel, ChannelKind, Modal, ModalField, ModalFieldKind, Reason, Sender, UiBlock, UiBlocks,
    UiButton, UiContribution, UiImage, UiInput, UiItem, UiPosition, UiSection, UiText, UiWhen,
    Value, ui_block, ui_contribution, value,
};
use proptest::prelude::*;
use prost::Message as _;

use super::*;

fn text(text: &str) -> UiBlock {
    let text = UiText { text: text.to_owned(), ..UiText::default() };
    UiBlock { of: Some(ui_block::Of::Text(text)) }
}

fn image(source: &str) -> UiBlock {
    let (source, alt) = (source.to_owned(), "a picture".to_owned());
    UiBlock { of: Some(ui_block::Of::Image(UiImage { source, alt })) }
}

fn button(label: &str, action: &str, url: &str) -> UiBlock {
    let button = UiButton {
        label: label.to_owned(),
        action: action.to_owned(),
        url: url.to_owned(),
        ..UiButton::default()
    };
    UiBlock { of: Some(ui_block::Of::Button(button)) }
}

fn section(blocks: Vec<UiBlock>) -> UiBlock {
    UiBlock { of: Some(ui_block::Of::Section(UiSection { blocks, ..UiSection::default() })) }
}

fn check(blocks: Vec<UiBlock>) -> Result<Blocks, Flaws> {
    Blocks::check(UiBlocks { blocks }, &Assets::default())
}

fn flaw(blocks: Vec<UiBlock>) -> String {
    check(blocks).unwrap_err().to_string()
}

// I87
#[test]
fn script_in_a_text_is_text() {
    let wild = "<script>alert(1)</script> & <img src=x onerror=alert(1)>";
    let blocks = check(vec![text(wild)]).unwrap();
    assert_eq!(blocks.wire.blocks, [text(wild)], "nobody reads it as anything else");
}

#[test]
fn what_no_screen_should_be_told_is_taken_out_of_texts() {
    let blocks = check(vec![text("a\u{1b}[2Jb\u{202e}c\nd")]).unwrap();
    assert_eq!(blocks.wire.blocks, [text("a[2Jbc\nd")]);
}

// I87
#[test]
fn an_address_that_could_do_something_is_refused() {
    for source in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " https://a",
        "http://plain",
        "//host/a.png",
        "data:text/html;base64,PGI+",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:image/png,raw",
        "https://",
        "https://a\"onload=1",
        "https://a b",
        "blob:x",
        "file:///etc/passwd",
        "",
        "asset:../secret",
        "asset:none.png",
        "https://a/\u{202e}",
        "data:image/png;base64,<>",
    ] {
        assert!(check(vec![image(source)]).is_err(), "{source}");
        assert!(check(vec![button("b", "", source)]).is_err(), "{source}");
    }
    check(vec![image("https://example.org/a.png"), image("data:image/png;base64,AAAA")]).unwrap();
    check(vec![button("b", "", "https://example.org/?q=1#a")]).unwrap();
}

// I87
#[test]
fn a_component_is_eight_deep_and_no_deeper() {
    let nest = |deep: usize| (1..deep).fold(text("x"), |inner, _| section(vec![inner]));
    check(vec![nest(DEEP)]).unwrap();
    assert!(flaw(vec![nest(DEEP + 1)]).contains("at most 8 deep"));
    assert!(check(vec![nest(60)]).is_err(), "and a bomb is no worse");
}

// I87
#[test]
fn a_component_that_is_too_large_is_refused_and_says_how_large_it_is() {
    let told = flaw(vec![text(&"x".repeat(COMPONENT_BYTES + 1))]);
    assert!(told.contains("a component has at most 32768"), "{told}");
}

#[test]
fn every_flaw_is_told_with_its_place() {
    let input = UiInput { id: "two words".into(), ..UiInput::default() };
    let input = UiBlock { of: Some(ui_block::Of::Input(input)) };
    let told = flaw(vec![button("", "", ""), section(vec![input, image("ftp://x")])]);
    for place in [
        "blocks[0].button.label",
        "blocks[1].blocks[0].input.id",
        "blocks[1].blocks[1].image.source",
    ] {
        assert!(told.contains(place), "{place}: {told}");
    }
}

fn item(id: &str, title: &str) -> UiContribution {
    UiContribution {
        id: id.to_owned(),
        title: title.to_owned(),
        position: UiPosition::Composer.into(),
        of: Some(ui_contribution::Of::Item(UiItem { action: "go".into() })),
        ..UiContribution::default()
    }
}

#[test]
fn a_contribution_needs_an_id_a_place_and_a_title() {
    let check = |it| Contribution::check(it, "", &Assets::default());
    let good = check(item("poll.new", "New poll")).unwrap();
    assert!(good.acts("go", "") && !good.acts("other", "") && !good.acts("go", "x"));
    assert!(check(item("a b", "x")).is_err());
    assert!(check(item("", "x")).is_err());
    assert!(check(item("a", "")).is_err());
    assert!(check(UiContribution { position: 0, ..item("a", "x") }).is_err());
    assert!(check(UiContribution { position: 99, ..item("a", "x") }).is_err());
    assert!(check(UiContribution { of: None, ..item("a", "x") }).is_err());
    let when = Some(UiWhen { kinds: vec!["nowhere".into()], ..UiWhen::default() });
    assert!(check(UiContribution { when, ..item("a", "x") }).is_err());
}

// I89
#[test]
fn only_who_and_where_a_contribution_says_may_use_it() {
    let when = UiWhen {
        roles: vec!["admin".into()],
        channels: vec!["town-*".into()],
        kinds: vec!["channel".into()],
    };
    let mut flaws = Flaws::default();
    let when = When::read(&when, &mut flaws);
    assert_eq!(flaws, Flaws::default());
    let channel = |name: &str, kind: ChannelKind| Channel {
        id: name.into(),
        name: name.into(),
        kind: kind.into(),
    };
    let sender = |role: &str| Sender { roles: vec![role.into()], ..Sender::default() };
    let allows = |role: &str, name: &str, kind: ChannelKind| {
        let (channel, sender) = (channel(name, kind), sender(role));
        when.allows(Place { channel: Some(&channel), sender: Some(&sender) }).is_ok()
    };
    assert!(allows("admin", "town-hall", ChannelKind::Public));
    assert!(!allows("guest", "town-hall", ChannelKind::Public));
    assert!(!allows("admin", "elsewhere", ChannelKind::Public));
    assert!(!allows("admin", "town-hall", ChannelKind::Direct));
    assert!(when.allows(Place { channel: None, sender: None }).is_err());
}

fn field(id: &str, kind: ModalFieldKind) -> ModalField {
    ModalField { id: id.into(), label: id.into(), kind: kind.into(), ..ModalField::default() }
}

fn form(fields: Vec<ModalField>) -> Result<Form, Flaws> {
    Form::check(Modal { id: "f".into(), title: "Form".into(), fields, ..Modal::default() })
}

fn given(values: &[(&str, value::Of)]) -> BTreeMap<String, Value> {
    let value = |(id, of): &(&str, value::Of)| ((*id).to_owned(), Value { of: Some(of.clone()) });
    values.iter().map(value).collect()
}

// I89
#[test]
fn values_that_break_their_fields_are_named_one_and_all() {
    use value::Of;
    let age =
        ModalField { min: Some(1.0), max: Some(10.0), ..field("age", ModalFieldKind::Integer) };
    let name =
        ModalField { required: true, max: Some(5.0), ..field("name", ModalFieldKind::String) };
    let option =
        |it: &str| outboard_proto::common::UiOption { value: it.into(), label: String::new() };
    let colour = ModalField {
        options: vec![option("red"), option("blue")],
        ..field("colour", ModalFieldKind::Select)
    };
    let form = form(vec![age, name, colour]).unwrap();
    let good = given(&[
        ("age", Of::Integer(3)),
        ("name", Of::String("Robin".into())),
        ("colour", Of::Choice("red".into())),
    ]);
    check_values(&form.fields, &good).unwrap();

    let bad = given(&[
        ("age", Of::Integer(11)),
        ("colour", Of::Choice("green".into())),
        ("more", Of::Boolean(true)),
    ]);
    let failure = check_values(&form.fields, &bad).unwrap_err();
    assert_eq!(failure.reason(), Reason::BadValues);
    let told: Vec<_> = failure.details.keys().map(String::as_str).collect();
    assert_eq!(told, ["field.age", "field.colour", "field.more", "field.name"]);
    let wrong_kind = given(&[("name", Of::Integer(1))]);
    assert!(check_values(&form.fields, &wrong_kind).is_err());
    let lines = given(&[("name", Of::String("a\nb".into()))]);
    assert!(check_values(&form.fields, &lines).unwrap_err().message.contains("one line"));
}

#[test]
fn a_form_that_nobody_could_fill_in_is_refused() {
    assert!(
        form(vec![field("a", ModalFieldKind::String), field("a", ModalFieldKind::Text)]).is_err()
    );
    assert!(form(vec![field("a", ModalFieldKind::Select)]).is_err(), "no options");
    assert!(form(vec![field("a", ModalFieldKind::Unspecified)]).is_err());
    let crossed =
        ModalField { min: Some(2.0), max: Some(1.0), ..field("a", ModalFieldKind::Number) };
    assert!(form(vec![crossed]).is_err());
    let nan = ModalField { min: Some(f64::NAN), ..field("a", ModalFieldKind::Number) };
    assert!(form(vec![nan]).is_err());
    let many = (0..40).map(|it| field(&format!("f{it}"), ModalFieldKind::String)).collect();
    assert!(form(many).is_err());
}

#[test]
fn blocks_are_written_alike_in_toml_and_json() {
    let json = serde_json::json!([
        { "kind": "text", "text": "Hello", "style": "heading" },
        { "kind": "section", "row": true, "blocks": [
            { "kind": "button", "label": "Go", "action": "go" },
        ] },
        { "kind": "select", "id": "s", "options": ["a", { "value": "b", "label": "B" }] },
        { "kind": "table", "columns": ["x"], "rows": [["1"]] },
    ]);
    let blocks = blocks_of_json(json).unwrap();
    let read = Blocks::check(blocks, &Assets::default()).unwrap();
    assert!(read.actions.contains(&("go".to_owned(), String::new())));
    assert!(read.fields.contains_key("s"));
    for wrong in [
        serde_json::json!([{ "kind": "html", "text": "<b>" }]),
        serde_json::json!([{ "kind": "text", "text": "a", "html": "<b>" }]),
        serde_json::json!([{ "kind": "button", "label": "a", "onclick": "x()" }]),
        serde_json::json!("text"),
        serde_json::json!({ "blocks": [], "more": 1 }),
    ] {
        assert!(blocks_of_json(wrong.clone()).is_err(), "{wrong}");
    }
}

fn any_block() -> impl Strategy<Value = UiBlock> {
    let leaf = prop_oneof![
        ".{0,60}".prop_map(|it| text(&it)),
        (".{0,20}", ".{0,20}", ".{0,30}")
            .prop_map(|(label, action, url)| button(&label, &action, &url)),
        "(https://|javascript:|data:image/png;base64,|asset:)?.{0,30}".prop_map(|it| image(&it)),
    ];
    leaf.prop_recursive(12, 60, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(section))
}

fn depth(block: &UiBlock) -> usize {
    match &block.of {
        Some(ui_block::Of::Section(it)) => 1 + it.blocks.iter().map(depth).max().unwrap_or(0),
        _ => 1,
    }
}

fn addresses(block: &UiBlock) -> Vec<String> {
    match &block.of {
        Some(ui_block::Of::Section(it)) => it.blocks.iter().flat_map(addresses).collect(),
        Some(ui_block::Of::Image(it)) => vec![it.source.clone()],
        Some(ui_block::Of::Button(it)) if !it.url.is_empty() => vec![it.url.clone()],
        _ => Vec::new(),
    }
}

proptest! {
    // I87
    #[test]
    fn whatever_is_let_through_is_shallow_small_calm_and_leads_nowhere_strange(
        blocks in prop::collection::vec(any_block(), 0..6),
    ) {
        if let Ok(read) = check(blocks) {
            prop_assert!(read.wire.encoded_len() <= COMPONENT_BYTES);
            // An empty section is as deep as it is itself.
            prop_assert!(read.wire.blocks.iter().map(depth).max().unwrap_or(0) <= DEEP + 1);
            let starts = ["https://", "data:image/png;base64,"];
            let known = |it: &String| starts.iter().any(|start| it.starts_with(start));
            prop_assert!(read.wire.blocks.iter().flat_map(addresses).all(|it| known(&it)));
            let again = Blocks::check(read.wire.clone(), &Assets::default()).unwrap();
            prop_assert_eq!(again, read, "what was checked stays as it is");
        }
    }

    #[test]
    fn an_id_is_safe_in_an_address_a_file_name_and_a_page(id in ".{0,70}") {
        if is_id(&id) {
            prop_assert!(id.len() <= 64 && !id.is_empty());
            prop_assert!(id.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it)));
        }
    }
}
