//! A Node and an npm that are shell scripts first on `PATH`: what they bring is made by the lines of a test.

use std::fs;

use super::home::Home;

/// The versions of Node that the package asks for.
pub const REQUIRED: &str = ">=24.16.0 <25 || >=26.1.0";
/// What npm makes: the package first, the program last.
pub const PACKAGE: &str = "/bin/mkdir -p \"$prefix/lib/node_modules/openclaw/dist\" \"$prefix/bin\"\n\
    echo '{\"name\":\"openclaw\",\"version\":\"2026.9.6\"}' >\"$prefix/lib/node_modules/openclaw/package.json\"\n\
    /bin/cp \"$HOME/openclaw.sh\" \"$prefix/lib/node_modules/openclaw/openclaw.mjs\"";
/// The link to its program.
pub const LINK: &str = "/bin/ln -s ../lib/node_modules/openclaw/openclaw.mjs \"$prefix/bin/openclaw\"";

/// An npm whose global folder may not be written, that answers `npm view` and installs with these lines.
pub fn add(home: &Home, view: &str, install: &[&str]) {
    // A file can never be a folder to write into, whoever we are.
    fs::write(home.path().join("global"), "").unwrap();
    home.add_script(
        "npm",
        &format!(
            "case $1 in\nview) {view} ;;\nprefix) echo \"$HOME/global\" ;;\ninstall)\necho \"$@\" >\"$HOME/asked\"\n\
             [ \"$4\" = --prefix ] || exit 9\nprefix=$5\n{}\n;;\nesac",
            install.join("\n")
        ),
    );
}

/// What `npm view` tells of the package.
pub fn viewed() -> String {
    format!("echo '{{\"version\":\"2026.9.6\",\"engines\":{{\"node\":\"{REQUIRED}\"}}}}'")
}

/// The same with a Node of this version.
pub fn add_with_node(home: &Home, node: &str, install: &[&str]) {
    home.add_script("node", &format!("echo {node}"));
    add(home, &viewed(), install);
}

/// What the program that it brings does.
pub fn brings(home: &Home, lines: &str) {
    home.add_script("openclaw.sh", lines);
    fs::rename(home.bin().join("openclaw.sh"), home.path().join("openclaw.sh")).unwrap();
}
