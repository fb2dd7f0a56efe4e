//! What is written so that OpenClaw's gateway runs on this computer, and asks who is there.
//! Pure, as the rest of `intent`.

use super::{Edits, path};
use crate::openclaw::{
    document::{Edit, Value},
    settings::LOCAL,
};

/// Lets the gateway run on this computer: without `gateway.mode` it refuses to start. One that is set stays.
#[must_use]
pub fn gateway_mode(value: &Value) -> Edits {
    let mut result = Edits::default();
    if value.get_path(&["gateway", "mode"]).is_none() {
        result.edits.push(Edit::Set { path: path(&["gateway", "mode"]), value: LOCAL.into() });
    }
    result
}

/// Gives the gateway a token of its own to ask for. What it asked for before does not count any more.
#[must_use]
pub fn gateway_token(token: &str) -> Edits {
    let set =
        |key: &str, value: &str| Edit::Set { path: path(&["gateway", "auth", key]), value: value.into() };
    Edits { edits: vec![set("mode", "token"), set("token", token)], ..Edits::default() }
}

/// What OpenClaw's own command would otherwise write anew, without the comments: where the gateway runs, and a token
/// where it asks for one and there is none (measured on 2026.9.6). `secret`: it finds one, or asks for none.
#[must_use]
pub fn gateway_at_login(value: &Value, secret: bool, token: &str) -> Edits {
    let mut result = gateway_mode(value);
    if !secret {
        result.edits.extend(gateway_token(token).edits);
    }
    result
}
