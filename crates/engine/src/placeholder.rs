//! A readable line for what is not carried: never silence.

use matrimony_domain::{Mark, Placeholder, PlaceholderKind, Text};

/// What is said instead, told of the author: "sent a photo, which is not carried over yet". The line is italic, to tell it
/// from the author's own words, which follow.
pub(crate) fn line(placeholder: &Placeholder) -> Text {
    let words = placeholder.text.as_ref().filter(|text| !text.is_blank());
    let (said, between) = said(placeholder.kind, words.is_some());
    let mut line = Text::plain(said);
    line.mark(0..said.len(), Mark::Italic);
    if let Some(words) = words {
        line.push_str(between);
        line.push(words);
    }
    line
}

/// What happened, and what stands between it and the words that came with it.
fn said(kind: PlaceholderKind, has_words: bool) -> (&'static str, &'static str) {
    const OWN_LINE: &str = "\n";
    const SAME_LINE: &str = " ";
    let said = match kind {
        PlaceholderKind::Image => "sent a photo, which is not carried over yet",
        PlaceholderKind::Video => "sent a video, which is not carried over yet",
        PlaceholderKind::Voice => "sent a voice message, which is not carried over yet",
        PlaceholderKind::Audio => "sent an audio file, which is not carried over yet",
        PlaceholderKind::File => "sent a file, which is not carried over yet",
        PlaceholderKind::Sticker if has_words => return ("sent a sticker:", SAME_LINE),
        PlaceholderKind::Sticker => "sent a sticker, which is not carried over yet",
        PlaceholderKind::ViewOnce => "sent something to be viewed once; it is never copied",
        PlaceholderKind::Location => "shared a location, which is not carried over yet",
        PlaceholderKind::Contact => "shared a contact, which is not carried over yet",
        PlaceholderKind::Poll if has_words => return ("started a poll, which is not carried over yet:", SAME_LINE),
        PlaceholderKind::Poll => "started a poll, which is not carried over yet",
        PlaceholderKind::PollVote if has_words => return ("voted in a poll:", SAME_LINE),
        PlaceholderKind::PollVote => "voted in a poll",
        PlaceholderKind::Reaction if has_words => return ("reacted with", SAME_LINE),
        PlaceholderKind::Reaction => "reacted to a message",
        PlaceholderKind::ReactionRemoved => "took back a reaction",
        PlaceholderKind::Edit if has_words => return ("edited a message:", OWN_LINE),
        PlaceholderKind::Edit => "edited a message",
        PlaceholderKind::Deletion => "deleted a message",
        PlaceholderKind::Call => "called the group",
        PlaceholderKind::Timer if has_words => return ("changed the disappearing-message timer:", SAME_LINE),
        PlaceholderKind::Timer => "changed the disappearing-message timer",
        PlaceholderKind::Story => "shared a story, which is not carried over yet",
        PlaceholderKind::Undecryptable => "sent a message that could not be decrypted here",
        PlaceholderKind::Unknown => "sent something that is not carried over yet",
    };
    (said, OWN_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: PlaceholderKind, words: Option<&str>, expect: &str) {
        let text = words.map(Text::plain);
        assert_eq!(line(&Placeholder { kind, text }).body, expect);
    }

    #[test]
    fn a_line_says_what_was_and_what_came_with_it() {
        check(
            PlaceholderKind::Image,
            None,
            "sent a photo, which is not carried over yet",
        );
        check(
            PlaceholderKind::Image,
            Some("look"),
            "sent a photo, which is not carried over yet\nlook",
        );
        check(PlaceholderKind::Edit, Some("new"), "edited a message:\nnew");
        check(PlaceholderKind::Edit, Some("  "), "edited a message");
        check(PlaceholderKind::Reaction, Some("👍"), "reacted with 👍");
        check(
            PlaceholderKind::Poll,
            Some("When?"),
            "started a poll, which is not carried over yet: When?",
        );
        check(PlaceholderKind::Deletion, None, "deleted a message");
    }

    #[test]
    fn the_authors_words_keep_their_marks() {
        let mut words = Text::plain("now");
        words.mark(0..3, Mark::Bold);
        let kind = PlaceholderKind::Reaction;
        let line = line(&Placeholder {
            kind,
            text: Some(words),
        });
        let marks: Vec<_> = line
            .spans
            .iter()
            .map(|span| (span.range.clone(), span.mark.clone()))
            .collect();
        assert_eq!(marks, [(0..12, Mark::Italic), (13..16, Mark::Bold)]);
    }
}
