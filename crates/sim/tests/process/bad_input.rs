//! What the program says when it is used wrongly. None of this needs a network.

use anyhow::Result;
use matrimony_sim::ports;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with a config for a homeserver that nobody runs.
struct Desk {
    folder: TempDir,
    port: u16,
}

impl Desk {
    fn new() -> Result<Self> {
        let desk = Self {
            folder: tempfile::tempdir()?,
            port: ports::free()?,
        };
        desk.configure("")?;
        Ok(desk)
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("matrimony.toml")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes the config, with `more` at its end.
    fn configure(&self, more: &str) -> Result<()> {
        let text = format!(
            "data_dir = {data:?}\n[matrix]\nlisten = \"127.0.0.1:{port}\"\n[matrix.external]\nurl = \"http://127.0.0.1:9\"\n\
             server_name = \"mx.test\"\n[signal]\nenabled = false\n[whatsapp]\nenabled = false\n{more}",
            data = self.data(),
            port = self.port,
        );
        Ok(fs::write(self.config(), text)?)
    }

    fn matrimony(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matrimony-sim"));
        command
            .arg("--config")
            .arg(self.config())
            .args(args)
            .env_remove("RUST_LOG");
        command
    }

    fn run(&self, args: &[&str]) -> Result<Output> {
        Ok(self.matrimony(args).output()?)
    }
}

/// The command fails, says all of `words` on standard error, and does not panic.
#[track_caller]
fn fails_saying(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it succeeded: {said}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
}

#[test]
fn an_unknown_key_and_a_wrong_type_are_named_with_their_place() -> Result<()> {
    let desk = Desk::new()?;
    desk.configure("[log]\nfilters = \"info\"\n")?;
    fails_saying(
        &desk.run(&["up"])?,
        &["matrimony.toml", "unknown field `filters`", "line 12", "config init"],
    );
    desk.configure("[log]\nformat = 7\n")?;
    fails_saying(&desk.run(&["status"])?, &["matrimony.toml", "format = 7"]);
    Ok(())
}

#[test]
fn a_missing_config_names_itself_and_the_cure() -> Result<()> {
    let desk = Desk::new()?;
    fs::remove_file(desk.config())?;
    fails_saying(&desk.run(&["up"])?, &["matrimony.toml", "config init"]);
    Ok(())
}

#[test]
fn commands_without_up_say_so() -> Result<()> {
    let desk = Desk::new()?;
    for args in [
        &["status"][..],
        &["rooms", "--json"],
        &["chats"],
        &["link", "signal"],
        &["unite", "signal:a", "whatsapp:b"],
    ] {
        fails_saying(&desk.run(args)?, &["not running", "matrimony up"]);
    }
    Ok(())
}

#[test]
fn a_taken_port_is_named() -> Result<()> {
    let desk = Desk::new()?;
    let _holder = TcpListener::bind(("127.0.0.1", desk.port))?;
    fails_saying(&desk.run(&["up"])?, &[&desk.port.to_string(), "matrix.listen"]);
    Ok(())
}

#[test]
fn a_second_up_is_refused_and_the_first_stops_cleanly() -> Result<()> {
    let desk = Desk::new()?;
    let mut first = desk.matrimony(&["up"]).spawn()?;
    let answered = answers(&desk);
    let second = desk.run(&["up"])?;
    let pid = i32::try_from(first.id())?;
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).expect("a child has a pid"),
        rustix::process::Signal::TERM,
    )?;
    let ended = first.wait()?;
    answered?;
    fails_saying(&second, &["runs on", &pid.to_string(), "data_dir"]);
    assert!(ended.success(), "{ended}");
    Ok(())
}

/// Waits until `up` answers.
fn answers(desk: &Desk) -> Result<()> {
    let look = async || match desk.run(&["status", "--json"]) {
        Ok(output) if output.status.success() => Some(()),
        _ => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(matrimony_sim::wait::until("up answers", crate::support::SOON, look))
}

#[test]
fn a_data_directory_that_cannot_be_used_is_named() -> Result<()> {
    let desk = Desk::new()?;
    fs::write(desk.data(), "a file")?;
    fails_saying(
        &desk.run(&["up"])?,
        &[desk.data().to_str().expect("temp folders are UTF-8"), "data_dir"],
    );
    Ok(())
}

#[test]
fn a_ledger_that_is_none_is_not_overwritten() -> Result<()> {
    let desk = Desk::new()?;
    fs::create_dir(desk.data())?;
    let ledger = desk.data().join("ledger.db");
    fs::write(
        &ledger,
        "this is no database, and somebody may want it back".repeat(100),
    )?;
    fails_saying(&desk.run(&["up"])?, &["ledger"]);
    assert!(fs::read_to_string(&ledger)?.starts_with("this is no database"));
    Ok(())
}

#[test]
fn the_registration_is_for_an_external_homeserver_and_keeps_its_tokens() -> Result<()> {
    let desk = Desk::new()?;
    let (first, second) = (desk.run(&["registration"])?, desk.run(&["registration"])?);
    assert!(first.status.success());
    assert!(String::from_utf8_lossy(&first.stdout).contains("sender_localpart"));
    assert_eq!(first.stdout, second.stdout);
    let mode = fs::metadata(desk.data().join("matrix/tokens.json"))?
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    Ok(())
}

#[test]
fn config_init_writes_a_file_that_works_and_leaves_one_that_is_there() -> Result<()> {
    let desk = Desk::new()?;
    fails_saying(&desk.run(&["config", "init"])?, &["is there already"]);
    fs::remove_file(desk.config())?;
    let made = desk.run(&[
        "config",
        "init",
        "--server-name",
        "mx.test",
        "--data-dir",
        desk.data().to_str().expect("UTF-8"),
    ])?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let checked = desk.run(&["config", "check"])?;
    assert!(String::from_utf8_lossy(&checked.stdout).contains("is fine"));
    fails_saying(&desk.run(&["registration"])?, &["[matrix.external]"]);
    Ok(())
}
