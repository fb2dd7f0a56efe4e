//! What included files say together, what is refused, and which file an edit goes to.

use std::{fs, path::Path, time::UNIX_EPOCH};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::*;
use crate::{
    computer::Computer,
    error::FileReason,
    machine::os::Os,
    ollama::address::Address,
    openclaw::{
        apply::{Applied, apply},
        change::{Prepared, Wish},
        history, prepare,
    },
    surroundings::{Environment, Surroundings},
};

const MAIN: &str = "openclaw.json";

type Texts<'t> = &'t [(&'t str, &'t str)];

/// Line and column, or why the file could not be opened.
type Place = std::result::Result<(usize, usize), FileReason>;

/// A folder with these files.
pub(super) fn folder<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

pub(super) fn read(folder: &Path) -> Result<Configuration> {
    let main = folder.join(MAIN);
    let document = Document::parse(&main, &fs::read(&main).unwrap())?;
    Configuration::of(document, &Roots::of(&main, []))
}

fn path(dotted: &str) -> Vec<Step> {
    let steps = dotted.split('.').filter(|step| !step.is_empty());
    steps.map(|step| step.parse().map_or_else(|_| Step::from(step), Step::Index)).collect()
}

fn set(dotted: &str, value: Json) -> Edit {
    Edit::Set { path: path(dotted), value: value.into() }
}

fn merge(dotted: &str, value: Json) -> Edit {
    Edit::Merge { path: path(dotted), value: value.into() }
}

fn append(dotted: &str, value: Json) -> Edit {
    Edit::Append { path: path(dotted), value: value.into() }
}

fn remove(dotted: &str) -> Edit {
    Edit::Remove { path: path(dotted) }
}

#[test]
fn files_say_together_what_openclaw_reads() {
    // Each of these was given to OpenClaw 2026.9.6 (`config get`).
    let cases: &[(Texts<'_>, Json)] = &[
        (&[(MAIN, "{a: {$include: './x.json5'}}"), ("x.json5", "{b: 1} // c")], json!({ "a": { "b": 1 } })),
        (
            &[
                (MAIN, "{$include: ['one', 'two'], a: {list: ['c']}}"),
                ("one", "{a: {p: 'a', list: ['a1']}}"),
                ("two", "{a: {p: 'b', list: ['b1']}}"),
            ],
            json!({ "a": { "p": "b", "list": ["a1", "b1", "c"] } }),
        ),
        (
            &[
                (MAIN, "{a: {$include: 'sub/a'}}"),
                ("sub/a", "{d: {$include: './d'}}"),
                ("sub/d", "{m: 'ollama/${WHO}'}"),
            ],
            json!({ "a": { "d": { "m": "ollama/${WHO}" } } }),
        ),
        (&[(MAIN, "{a: [{$include: 's'}, 'y']}"), ("s", "'q'")], json!({ "a": ["q", "y"] })),
        (&[(MAIN, "{a: {$include: 's', $include: 't'}}"), ("t", "[1]")], json!({ "a": [1] })),
        (&[(MAIN, "{a: {$include: []}}")], json!({ "a": {} })),
        (
            &[(MAIN, "{$include: 's', a: {x: null}, constructor: 1}"), ("s", "{a: {x: {y: 1}, z: 2}}")],
            json!({ "a": { "x": null, "z": 2 } }),
        ),
        (&[(MAIN, "{$include: 's', a: {x: 1}}"), ("s", "{a: 'text', a: [1]}")], json!({ "a": { "x": 1 } })),
        (
            &[(MAIN, "{a: {$include: 's'}, b: {$include: '../here/s'}}"), ("s", "{x: 1}")],
            json!({ "a": { "x": 1 }, "b": { "x": 1 } }),
        ),
    ];
    for (files, expected) in cases {
        let outer = folder([]);
        let here = outer.path().join("here");
        for (name, text) in *files {
            fs::create_dir_all(here.join(name).parent().unwrap()).unwrap();
            fs::write(here.join(name), text).unwrap();
        }
        assert_eq!(read(&here).unwrap().value().to_json(), *expected, "{files:?}");
    }
}

/// Where reading failed: the file's name, and the place.
fn failure(folder: &Path) -> (String, Place) {
    let (file, place) = match read(folder).unwrap_err().code {
        ErrorCode::SettingsUnreadable { path, line, column, .. } => (path, Ok((line, column))),
        ErrorCode::FileFailed { path, reason } => (path, Err(reason)),
        other => panic!("{other:?}"),
    };
    (Path::new(&file).strip_prefix(folder).unwrap().display().to_string(), place)
}

#[test]
fn what_openclaw_fails_on_is_refused_and_named() {
    let large = " ".repeat(2 * 1024 * 1024 + 1);
    let long = format!("{{$include: '{}'}}", "a/../".repeat(900));
    let cases: &[(Texts<'_>, &str, Place)] = &[
        (&[(MAIN, "{\n a: {$include: './x'}}")], "x", Err(FileReason::Missing)),
        (&[(MAIN, "{a: {$include: '${DIR}/x'}}"), ("x", "{}")], "${DIR}/x", Err(FileReason::Missing)),
        (&[(MAIN, "{a: {$include: 'x'}}"), ("x/y", "")], "x", Err(FileReason::NotAFile)),
        (&[(MAIN, "{a: {$include: 'x'}}"), ("x", &large)], "x", Err(FileReason::TooLarge)),
        (&[(MAIN, "{a: {$include: 'x'}}"), ("x", "{\n b: oops}")], "x", Ok((2, 5))),
        (&[(MAIN, "{a: {$include: 'x'}}"), ("x", "")], "x", Ok((1, 1))),
        (&[(MAIN, "{\n a: {$include: 'x'}}"), ("x", "{b:\n {$include: './x'}}")], "x", Ok((2, 13))),
        (&[(MAIN, "{$include: 'openclaw.json'}")], MAIN, Ok((1, 12))),
        (&[(MAIN, "{\n a: {$include: '../x'}}")], MAIN, Ok((2, 16))),
        (&[(MAIN, "{a: {$include: '/etc/hostname'}}")], MAIN, Ok((1, 16))),
        (&[(MAIN, "{a: {$include: 3}}")], MAIN, Ok((1, 16))),
        (&[(MAIN, "{a: {$include: ['x', 3]}}"), ("x", "{}")], MAIN, Ok((1, 16))),
        (&[(MAIN, "{a: {$include: 'x', b: 1}}"), ("x", "[1]")], MAIN, Ok((1, 16))),
        (&[(MAIN, "{$include: '\\0'}")], MAIN, Ok((1, 12))),
        (&[(MAIN, &long)], MAIN, Ok((1, 12))),
    ];
    for (files, name, place) in cases {
        let folder = folder(files.iter().copied());
        assert_eq!(failure(folder.path()), ((*name).to_owned(), *place), "{files:?}");
    }
}

#[test]
fn files_may_include_files_ten_deep() {
    for (depth, fits) in [(10, true), (11, false)] {
        let texts: Vec<(String, String)> = (1..=depth)
            .map(|file| {
                let text = if file == depth { "{}".into() } else { format!("{{$include: 'f{}'}}", file + 1) };
                (format!("f{file}"), text)
            })
            .collect();
        let files = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let folder = folder(files.chain([(MAIN, "{$include: 'f1'}")]));
        assert_eq!(read(folder.path()).is_ok(), fits, "{depth}");
    }
}

#[test]
fn including_the_same_again_and_again_is_bounded() {
    let twice = |file: usize| format!("{{a: {{$include: 'f{file}'}}, b: {{$include: 'f{file}'}}}}");
    let texts: Vec<(String, String)> = (1..=9)
        .map(|file| (format!("f{file}"), if file == 9 { "{}".into() } else { twice(file + 1) }))
        .collect();
    let main = twice(1);
    let files = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let folder = folder(files.chain([(MAIN, main.as_str())]));
    assert!(read(folder.path()).unwrap_err().detail.contains("more is included"));
}

#[cfg(unix)]
#[test]
fn links_out_and_second_names_are_refused_and_other_roots_are_read_only() {
    let outside = folder([("x", "{b: 1}")]);
    let linked = folder([(MAIN, "{a: {$include: 'x'}}")]);
    std::os::unix::fs::symlink(outside.path().join("x"), linked.path().join("x")).unwrap();
    assert_eq!(failure(linked.path()), (MAIN.to_owned(), Ok((1, 16))));

    let named_twice = folder([(MAIN, "{a: {$include: 'x'}}"), ("x", "{}")]);
    fs::hard_link(named_twice.path().join("x"), named_twice.path().join("y")).unwrap();
    assert_eq!(failure(named_twice.path()), (MAIN.to_owned(), Ok((1, 16))));

    let main = linked.path().join(MAIN);
    let document = Document::parse(&main, &fs::read(&main).unwrap()).unwrap();
    let configuration =
        Configuration::of(document, &Roots::of(&main, [outside.path().to_owned(), "relative".into()]));
    // The lexical place is within OpenClaw's folder, the real one within the other root.
    let configuration = configuration.unwrap();
    assert_eq!(configuration.value().to_json(), json!({ "a": { "b": 1 } }));
    refused(&configuration, &[set("a.b", json!(2))], "a.b", &["x"]);
    assert!(configuration.edit(&[set("a.b", json!(1))]).is_ok(), "nothing to write there");
}

/// Refused, with that place and these files, by their names.
fn refused(configuration: &Configuration, edits: &[Edit], at: &str, names: &[&str]) {
    match configuration.edit(edits).unwrap_err().code {
        ErrorCode::SettingsIncluded { path, at: told, include } => {
            let folder = Path::new(&path).parent().unwrap();
            let names: Vec<String> =
                names.iter().map(|name| folder.join(name).display().to_string()).collect();
            assert_eq!((told.as_str(), include), (at, names.join(", ")), "{edits:?}");
        }
        other => panic!("{edits:?}: {other:?}"),
    }
}

/// The files that an edit changes, with their texts.
fn written(files: Texts<'_>, edits: &[Edit]) -> Vec<(String, String)> {
    let folder = folder(files.iter().copied());
    let before = read(folder.path()).unwrap();
    let after = before.edit(edits).unwrap_or_else(|error| panic!("{files:?} {edits:?}: {error}"));
    let name = |file: &Document| file.path().strip_prefix(folder.path()).unwrap().display().to_string();
    let pairs = before.files.iter().zip(&after.files);
    pairs
        .filter(|(before, after)| before.document.bytes() != after.document.bytes())
        .map(|(_, after)| (name(&after.document), after.document.text().to_owned()))
        .collect()
}

#[test]
fn an_edit_goes_to_the_file_where_the_value_lives() {
    let split: Texts<'_> = &[
        (
            MAIN,
            "{ gateway: { port: 1 }, agents: { $include: 'agents' }, models: { providers: { $include: 'p' } } }",
        ),
        ("agents", "{ /* mine */ defaults: { model: { $include: 'model' } } }"),
        ("model", "{ primary: 'a', fallbacks: ['b'], } // end"),
        ("p", "{ x: { apiKey: '${KEY}' }, ollama: { models: [{ $include: 'm' }, { id: 'n' }] } }"),
        ("m", "{ id: 'm' }"),
    ];
    let cases: &[(&[Edit], Texts<'_>)] = &[
        (
            &[set("agents.defaults.model.primary", json!("z"))],
            &[("model", "{ primary: 'z', fallbacks: ['b'], } // end")],
        ),
        (
            &[set("gateway.port", json!(2))],
            &[(
                MAIN,
                "{ gateway: { port: 2 }, agents: { $include: 'agents' }, models: { providers: { $include: 'p' } } }",
            )],
        ),
        (
            &[append("agents.defaults.model.fallbacks", json!("c"))],
            &[("model", "{ primary: 'a', fallbacks: ['b', 'c'], } // end")],
        ),
        (
            &[set("agents.entries.main", json!({ "x": 1 }))],
            &[(
                "agents",
                "{ /* mine */ defaults: { model: { $include: 'model' } }, \"entries\": { \"main\": { \"x\": 1 } } }",
            )],
        ),
        (
            &[merge("models.providers.ollama.models.0", json!({ "id": "m", "k": 1 }))],
            &[("m", "{ id: 'm', \"k\": 1 }")],
        ),
        (
            &[Edit::Rename { path: path("agents.defaults.model.fallbacks"), to: "x".into() }],
            &[("model", "{ primary: 'a', x: ['b'], } // end")],
        ),
        (
            &[
                remove("models.providers.ollama.models.1"),
                set("models.providers.ollama.models.0.id", json!("q")),
            ],
            &[
                ("p", "{ x: { apiKey: '${KEY}' }, ollama: { models: [{ $include: 'm' }] } }"),
                ("m", "{ id: 'q' }"),
            ],
        ),
        // The value goes where its name stands; the included file is left as it is.
        (&[remove("agents.defaults.model")], &[("agents", "{ /* mine */ defaults: {} }")]),
        // An object that is set is taken apart, so that its own includes stay.
        (
            &[set("agents.defaults", json!({ "model": { "primary": "z", "fallbacks": ["b"] }, "y": 1 }))],
            &[
                ("agents", "{ /* mine */ defaults: { model: { $include: 'model' }, \"y\": 1 } }"),
                ("model", "{ primary: 'z', fallbacks: ['b'], } // end"),
            ],
        ),
        (
            &[set("agents.defaults.model", json!({ "primary": "a" }))],
            &[("model", "{ primary: 'a', } // end")],
        ),
        // What is so already touches nothing.
        (&[set("agents.defaults.model.primary", json!("a")), remove("models.none")], &[]),
    ];
    for (edits, expected) in cases {
        let mut expected: Vec<(String, String)> =
            expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let mut written = written(split, edits);
        written.sort();
        expected.sort();
        assert_eq!(written, expected, "{edits:?}");
    }
    let beside: Texts<'_> = &[
        (MAIN, "{ $include: ['a', 'b'], c: { own: 1, over: 1 } }"),
        ("a", "{ a: { x: 1 }, c: { theirs: 1, over: 0 } }"),
        ("b", "{ b: [1] }"),
    ];
    let name = |edits: &[Edit]| written(beside, edits).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(name(&[set("a.x", json!(2)), set("b.0", json!(2)), set("c.own", json!(2))]), [MAIN, "a", "b"]);
    assert_eq!(name(&[set("c.theirs", json!(2))]), ["a"]);
    assert_eq!(name(&[set("c.over", json!(2))]), [MAIN], "the main file's own key wins");
    assert_eq!(name(&[set("c.new", json!(2)), set("new.deep", json!(2))]), [MAIN], "in none of them");
}

#[test]
fn an_edit_that_is_not_safe_is_refused_and_says_where_the_value_is() {
    let cases: &[(Texts<'_>, Edit, &str, &[&str])] = &[
        // In two files.
        (
            &[(MAIN, "{a: {$include: ['x', 'y']}}"), ("x", "{p: 1}"), ("y", "{p: 2}")],
            set("a.p", json!(3)),
            "a.p",
            &["y"],
        ),
        // Removing one would bring the other to light.
        (&[(MAIN, "{$include: 'x', p: 2}"), ("x", "{p: 1}")], remove("p"), "p", &["x"]),
        // A list that is joined from two.
        (
            &[(MAIN, "{a: {$include: ['x', 'y']}}"), ("x", "{p: [1]}"), ("y", "{p: [2]}")],
            append("a.p", json!(3)),
            "a.p",
            &["x", "y"],
        ),
        (&[(MAIN, "{$include: 'x', p: [2]}"), ("x", "{p: [1]}")], set("p", json!([5])), "p", &["x"]),
        // A new key whose object stands in two included files.
        (
            &[(MAIN, "{a: {$include: ['x', 'y']}}"), ("x", "{p: 1}"), ("y", "{q: 2}")],
            set("a.r", json!(3)),
            "a.r",
            &["x", "y"],
        ),
        // Included at two places: both would change.
        (
            &[(MAIN, "{a: {$include: 'x'}, b: {$include: './sub/../x'}}"), ("x", "{p: 1}")],
            set("a.p", json!(3)),
            "a.p",
            &["x"],
        ),
    ];
    for (files, edit, at, names) in cases {
        let folder = folder(files.iter().copied());
        refused(&read(folder.path()).unwrap(), std::slice::from_ref(edit), at, names);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_not_to_be_written_is_the_users_word() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder([(MAIN, "{a: {$include: 'x'}}"), ("x", "{p: 1}")]);
    fs::set_permissions(folder.path().join("x"), fs::Permissions::from_mode(0o400)).unwrap();
    refused(&read(folder.path()).unwrap(), &[set("a.p", json!(3))], "a.p", &["x"]);
}

#[test]
fn an_included_list_is_left_to_its_owner_with_the_text_to_paste() {
    let folder = folder([(MAIN, "{a: {$include: 'x'}}"), ("x", "[1]")]);
    match read(folder.path()).unwrap().edit(&[append("a", json!(2))]).unwrap_err().code {
        ErrorCode::SettingsNotEditable { path, .. } => {
            assert_eq!(Path::new(&path), folder.path().join("x"));
        }
        other => panic!("{other:?}"),
    }
}

/// A computer whose OpenClaw has these files, and the plan to set an address there.
fn planned(home: &TempDir) -> (Computer, Prepared) {
    let environment = Environment::new([("OPENCLAW_STATE_DIR", home.path().to_str().unwrap())]);
    let surroundings = Surroundings::new(Os::Linux, environment, home.path().join("me"), || UNIX_EPOCH);
    let computer = Computer::new(surroundings, None);
    let address = Address::parse("http://10.0.0.1:11434").unwrap();
    let prepared = prepare::prepare(
        &computer,
        &Wish::Address(address.clone()),
        Some(address),
        prepare::Seen { discovered: None, loaded: Vec::new() },
    )
    .unwrap();
    (computer, prepared)
}

const SPLIT: Texts<'static> = &[
    (MAIN, "{ models: { $include: './models.json5' } } // main\n"),
    ("models.json5", "{ providers: { ollama: { $include: 'sub/ollama.json5' } } }"),
    (
        "sub/ollama.json5",
        "{ // mine\r\n  baseUrl: 'http://10.0.0.9:11434', apiKey: '${OLLAMA_API_KEY}', models: [{ id: 'a' }],\r\n}",
    ),
];

#[test]
fn a_plan_shows_and_writes_the_included_file_and_undo_takes_it_back() {
    let home = folder(SPLIT.iter().copied());
    let (computer, prepared) = planned(&home);
    let shown: Vec<&str> = prepared.preview.files.iter().map(|file| file.path.as_str()).collect();
    let inner = home.path().join("sub/ollama.json5");
    assert_eq!(shown, [inner.to_str().unwrap()]);
    let changes: Vec<&str> = prepared.preview.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(changes, ["models.providers.ollama.baseUrl"]);
    let order: Vec<_> = prepared.plan.edits.iter().map(|edit| edit.path.file_name().unwrap()).collect();
    assert_eq!(order, ["ollama.json5", "models.json5", MAIN]);

    let applied = apply(&computer.folders, &prepared.plan, UNIX_EPOCH, &|_, _, _| String::new()).unwrap();
    let Applied::Written(receipt) = applied else { panic!("nothing written") };
    assert_eq!(receipt.files.len(), 1);
    let text = fs::read_to_string(&inner).unwrap();
    assert!(
        text.contains("baseUrl: 'http://10.0.0.1:11434'") && text.contains("'${OLLAMA_API_KEY}'"),
        "{text}"
    );

    history::undo(&computer.folders, history::Wanted::default(), UNIX_EPOCH, &|_, _, _| String::new())
        .unwrap();
    for (name, text) in SPLIT {
        assert_eq!(fs::read_to_string(home.path().join(name)).unwrap(), *text, "{name}");
    }
}

#[test]
fn a_plan_stops_when_any_of_its_files_was_written_since() {
    for (name, _) in SPLIT {
        let home = folder(SPLIT.iter().copied());
        let (computer, prepared) = planned(&home);
        fs::write(home.path().join(name), "{}").unwrap();
        let error =
            apply(&computer.folders, &prepared.plan, UNIX_EPOCH, &|_, _, _| String::new()).unwrap_err();
        match error.code {
            ErrorCode::SettingsChangedMeanwhile { path, .. } => assert!(path.ends_with(name), "{path}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn the_hash_knows_every_file() {
    let folder = folder([(MAIN, "{a: {$include: 'x'}}"), ("x", "{p: 1}")]);
    let before = read(folder.path()).unwrap().hash();
    assert_eq!(read(folder.path()).unwrap().hash(), before);
    fs::write(folder.path().join("x"), "{p: 1 }").unwrap();
    assert_ne!(read(folder.path()).unwrap().hash(), before);
    let alone = Document::parse(Path::new(MAIN), b"{}").unwrap();
    assert_eq!(Configuration::of(alone, &Roots::of(Path::new(MAIN), [])).unwrap().hash(), Hash::of(b"{}"));
}
