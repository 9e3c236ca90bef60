//! Claims about `[settings]`: both ways of saying it, and what is wrong with one.

use super::*;
use crate::config::manifest::SettingsDecl;

fn with(settings: &str) -> Result<Manifest, Faults> {
    let text = format!(
        "name = \"alpha\"\nversion = \"1.0.0\"\nprotocol = \"1\"\n\
         [run]\ncommand = [\"./x\"]\n{settings}"
    );
    Manifest::parse(&text, Path::new("plugin.toml"))
}

#[test]
fn settings_in_the_manifest_become_a_schema() {
    let manifest = with(
        "[settings.enableFeature]\ntype = \"boolean\"\ndefault = true\nlabel = \"Enable\"\n\
         [settings.rate]\ntype = \"number\"\nmin = 0.5\nmax = 2\n\
         scope = [\"server\", \"channel\"]\n\
         [settings.tone]\ntype = \"string\"\nchoices = [\"dry\", \"warm\"]\nrequired = true\n",
    );
    let SettingsDecl::Inline(schema) = manifest.unwrap().settings else { unreachable!() };
    let document = schema.document();
    assert_eq!(document["properties"]["enableFeature"]["title"], "Enable");
    assert_eq!(document["properties"]["rate"]["minimum"], 0.5);
    assert_eq!(document["required"], serde_json::json!(["tone"]));
    let keys: Vec<&str> = schema.fields().iter().map(|field| field.key.as_str()).collect();
    assert_eq!(keys, ["enableFeature", "rate", "tone"], "in the author's order");
}

#[test]
fn a_schema_file_is_named_beneath_the_folder() {
    let file = with("[settings]\nschema = \"settings.schema.json\"\n").unwrap().settings;
    assert!(
        matches!(file, SettingsDecl::File(path, _) if path == Path::new("settings.schema.json"))
    );
    for path in ["/etc/passwd", "../x.json", ""] {
        let told = with(&format!("[settings]\nschema = \"{path}\"\n")).unwrap_err().to_string();
        assert!(told.contains("is no file of the plugin's folder"), "{told}");
    }
}

#[test]
fn every_fault_of_settings_is_named_where_it_stands() {
    let told = with(
        "[settings.a]\ntype = \"colour\"\n[settings.b]\ntype = \"boolean\"\nlabl = \"B\"\n\
         [settings.c]\ntype = \"string\"\ndefault = 1979-05-27\n",
    )
    .unwrap_err()
    .to_string();
    for part in [
        "plugin.toml:7: settings.a.type: no such type: colour",
        "settings.b.labl: unknown key (hint: did you mean label?)",
        "settings.c.default: expected text, a number, true or false, found datetime",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    let told = with("[settings.most]\ntype = \"integer\"\ndefault = \"many\"\n").unwrap_err();
    assert!(told.to_string().contains("the default does not fit"), "{told}");
    let told = with("[settings.key]\ntype = \"string\"\nsecret = true\ndefault = \"x\"\n");
    assert!(told.unwrap_err().to_string().contains("a secret has no default"));
}

#[test]
fn settings_may_be_registered_as_many_as_the_manifest_says() {
    let manifest =
        with("[settings]\ndynamic = true\nmaximum = 3\n[settings.x]\ntype = \"string\"\n");
    let Manifest { settings, dynamic_settings, .. } = manifest.unwrap();
    let SettingsDecl::Inline(schema) = settings else { unreachable!() };
    assert_eq!((schema.fields().len(), dynamic_settings), (1, 3));
    assert_eq!(with("[settings]\ndynamic = true\n").unwrap().dynamic_settings, 64);
    let file = with("[settings]\nschema = \"s.json\"\ndynamic = true\n").unwrap();
    assert_eq!(file.dynamic_settings, 64);
    let called = with("[settings.dynamic]\ntype = \"boolean\"\n").unwrap();
    assert_eq!(called.dynamic_settings, 0, "a setting may be called so");
    let told = with("[settings]\ndynamic = true\nmaximum = 100\n").unwrap_err().to_string();
    assert!(told.contains("settings.maximum: is between 1 and 64"), "{told}");
}
