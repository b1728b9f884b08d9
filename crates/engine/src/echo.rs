//! Our own copies, coming back.

use matrimony_domain::{ChatKey, Mark, SendIds, Text};
use sha2::{Digest, Sha256};

/// What is known about an inbound that comes from the account of one of our own logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Its id is a known copy.
    pub known_copy: bool,
    /// One of our logins has a send under way in that chat, whose answer (and so whose id) is still to come.
    pub in_flight: bool,
    /// Who chooses the ids of messages that we send in that chat.
    pub send_ids: SendIds,
    /// An attempt in that chat that went unanswered said the same ([`fingerprint`]).
    pub fingerprint_known: bool,
}

/// What to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is our copy: it settles its delivery and is not relayed.
    Echo,
    /// It cannot be told yet: hold it, and what comes behind it in that chat, until the send has answered; then ask again.
    Wait,
    /// A person wrote it by hand on that account: relay it.
    Accept,
}

/// Tells an echo from what a person wrote by hand on one of our accounts.
///
/// Where we choose the ids they are recorded before the send, so an id that is not known is not ours. Where the network
/// chooses, a copy may be seen before the answer that tells its id: that is worth a wait, because relaying it would
/// double the message and dropping it might lose one.
pub fn judge(sighting: Sighting) -> Verdict {
    if sighting.known_copy {
        Verdict::Echo
    } else if sighting.in_flight && sighting.send_ids == SendIds::Theirs {
        Verdict::Wait
    } else if sighting.fingerprint_known {
        Verdict::Echo
    } else {
        Verdict::Accept
    }
}

/// Recognises what we sent into a chat when another login sees it there: the same for the text of an action and for the
/// same text read back from its network.
///
/// Left out is what the way through a network may change: marks, the names of people of that network who are mentioned
/// natively, line ends, white space at the ends of lines and of the text, invisible joiners.
pub fn fingerprint(chat: &ChatKey, text: &Text) -> [u8; 16] {
    let mut said = String::with_capacity(text.body.len());
    let mut from = 0;
    for span in &text.spans {
        let native = matches!(&span.mark, Mark::Mention(person) if person.network == chat.network);
        if let Some(words) = text.body.get(from..span.range.start)
            && native
            && span.range.end <= text.body.len()
        {
            said.push_str(words);
            said.push('\u{fffc}');
            from = span.range.end;
        }
    }
    said.push_str(text.body.get(from..).unwrap_or_default());

    let mut digest = Sha256::new();
    digest.update(chat.network.as_str());
    digest.update([0]);
    digest.update(&chat.id);
    for line in said.trim().lines() {
        digest.update([0]);
        digest.update(line.trim_end().replace('\u{2060}', ""));
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::ranges::{self, Range, What};
    use crate::translate::testing::{Readable, arbitrary_text};
    use matrimony_domain::{Name, NetworkKind, PersonKey};
    use proptest::prelude::*;

    fn check(known_copy: bool, in_flight: bool, send_ids: SendIds, fingerprint_known: bool, expect: Verdict) {
        let sighting = Sighting {
            known_copy,
            in_flight,
            send_ids,
            fingerprint_known,
        };
        assert_eq!(judge(sighting), expect, "{sighting:?}");
    }

    #[test]
    fn an_echo_is_told_from_a_person() {
        for send_ids in [SendIds::Ours, SendIds::Theirs] {
            check(true, true, send_ids, false, Verdict::Echo);
            check(false, false, send_ids, true, Verdict::Echo);
            check(false, false, send_ids, false, Verdict::Accept);
        }
        check(false, true, SendIds::Theirs, false, Verdict::Wait);
        check(false, true, SendIds::Theirs, true, Verdict::Wait);
        check(false, true, SendIds::Ours, false, Verdict::Accept);
    }

    fn chat() -> ChatKey {
        ChatKey::new(NetworkKind::Signal, "group")
    }

    #[test]
    fn a_fingerprint_holds_what_was_said_and_where() {
        let of = |text: &str| fingerprint(&chat(), &Text::plain(text));
        assert_eq!(of("a\nb"), of("a \r\nb\n"));
        assert_eq!(of("*\u{2060}a"), of("*a"));
        assert_ne!(of("a\nb"), of("ab"));
        assert_ne!(of("a"), of("b"));
        let elsewhere = ChatKey::new(NetworkKind::Signal, "other");
        assert_ne!(of("a"), fingerprint(&elsewhere, &Text::plain("a")));
    }

    #[test]
    fn a_mention_counts_by_place_and_not_by_name() {
        let said = |name: &str| {
            let mut text = Text::plain(format!("hi @{name}!"));
            let ann = PersonKey::new(NetworkKind::Signal, "ann");
            text.mark(3..4 + name.len(), Mark::Mention(ann));
            fingerprint(&chat(), &text)
        };
        assert_eq!(said("Ann"), said("Annabel"));
        assert_ne!(said("Ann"), fingerprint(&chat(), &Text::plain("hi @Ann!")));
    }

    proptest! {
        #[test]
        fn a_copy_that_comes_back_is_recognised(Readable(text) in arbitrary_text()) {
            let chat = ChatKey::new(NetworkKind::Matrix, "the network of the people in these texts");
            let text = crate::translate::degrade(&text, &ranges::SHOWN);
            let out = ranges::render(&text, &|person| Some(person.id.clone()));
            let mentions: Vec<Range> = out.mentions.iter().map(|at| Range {
                start: i64::try_from(at.start).unwrap(),
                length: i64::try_from(at.length).unwrap(),
                what: What::Mention {
                    person: PersonKey::new(NetworkKind::Matrix, at.recipient.as_str()),
                    name: Name::new("another name"),
                },
            }).collect();
            let seen = ranges::parse(&out.text, &mentions);
            prop_assert_eq!(fingerprint(&chat, &seen), fingerprint(&chat, &text));
        }
    }
}
