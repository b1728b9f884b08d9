//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Unites group chats: a Signal group, a WhatsApp group and a Matrix room become one conversation.
#[derive(Debug, Parser)]
#[command(name = "matrimony", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// The config file. Default: $XDG_CONFIG_HOME/matrimony/matrimony.toml
    #[arg(long, global = true, env = "MATRIMONY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make or check the config file
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Run everything, until SIGTERM or Ctrl-C
    Up,
    /// Print the registration file for a homeserver of your own
    Registration,
    /// Link an account, by QR code or pair code
    #[command(subcommand)]
    Link(LinkCommand),
    /// List the chats that the linked accounts are in
    Chats(ChatsArgs),
    /// Make one room of two or more chats
    Unite(UniteArgs),
    /// Take a chat off its room; what is said in it stays there
    Detach(DetachArgs),
    /// List the rooms and what hangs on them
    Rooms(JsonFlag),
    /// Show whether everything flows
    Status(JsonFlag),
    /// Accounts on the managed homeserver
    #[command(subcommand)]
    User(UserCommand),
}

/// `matrimony config`
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write a config file with every setting and what it means
    Init {
        /// The name of your homeserver: the part behind the colon in @nina:example.org. It can never change.
        #[arg(long, value_name = "DOMAIN", default_value = "matrimony.localhost")]
        server_name: String,
        /// Where everything is kept. Default: $XDG_DATA_HOME/matrimony
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// Read the config file and say what is wrong with it
    Check,
}

/// `matrimony link`
#[derive(Debug, Subcommand)]
pub(crate) enum LinkCommand {
    /// Link a Signal account as a device of its phone
    Signal(LinkArgs),
    /// Link a WhatsApp account as a device of its phone
    Whatsapp {
        /// How.
        #[command(flatten)]
        args: LinkArgs,
        /// Link by a code typed on the phone with this number, instead of a QR code
        #[arg(long, value_name = "NUMBER")]
        phone: Option<String>,
    },
}

/// What `link` takes on every network.
#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// Print each step as a line of JSON, with the text of the code instead of a picture
    #[arg(long)]
    pub json: bool,
}

/// `--json`
#[derive(Debug, Args)]
pub(crate) struct JsonFlag {
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// `matrimony chats`
#[derive(Debug, Args)]
pub(crate) struct ChatsArgs {
    /// Only those of one network
    #[arg(long, value_enum)]
    pub network: Option<NetworkArg>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// `matrimony unite`
#[derive(Debug, Args)]
pub(crate) struct UniteArgs {
    /// The chats, each as `network:part of its name` or `network:id` as `chats` lists it
    #[arg(required = true, value_name = "CHAT")]
    pub chats: Vec<String>,
    /// The name of the room. Default: that of the first chat
    #[arg(long)]
    pub name: Option<String>,
    /// Matrix users to invite, such as @nina:example.org
    #[arg(long, value_name = "USER")]
    pub invite: Vec<String>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// `matrimony detach`
#[derive(Debug, Args)]
pub(crate) struct DetachArgs {
    /// The chat, as `network:part of its name` or `network:id` as `rooms` lists it
    pub chat: String,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// `matrimony user`
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Make an account on the managed homeserver
    Add {
        /// The part before the colon
        name: String,
        /// May use the bot's commands that change rooms
        #[arg(long)]
        admin: bool,
        /// Read the password from standard input instead of making one up
        #[arg(long)]
        password_stdin: bool,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
}

/// A network on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum NetworkArg {
    /// Matrix
    Matrix,
    /// Signal
    Signal,
    /// WhatsApp
    Whatsapp,
}

impl From<NetworkArg> for matrimony_domain::NetworkKind {
    fn from(arg: NetworkArg) -> Self {
        match arg {
            NetworkArg::Matrix => Self::Matrix,
            NetworkArg::Signal => Self::Signal,
            NetworkArg::Whatsapp => Self::WhatsApp,
        }
    }
}
