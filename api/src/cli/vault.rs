//! `essaim vault`: changing the key that wraps the keys of sealed values. Values are not touched.

use api::config::Settings;
use clap::Subcommand;
use serde_json::json;

use super::{
    Failure, open,
    output::{Format, Progress, say},
};

#[derive(Debug, Subcommand)]
pub(super) enum Word {
    /// Wraps under `ESSAIM_KEK` what is wrapped under `ESSAIM_KEK_PREVIOUS`. Run again, it goes on
    /// where it stopped. Everything can be read meanwhile.
    Rotate,
}

pub(super) async fn run(settings: &Settings, word: Word, format: Format) -> Result<(), Failure> {
    let house = open(settings).await?;
    let Word::Rotate = word;
    let done = rotate(house.log.vault(), format).await;
    house.close().await;
    done
}

async fn rotate(vault: &eventlog::Vault, format: Format) -> Result<(), Failure> {
    let all = vault.to_rewrap().await?;
    let progress = Progress::new("rotate");
    let mut rewrapped = 0;
    loop {
        let some = i64::try_from(vault.rewrap().await?).unwrap_or(i64::MAX);
        if some == 0 {
            break;
        }
        rewrapped += some;
        progress.tell(rewrapped, all.max(rewrapped));
    }
    progress.end();
    match format {
        Format::Json => say(&json!({ "rewrapped": rewrapped }).to_string()),
        Format::Table => say(&format!("{rewrapped} keys are wrapped anew")),
    }
    Ok(())
}
