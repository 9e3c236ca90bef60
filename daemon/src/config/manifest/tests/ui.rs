//! Claims about `[[ui]]` and `assets`: what is read, what the folder adds, what is refused where.

use super::*;

const ASKED: &str = "[[permissions]]\nresource = \"ui\"\nactions = [\"contribute\"]\n\
                     reason = \"to show polls\"\n";

fn one(id: &str, rest: &str) -> String {
    format!(
        "[[ui]]\nkind = \"blocks\"\nid = \"{id}\"\nposition = \"sidebar\"\ntitle = \"T\"\n{rest}\n"
    )
}

fn text(id: &str) -> String {
    one(id, "blocks = [{ kind = \"text\", text = \"Hello\" }]")
}

fn read(lines: &str) -> (Option<UiDecls>, String) {
    let text = format!(
        "name = \"small\"\nversion = \"1.0.0\"\nprotocol = \"1\"\ndescription = \"d\"\n{}",
        "[run]\ncommand = [\"./small\"]\n"
    );
    // Keys of the top level go before the tables.
    let (top, tables) = lines.split_once("---\n").unwrap_or(("", lines));
    let text = text.replace("[run]", &format!("{top}[run]"));
    match Manifest::parse(&format!("{text}{tables}"), Path::new("plugin.toml")) {
        Ok(manifest) => (Some(manifest.ui), String::new()),
        Err(faults) => (None, faults.to_string()),
    }
}

fn gathered(lines: &str, folder: &Path) -> Result<crate::ui::Contributed, String> {
    let (decls, faults) = read(lines);
    decls.ok_or(faults)?.gather(folder).map_err(|faults| faults.to_string())
}

#[test]
fn components_pages_and_entries_are_read_with_what_the_folder_adds() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("web")).unwrap();
    std::fs::write(folder.path().join("web/index.html"), "<p>hello</p>").unwrap();
    std::fs::write(folder.path().join("w.json"), "[{\"kind\":\"text\",\"text\":\"x\"}]").unwrap();
    let page = "[[ui]]\nkind = \"web\"\nid = \"page\"\nposition = \"sidebar\"\ntitle = \"P\"\n\
                entry = \"web/index.html\"\n";
    let entry = "[[ui]]\nkind = \"menu\"\nid = \"new\"\nposition = \"composer\"\ntitle = \"N\"\n\
                 action = \"new\"\nwhen = { roles = [\"admin\"], kinds = [\"channel\"] }\n";
    let dynamic = "[[ui]]\ndynamic = true\nkinds = [\"blocks\"]\nmaximum = 3\n";
    let from_file = one("f", "file = \"w.json\"");
    let lines = format!(
        "assets = [\"web/**\"]\n---\n{ASKED}{}{from_file}{page}{entry}{dynamic}",
        text("t")
    );
    let gathered = gathered(&lines, folder.path()).unwrap();
    let ids: Vec<_> = gathered.all.iter().map(|it| it.wire.id.as_str()).collect();
    assert_eq!(ids, ["t", "f", "page", "new"]);
    assert_eq!(gathered.dynamic.most, 3);
    let Some(outboard_proto::common::ui_contribution::Of::Web(web)) = &gathered.all[2].wire.of
    else {
        panic!("{:?}", gathered.all[2])
    };
    assert_eq!((web.entry.len(), web.assets.len()), (64, 1), "named by hash");
}

// I87
#[test]
fn two_things_of_one_id_and_a_sixty_fifth_are_refused() {
    let (_, faults) = read(&format!("{ASKED}{}{}", text("t"), text("t")));
    assert!(faults.contains("ui[1].id: t is declared twice"), "{faults}");
    let many: String = (0..65).map(|number| text(&format!("t{number}"))).collect();
    let (_, faults) = read(&format!("{ASKED}{many}"));
    assert!(faults.contains("at most 64 things"), "{faults}");
    let dynamic = "[[ui]]\ndynamic = true\nkinds = [\"blocks\"]\nmaximum = 64\n";
    let (_, faults) = read(&format!("{ASKED}{}{dynamic}", text("t")));
    assert!(faults.contains("dynamic ones included"), "{faults}");
}

#[test]
fn what_is_shown_must_be_asked_for() {
    let (_, faults) = read(&text("t"));
    assert!(faults.contains("ui: needs the permission ui:contribute"), "{faults}");
}

#[test]
fn every_fault_is_told_at_its_entry() {
    let folder = tempfile::tempdir().unwrap();
    let bad = |blocks: &str| {
        let lines = format!("{ASKED}{}", one("t", &format!("blocks = [{blocks}]")));
        gathered(&lines, folder.path()).unwrap_err()
    };
    let script = bad("{ kind = \"image\", source = \"javascript:alert(1)\", alt = \"x\" }");
    assert!(script.contains("plugin.toml:11: ui[0].blocks[0].image.source"), "{script}");
    assert!(bad("{ kind = \"html\", text = \"x\" }").contains("unknown variant"));
    assert!(bad("{ kind = \"text\", text = \"x\", html = true }").contains("unknown field"));
    let lines = format!("{ASKED}{}", one("t", "file = \"../w.json\""));
    assert!(gathered(&lines, folder.path()).unwrap_err().contains("leads out of"));
    let (_, faults) = read(&format!("assets = [\"../secret\"]\n---\n{ASKED}{}", text("t")));
    assert!(faults.contains("is no path inside the plugin's folder"), "{faults}");
    let (_, faults) = read(&format!("{ASKED}{}", text("t").replace("sidebar", "message")));
    assert!(faults.contains("an entry of a message's menu is a command"), "{faults}");
}
