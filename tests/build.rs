//! Whether what other people publish is here, the validators of public schemas and the npm clients:
//! without them their tests say so, and count as skipped. `./dev` names the places.

use std::path::Path;

fn main() {
    let named = |name: &str| {
        println!("cargo:rerun-if-env-changed={name}");
        std::env::var_os(name).is_some_and(|it| Path::new(&it).exists())
    };
    let here = [named("SCHEMA_VALIDATORS"), named("PUBLIC_SCHEMAS")];
    let clients = named("LIVE_CLIENTS");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(live_clients)");
    if clients {
        println!("cargo:rustc-cfg=live_clients");
    }
    println!("cargo:rustc-check-cfg=cfg(validators)");
    if here == [true, true] {
        println!("cargo:rustc-cfg=validators");
    }
}
