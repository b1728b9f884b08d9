//! `matrimony user`

use super::print_json;
use crate::cli::UserCommand;
use crate::control::client::Control;
use crate::control::wire::{NewUser, UserMade};
use anyhow::{Context, Result, bail};
use std::io::BufRead;

/// Makes an account on the managed homeserver.
pub(crate) async fn run(control: &Control, command: UserCommand) -> Result<()> {
    let UserCommand::Add {
        name,
        admin,
        password_stdin,
        json,
    } = command;
    let password = match password_stdin {
        true => Some(read_password(&mut std::io::stdin().lock())?),
        false => None,
    };
    let made: UserMade = control.post("/users", &NewUser { name, password, admin }).await?;
    if json {
        return print_json(&made);
    }
    println!("made {}\nlog in at {}", made.user, made.homeserver);
    if let Some(password) = made.password {
        println!("password: {password}");
    }
    Ok(())
}

fn read_password(from: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    from.read_line(&mut line).context("standard input cannot be read")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("standard input holds no password; write one line to it, or leave --password-stdin out");
    }
    Ok(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line() {
        assert_eq!(read_password(&mut &b"pass word\r\nrest"[..]).unwrap(), "pass word");
        assert!(
            read_password(&mut &b"\n"[..])
                .unwrap_err()
                .to_string()
                .contains("no password")
        );
    }
}
