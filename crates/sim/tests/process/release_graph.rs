//! What a release binary is made of.

use anyhow::{Context, Result, ensure};
use std::process::Command;

/// The dependencies of a package with their features, as cargo resolves them for a build of that package alone.
fn features_of(package: &str) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    let args = [
        "tree",
        "--offline",
        "--locked",
        "--edges",
        "normal,build",
        "--format",
        "{p} [{f}]",
        "--prefix",
        "none",
        "--package",
        package,
    ];
    let output = Command::new(cargo)
        .args(args)
        .args(["--manifest-path", manifest])
        .output()
        .context("cargo does not run")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn the_release_graph_has_no_danger_feature_and_no_simulator() -> Result<()> {
    let released = features_of("matrimony")?;
    assert!(released.contains("whatsapp-rust v"), "the client library is there");
    for word in ["danger", "matrimony-sim"] {
        assert!(!released.contains(word), "{word} is in the release graph");
    }
    // The check can see the feature: the simulation has it.
    assert!(features_of("matrimony-sim")?.contains("danger-skip-cert-chain-verify"));
    Ok(())
}
