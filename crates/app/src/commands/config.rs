//! `matrimony config`

use crate::cli::ConfigCommand;
use crate::config::{self, Config};
use anyhow::{Context, Result, bail};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Makes or checks the config file.
pub(crate) fn run(file: &Path, command: ConfigCommand) -> Result<()> {
    match command {
        ConfigCommand::Init { server_name, data_dir } => {
            let data_dir = match data_dir {
                Some(dir) => std::path::absolute(dir)?,
                None => config::default_data_dir()?,
            };
            init(file, &server_name, &data_dir)
        }
        ConfigCommand::Check => {
            let config = Config::read(file)?;
            println!(
                "{} is fine; data is kept in {}",
                file.display(),
                config.data_dir.display()
            );
            Ok(())
        }
    }
}

fn init(file: &Path, server_name: &str, data_dir: &Path) -> Result<()> {
    let text = config::template(server_name, data_dir);
    if let Err(problem) = Config::parse(&text) {
        bail!("{problem}");
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut out = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(out) => out,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!(
                "{} is there already and was left alone; remove it to start over",
                file.display()
            )
        }
        Err(error) => return Err(error).with_context(|| format!("cannot write {}", file.display())),
    };
    out.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!(
        "wrote {}\nnext: `matrimony up`, then `matrimony link signal` and `matrimony link whatsapp`",
        file.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sub/matrimony.toml");
        init(&file, "example.org", Path::new("/srv/m")).unwrap();
        assert!(Config::read(&file).is_ok());
        let before = std::fs::read_to_string(&file).unwrap();
        let error = init(&file, "other.org", Path::new("/srv/m")).unwrap_err().to_string();
        assert!(error.contains("is there already"), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    }

    #[test]
    fn a_server_name_that_is_none_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("matrimony.toml");
        assert!(init(&file, "no name", Path::new("/srv/m")).is_err());
        assert!(!file.exists());
    }
}
