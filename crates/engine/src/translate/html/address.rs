//! Addresses in Matrix HTML.

use matrimony_domain::{Mark, NetworkKind, PersonKey};

/// Longest address that is kept, in bytes.
const ADDRESS_BYTES: usize = 2_048;

/// What a link to `href` means; `None` where the address is of a kind that we do not pass on.
pub(super) fn mark_for(href: &str) -> Option<Mark> {
    let href = href.trim();
    if let Some(user) = user_of(href) {
        return Some(Mark::Mention(PersonKey::new(NetworkKind::Matrix, user)));
    }
    let scheme = href.split_once(':')?.0.to_ascii_lowercase();
    let known = matches!(scheme.as_str(), "http" | "https" | "mailto" | "matrix");
    let plain = !href.contains(|c: char| c.is_control() || c.is_whitespace());
    (known && plain && href.len() <= ADDRESS_BYTES).then(|| Mark::Link(href.to_owned()))
}

/// The address of a Matrix user, as clients turn it into a pill.
pub(super) fn of_user(id: &str) -> String {
    let mut out = String::from("https://matrix.to/#/");
    for byte in id.bytes() {
        match byte {
            b'@' | b':' | b'.' | b'-' | b'_' | b'=' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The user id in `https://matrix.to/#/@user:server` or `matrix:u/user:server`.
fn user_of(href: &str) -> Option<String> {
    let (path, sigil) = match href.strip_prefix("https://matrix.to/#/") {
        Some(path) => (path, ""),
        None => (href.strip_prefix("matrix:u/")?, "@"),
    };
    let path = path.split(['?', '/']).next()?;
    let id = format!("{sigil}{}", percent_decoded(path)?);
    let (local, server) = id.strip_prefix('@')?.split_once(':')?;
    let readable = !id.contains(|c: char| c.is_control() || c.is_whitespace());
    (readable && !local.is_empty() && !server.is_empty() && id.len() <= 255).then_some(id)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            _ => byte,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_person_or_a_link_or_nothing() {
        let person = |id: &str| Some(Mark::Mention(PersonKey::new(NetworkKind::Matrix, id)));
        let link = |href: &str| Some(Mark::Link(href.to_owned()));
        let check = |href: &str, expect: Option<Mark>| assert!(mark_for(href) == expect, "{href}");
        check("https://matrix.to/#/@nina:hs.example", person("@nina:hs.example"));
        check(
            "https://matrix.to/#/%40nina%3Ahs.example?via=x",
            person("@nina:hs.example"),
        );
        check("matrix:u/nina:hs.example?action=chat", person("@nina:hs.example"));
        check(
            "https://matrix.to/#/!room:hs.example",
            link("https://matrix.to/#/!room:hs.example"),
        );
        check("https://matrix.to/#/@nina%zz", link("https://matrix.to/#/@nina%zz"));
        check(" HTTPS://a.example/ ", link("HTTPS://a.example/"));
        check("mailto:a@b.example", link("mailto:a@b.example"));
        check("javascript:alert(1)", None);
        check("java\nscript:alert(1)", None);
        check("data:text/html,x", None);
        check("/relative", None);
        check("", None);
    }

    #[test]
    fn a_user_address_reads_back() {
        for id in ["@nina:hs.example", "@a/b+c=d:hs.example:8448", "@ü\"<:hs.example"] {
            assert_eq!(user_of(&of_user(id)).as_deref(), Some(id));
        }
    }
}
