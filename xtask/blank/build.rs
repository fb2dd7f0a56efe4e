//! Build script of the blank window.

fn main() {
    tauri_build::build();
}
