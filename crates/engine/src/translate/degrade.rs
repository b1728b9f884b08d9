//! What a chat cannot show is written out.

use super::rewrite::{Edit, rewrite};
use super::spans::tidy;
use matrimony_domain::{Mark, Marks, Span, Text};

/// Leaves only the marks in `shown`; what the others said is written out where it would be missed (the table in
/// [`translate`](super)). A text that has been degraded stays as it is when it is degraded again.
pub fn degrade(text: &Text, shown: &Marks) -> Text {
    let text = tidy(text);
    let written = |keeps: bool, wanted: fn(&Mark) -> bool| {
        let spans = if keeps { &[][..] } else { &text.spans[..] };
        spans.iter().filter(move |span| wanted(&span.mark))
    };
    let mut edits: Vec<Edit> = Vec::new();
    // At one place, what ends comes before what begins, and the inner before the outer.
    for span in written(shown.link, |mark| matches!(mark, Mark::Link(_))) {
        edits.extend(address(&text, span).map(|address| Edit::insert(span.range.end, format!(" ({address})"))));
    }
    let spoilers = || written(shown.spoiler, |mark| *mark == Mark::Spoiler);
    edits.extend(spoilers().map(|span| Edit::insert(span.range.end, "]")));
    for span in written(shown.quote, |mark| *mark == Mark::Quote) {
        edits.extend(line_starts(&text.body, span).map(|at| Edit::insert(at, "> ")));
    }
    edits.extend(spoilers().map(|span| Edit::insert(span.range.start, "[spoiler: ")));
    let mut out = rewrite(&text, edits);
    out.spans.retain(|span| shows(shown, &span.mark));
    tidy(&out)
}

fn shows(shown: &Marks, mark: &Mark) -> bool {
    match mark {
        Mark::Bold => shown.bold,
        Mark::Italic => shown.italic,
        Mark::Strike => shown.strike,
        Mark::Code | Mark::CodeBlock => shown.code,
        Mark::Spoiler => shown.spoiler,
        Mark::Quote => shown.quote,
        Mark::Link(_) => shown.link,
        Mark::Mention(_) => true,
    }
}

/// The address of a link, unless its label says the same.
fn address<'a>(text: &'a Text, span: &'a Span) -> Option<&'a str> {
    let Mark::Link(address) = &span.mark else { return None };
    let label = text.body[span.range.clone()].trim();
    let bare = |text: &'a str| {
        ["https://", "http://", "mailto:"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .unwrap_or(text)
            .trim_end_matches('/')
    };
    (label != address && label.trim_end_matches('/') != bare(address)).then_some(address)
}

fn line_starts(body: &str, span: &Span) -> impl Iterator<Item = usize> {
    let breaks = body[span.range.clone()].match_indices('\n');
    let start = span.range.start;
    [start].into_iter().chain(breaks.map(move |(at, _)| start + at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Marks = Marks {
        bold: false,
        italic: false,
        strike: false,
        code: false,
        spoiler: false,
        quote: false,
        link: false,
    };

    fn check(body: &str, marks: &[(std::ops::Range<usize>, Mark)], expect: &str) {
        let mut text = Text::plain(body);
        for (range, mark) in marks {
            text.mark(range.clone(), mark.clone());
        }
        let out = degrade(&text, &NONE);
        assert_eq!(out.body, expect);
        assert_eq!(out.spans, []);
        assert_eq!(degrade(&out, &NONE).body, expect);
    }

    #[test]
    fn what_is_not_shown_is_written_out_where_it_would_be_missed() {
        let link = |address: &str| Mark::Link(address.to_owned());
        check("loud", &[(0..4, Mark::Bold)], "loud");
        check(
            "docs",
            &[(0..4, link("https://a.example/b"))],
            "docs (https://a.example/b)",
        );
        check("a.example", &[(0..9, link("https://a.example/"))], "a.example");
        check(
            "https://a.example",
            &[(0..17, link("https://a.example"))],
            "https://a.example",
        );
        check(
            "https://a.example",
            &[(0..17, link("https://b.example"))],
            "https://a.example (https://b.example)",
        );
        check("x\nq\nr\ny", &[(2..5, Mark::Quote)], "x\n> q\n> r\ny");
        check("it was Bo", &[(7..9, Mark::Spoiler)], "it was [spoiler: Bo]");
        check("q", &[(0..1, Mark::Quote), (0..1, Mark::Spoiler)], "> [spoiler: q]");
        check(
            "l",
            &[(0..1, Mark::Spoiler), (0..1, link("https://a.example"))],
            "[spoiler: l (https://a.example)]",
        );
    }

    #[test]
    fn what_is_shown_stays() {
        let mut text = Text::plain("a b");
        text.mark(0..1, Mark::Bold);
        text.mark(2..3, Mark::Link("https://a.example".into()));
        let out = degrade(&text, &Marks { bold: true, ..NONE });
        assert_eq!(out.body, "a b (https://a.example)");
        assert_eq!(
            out.spans,
            [Span {
                range: 0..1,
                mark: Mark::Bold
            }]
        );
    }
}
