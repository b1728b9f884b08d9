//! A moment in which signal-cli has nothing in its hands.
//!
//! It keeps each envelope as a file from before the acknowledgement until after it was written:
//! `<config>/data/<account>.d/msg-cache/<sender>/<envelope>`.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// How often to look.
const LOOK: Duration = Duration::from_millis(5);
/// How long to wait at most: some envelopes stay, such as those of people whose safety number changed.
const PATIENCE: Duration = Duration::from_secs(1);

/// Returns when no envelope is on its way, or after a while.
pub(super) async fn wait(config_dir: &Path) {
    let quiet = async {
        while envelopes(config_dir).is_ok_and(|envelopes| envelopes > 0) {
            tokio::time::sleep(LOOK).await;
        }
    };
    if tokio::time::timeout(PATIENCE, quiet).await.is_err() {
        tracing::debug!("signal-cli is stopped with envelopes in its cache");
    }
}

fn envelopes(config_dir: &Path) -> io::Result<usize> {
    let mut count = 0;
    for account in fs::read_dir(config_dir.join("data"))? {
        let Ok(senders) = fs::read_dir(account?.path().join("msg-cache")) else {
            continue;
        };
        for sender in senders {
            count += fs::read_dir(sender?.path()).map_or(0, Iterator::count);
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_of_all_accounts_and_senders_count() {
        let config = tempfile::tempdir().unwrap();
        assert!(envelopes(config.path()).is_err());
        for name in ["1.d/msg-cache/7/a", "1.d/msg-cache/7/b", "2.d/msg-cache/1/c"] {
            let path = config.path().join("data").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::write(config.path().join("data/accounts.json"), "{}").unwrap();
        assert_eq!(envelopes(config.path()).unwrap(), 3);
    }
}
