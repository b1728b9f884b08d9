//! The config file: read, checked, explained. Unknown keys and wrong types are errors that name the place and the cure.

mod matrix;
mod signal;
mod template;
mod whatsapp;

pub(crate) use matrix::{External, Managed, Matrix};
pub(crate) use signal::Signal;
pub(crate) use template::template;
pub(crate) use whatsapp::WhatsApp;

use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where everything is kept: the ledger, keys of linked accounts, the managed homeserver.
    pub data_dir: PathBuf,
    /// The homeserver and who may command the bot.
    pub matrix: Matrix,
    /// How signal-cli is reached.
    #[serde(default)]
    pub signal: Signal,
    /// How our device introduces itself.
    #[serde(default)]
    pub whatsapp: WhatsApp,
    /// What is logged.
    #[serde(default)]
    pub log: Log,
}

/// What is logged.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// A filter in the form of `RUST_LOG`.
    pub filter: String,
    /// How lines look.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".into(),
            format: LogFormat::Text,
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Why there is no usable config. Each names the file and the cure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// No file at that place.
    #[error("there is no config file at {0}; make one with `matrimony config init`")]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("the config file {0} cannot be read: {1}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file does not parse, or has a key or a value that does not fit.
    #[error(
        "the config file {file} is not right:\n{problem}\n`matrimony config init` writes a file with every setting and what it means"
    )]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// The place and what is wrong there.
        problem: Problem,
    },
    /// The home directory is not known, so neither is the default place.
    #[error("neither --config nor HOME is set, so there is no place to look for the config file")]
    NoHome,
}

/// What is wrong, with the place in the file where there is one.
#[derive(Debug)]
pub(crate) struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_end())
    }
}

impl Config {
    /// Reads and checks the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
            _ => ConfigError::Unreadable(path.to_owned(), error),
        })?;
        Self::parse(&text).map_err(|problem| ConfigError::Wrong {
            file: path.to_owned(),
            problem,
        })
    }

    /// Parses and checks the text of a config file.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let config: Self = toml::from_str(text).map_err(|error| Problem(error.to_string()))?;
        if config.data_dir.is_relative() {
            return Err(Problem("data_dir must be an absolute path".into()));
        }
        config.matrix.check().map_err(Problem)?;
        config.signal.check().map_err(Problem)?;
        Ok(config)
    }
}

/// The config file to use: the one named, else the default place.
pub(crate) fn path(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    match named {
        Some(path) => Ok(path.to_owned()),
        None => Ok(base("XDG_CONFIG_HOME", ".config")
            .ok_or(ConfigError::NoHome)?
            .join("matrimony")
            .join("matrimony.toml")),
    }
}

/// The default data directory.
pub(crate) fn default_data_dir() -> Result<PathBuf, ConfigError> {
    Ok(base("XDG_DATA_HOME", ".local/share")
        .ok_or(ConfigError::NoHome)?
        .join("matrimony"))
}

fn base(variable: &str, under_home: &str) -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set(variable).or_else(|| set("HOME").map(|home| home.join(under_home)))
}

#[cfg(test)]
mod tests;
