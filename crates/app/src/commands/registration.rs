//! `matrimony registration`

use crate::config::Config;
use crate::home;
use anyhow::Result;

/// Prints the registration file for the homeserver that the config names. The tokens in it are made the first time and
/// stay the same.
pub(crate) fn run(config: &Config) -> Result<()> {
    print!("{}", home::registration_file(config, &config.data_dir.join("matrix"))?);
    Ok(())
}
