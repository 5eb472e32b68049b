//! Whether the validators of public schemas are here, Node with what `tests/clients` installs, and
//! schemathesis: without them their tests say so, and count as skipped. `./dev` names the places.

use std::path::Path;

fn main() {
    let named = |name: &str| {
        println!("cargo:rerun-if-env-changed={name}");
        std::env::var_os(name).is_some_and(|it| Path::new(&it).exists())
    };
    let here = [named("SCHEMA_VALIDATORS"), named("PUBLIC_SCHEMAS")];
    let (clients, fuzz) = (named("CLIENTS_NODE"), named("FUZZ_ST"));
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(validators, clients, fuzz)");
    if clients {
        println!("cargo:rustc-cfg=clients");
    }
    if fuzz {
        println!("cargo:rustc-cfg=fuzz");
    }
    if here == [true, true] {
        println!("cargo:rustc-cfg=validators");
    }
}
