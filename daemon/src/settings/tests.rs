//! Claims about schemas, overlays and saving, without a daemon.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::change::Change;
use super::overlay::{Held, Rows};
use super::schema::Schema;
use super::scope::{Place, Scope, ScopeKind};
use super::standing::{Judge, Standing};
use super::{Fault, caps};

fn schema() -> Arc<Schema> {
    let document = json!({
        "type": "object",
        "properties": {
            "greeting": {
                "type": "string", "default": "Hello", "maxLength": 10,
                "x-scopes": ["server", "workspace", "channel", "user"],
            },
            "most": { "type": "integer", "minimum": 1, "maximum": 9 },
            "least": { "type": "integer", "minimum": 1, "maximum": 9 },
            "limits": {
                "type": "object",
                "properties": { "rate": { "$ref": "#/$defs/rate" } },
                "additionalProperties": false,
            },
            "token": { "type": "string", "minLength": 4, "x-secret": true },
        },
        "required": ["most", "token"],
        "dependentRequired": { "least": ["most"] },
        "$defs": { "rate": { "enum": ["slow", "fast"] } },
    });
    Arc::new(Schema::read(document).unwrap())
}

fn standing(rows: Rows) -> Standing {
    Standing::of(Judge { schema: Some(schema()), awaits_more: false }, rows)
}

fn change(scope: Scope, values: Value) -> Change {
    let Value::Object(values) = values else { unreachable!("a test's values are an object") };
    Change { scope, values }
}

fn faults(scope: Scope, values: Value) -> Vec<String> {
    let checked = change(scope, values).check(&schema(), &standing(Rows::default()));
    checked.err().unwrap_or_default().iter().map(Fault::to_string).collect()
}

#[test]
fn every_fault_is_named_with_its_path_and_what_to_write() {
    let wrong = json!({
        "greeting": "far too long for that", "most": 12, "limits": { "rate": "warp", "x": 1 },
        "tokn": "x", "token": "abc",
    });
    let told = faults(Scope::Server, wrong);
    let has = |part: &str| told.iter().any(|fault| fault.contains(part));
    for part in [
        "greeting: ",
        "(hint: at most 10 characters)",
        "(hint: at most 9)",
        "limits.rate: ",
        "\"slow\", \"fast\"",
        "tokn: there is no such setting (hint: did you mean token?)",
        "token: ",
    ] {
        assert!(has(part), "{part} is not in {told:#?}");
    }
    assert!(!has("abc"), "a secret is in no fault: {told:#?}");
    let change = change(Scope::Server, json!({ "token": "abc" }));
    let shown = format!("{change:?} {:?}", change.alone(&schema()).0);
    assert!(!shown.contains("abc") && shown.contains("token"), "{shown}");
}

#[test]
fn what_concerns_several_settings_is_looked_at_together() {
    let told = faults(Scope::Server, json!({ "least": 2 }));
    assert!(told.len() == 1 && told[0].contains("most"), "{told:?}");
    assert_eq!(faults(Scope::Server, json!({ "least": 2, "most": 3 })), Vec::<String>::new());
}

#[test]
fn what_is_required_cannot_be_taken_away_and_is_missing_until_it_is_there() {
    assert_eq!(standing(Rows::default()).missing, ["most", "token"]);
    let told = faults(Scope::Server, json!({ "most": null, "token": null }));
    assert!(told.len() == 2 && told.iter().all(|it| it.contains("is required")), "{told:?}");
    let mut rows = Rows::default();
    rows.put(&Scope::Server, "most", Some(Held::Open(json!(3))));
    assert_eq!(standing(rows).missing, ["token"]);
}

#[test]
fn a_scope_needs_its_name_and_the_schemas_leave() {
    let nameless = faults(Scope::Channel(String::new(), String::new()), json!({}));
    assert!(nameless[0].contains("says not which channel"), "{nameless:?}");
    let misplaced = faults(Scope::User(String::new(), "ann".to_owned()), json!({ "most": 1 }));
    assert!(misplaced[0].contains("only for server"), "{misplaced:?}");
}

#[test]
fn what_does_not_fit_any_more_is_kept_told_and_does_not_count() {
    let mut rows = Rows::default();
    rows.put(&Scope::Server, "most", Some(Held::Open(json!(12))));
    rows.put(&Scope::Server, "gone", Some(Held::Open(json!(true))));
    rows.put(&Scope::Server, "token", Some(Held::Open(json!("in clear"))));
    let standing = standing(rows.clone());
    assert_eq!(standing.unfit().len(), 3, "{:?}", standing.unfit());
    assert_eq!(standing.rows, rows);
    assert_eq!(standing.server, r#"{"greeting":"Hello"}"#);
    assert!(!standing.server.contains("clear"));
    // Something else can be mended meanwhile.
    let mending = change(Scope::Server, json!({ "most": 4 })).check(&schema(), &standing);
    assert!(mending.is_ok(), "{mending:?}");
}

#[test]
fn what_does_not_fit_for_somebody_is_told_to_nobody_else() {
    let of = |user: &str| Scope::User(String::new(), user.to_owned());
    let mut rows = Rows::default();
    rows.put(&of("ann"), "greeting", Some(Held::Open(json!("what Ann says to herself"))));
    rows.put(&Scope::Server, "most", Some(Held::Open(json!(12))));
    let standing = standing(rows);
    assert_eq!(standing.unfit().len(), 2);
    let at = |user: &str| standing.unfit_at(&Place::named("", "", user)).join("; ");
    assert!(at("ann").contains("Ann") && at("ann").contains("most"), "{}", at("ann"));
    assert!(!at("bob").contains("Ann") && at("bob").contains("most"), "{}", at("bob"));
}

#[test]
fn a_value_that_is_too_large_is_refused_by_size() {
    let told = faults(Scope::Server, json!({ "limits": { "x": "y".repeat(9_000) } }));
    assert!(told[0].contains("larger than 8192 bytes"), "{told:?}");
}

#[test]
fn no_number_of_unknown_settings_costs_more_than_one_fault() {
    let many: Map<String, Value> = (0..10_000).map(|it| (format!("k{it}"), json!(1))).collect();
    let told = faults(Scope::Server, Value::Object(many));
    assert_eq!(told, ["names 10000 settings; there are at most 64"]);
}

#[test]
fn what_is_typed_is_read_as_the_schema_wants_it() {
    let schema = schema();
    assert_eq!(schema.typed("greeting", "7"), json!("7"));
    assert_eq!(schema.typed("most", "7"), json!(7));
    assert_eq!(schema.typed("most", "many"), json!("many"));
    assert_eq!(schema.typed("limits", r#"{"rate":"slow"}"#), json!({ "rate": "slow" }));
}

#[test]
fn a_schema_says_what_is_wrong_with_it() {
    for (document, said) in [
        (json!({ "type": "array" }), "settings are an object"),
        (json!({ "type": "object" }), "each property is one setting"),
        (object(&json!({ "1st": {} })), "begins with a letter"),
        (object(&json!({ "x": { "type": "integer", "x-secret": true } })), "a secret is text"),
        (
            object(&json!({ "x": { "type": "string", "x-secret": true, "default": "x" } })),
            "no default",
        ),
        (object(&json!({ "x": { "x-scopes": ["world"] } })), "some of server, workspace"),
        (object(&json!({ "x": { "x-scopes": [] } })), "some of server, workspace"),
        (object(&json!({ "x": { "minimum": "low" } })), "low"),
        (json!({ "type": "object", "properties": {}, "required": ["x"] }), "no setting \"x\""),
        (json!({ "type": "object", "properties": {}, "$id": "http://x" }), "$id is not understood"),
    ] {
        let told = Schema::read(document.clone()).err().unwrap_or_default();
        assert!(told.iter().any(|it| it.to_string().contains(said)), "{document}: {told:?}");
    }
}

fn object(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

fn scopes() -> impl Strategy<Value = Scope> {
    let id = prop_oneof!["a", "b"];
    (0..4_usize, prop_oneof!["", "w"], id)
        .prop_map(|(kind, workspace, id)| Scope::of(ScopeKind::ALL[kind], workspace, id))
}

/// Anything that JSON can say, with the words of schemas among its keys.
fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(a\\{9\\}){1,3}|[a-z#/$(]{0,12}".prop_map(Value::from),
        Just(json!("#/properties/x")),
        Just(json!("#/$defs/x")),
        Just(json!("#")),
    ];
    let key = prop_oneof![
        "[a-z]{1,3}",
        Just("$ref".to_owned()),
        Just("pattern".to_owned()),
        Just("patternProperties".to_owned()),
        Just("properties".to_owned()),
        Just("$defs".to_owned()),
        Just("allOf".to_owned()),
        Just("not".to_owned()),
        Just("x".to_owned()),
        Just("type".to_owned()),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// References that multiply: `width` to each of `height` levels.
fn tower(width: usize, height: usize) -> Value {
    let mut defs = Map::from_iter([("d0".to_owned(), json!({ "type": "string", "pattern": "a" }))]);
    for level in 1..=height {
        let below = json!({ "$ref": format!("#/$defs/d{}", level - 1) });
        defs.insert(format!("d{level}"), json!({ "allOf": vec![below; width] }));
    }
    let top = json!({ "$ref": format!("#/$defs/d{height}") });
    json!({ "type": "object", "properties": { "x": top }, "$defs": defs })
}

proptest! {
    // I86
    #[test]
    fn whatever_a_schema_says_it_is_judged_in_bounded_time(document in documents()) {
        let begun = Instant::now();
        let _ = Schema::read(document.clone());
        let _ = Schema::read(object(&json!({ "x": document })));
        prop_assert!(begun.elapsed() < Duration::from_secs(5));
    }

    // I86
    #[test]
    fn references_that_multiply_are_counted_not_followed(
        width in 1..40_usize, height in 1..7_usize,
    ) {
        let begun = Instant::now();
        let judged = caps::check(&tower(width, height));
        prop_assert!(begun.elapsed() < Duration::from_secs(1));
        let patterns = width.pow(u32::try_from(height).unwrap());
        prop_assert!(judged.is_err() || patterns <= 128, "{width}^{height}");
        if patterns <= 16 {
            prop_assert!(judged.is_ok(), "{width}^{height}: {judged:?}");
        }
    }

    #[test]
    fn depth_is_bounded(depth in 1..60_usize) {
        let deep = (0..depth).fold(json!(true), |inner, _| json!({ "not": inner }));
        prop_assert_eq!(caps::check(&deep).is_ok(), depth <= 24);
    }

    // I84
    #[test]
    fn at_every_place_the_narrowest_value_counts(
        set in prop::collection::vec((scopes(), "[a-z]{1,5}"), 0..12),
        workspace in prop_oneof!["", "w"],
        channel in prop_oneof!["", "a", "b"],
        user in prop_oneof!["", "a", "b"],
    ) {
        let mut rows = Rows::default();
        for (scope, value) in &set {
            rows.put(scope, "greeting", Some(Held::Open(json!(value))));
        }
        let counts = |scope: &Scope| match scope {
            Scope::Server => true,
            Scope::Workspace(of) => *of == workspace,
            Scope::Channel(of, id) => *of == workspace && *id == channel && !id.is_empty(),
            Scope::User(of, id) => *of == workspace && *id == user && !id.is_empty(),
        };
        // The last of the narrowest that counts here.
        let fitting = set.iter().filter(|(scope, _)| counts(scope));
        let expected = fitting.max_by_key(|(scope, _)| scope.kind()).map_or("Hello", |it| &it.1);
        let place = Place::named(&workspace, &channel, &user);
        let standing = standing(rows);
        prop_assert_eq!(&standing.effective(&place)["greeting"], &json!(expected));
        let somewhere = set.iter().any(|(scope, _)| *scope != Scope::Server);
        prop_assert_eq!(standing.is_narrowed(), somewhere);
    }

    #[test]
    fn what_is_saved_and_taken_away_again_leaves_nothing(scope in scopes(), value in "[a-z]{1,5}") {
        let mut rows = Rows::default();
        rows.put(&scope, "greeting", Some(Held::Open(json!(value))));
        prop_assert_eq!(rows.len(), 1);
        rows.put(&scope, "greeting", None);
        prop_assert_eq!(rows, Rows::default());
    }
}
