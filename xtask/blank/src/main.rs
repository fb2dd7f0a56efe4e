//! A Tauri window with one colour in it: what `cargo xtask bench` holds Pincer's start and memory against.
//! Made as Pincer's own, of the same size, so that the difference is Pincer.

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .setup(|app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
                .title("Blank")
                .inner_size(1080.0, 760.0)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!("tauri.conf.json"))
}
