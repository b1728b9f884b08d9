//! The file that `config init` writes.

use std::path::Path;

/// A config file with every setting, its default and what it means.
pub(crate) fn template(server_name: &str, data_dir: &Path) -> String {
    let server_name = toml::Value::from(server_name);
    let data_dir = toml::Value::from(data_dir.to_string_lossy().into_owned());
    format!(
        r##"# Matrimony. Lines that begin with "#" show defaults; remove the "#" to change one.

# Where everything is kept: the ledger, keys of linked accounts, the managed homeserver. Back it up.
data_dir = {data_dir}

[matrix]
# Where the homeserver finds us.
# listen = "127.0.0.1:29300"
# Who may unite chats and set relays, beside those added with `matrimony user add NAME --admin`.
# admins = ["@nina:example.org"]

# A Synapse of our own, installed into data_dir and reachable on this machine only.
# For a homeserver of yours, replace this section by [matrix.external].
[matrix.managed]
# The part behind the colon in @nina:example.org. It can never change.
server_name = {server_name}
# The port on loopback where clients such as Element log in.
# port = 8008
# A Python that has Synapse already. Without it, Synapse is installed into data_dir with the Python 3 that is found.
# synapse_python = "/opt/synapse/bin/python"

# [matrix.external]
# url = "https://matrix.example.org"
# server_name = "example.org"

[signal]
# enabled = true
# signal-cli is started as a child; found on PATH unless this is a path.
# command = "signal-cli"
# Or use a signal-cli daemon of yours, by one of:
# socket = "/run/signal-cli/socket"
# tcp = "127.0.0.1:7583"

[whatsapp]
# enabled = true
# The name in the phone's list of linked devices.
# device_name = "Matrimony"

[log]
# A filter in the form of RUST_LOG.
# filter = "info"
# "text" or "json"
# format = "text"
"##
    )
}
