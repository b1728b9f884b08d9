use super::*;
use crate::translate::testing::{self, Readable, arbitrary_text, shape};
use matrimony_domain::{NetworkKind, limits};
use proptest::prelude::*;

fn nina() -> PersonKey {
    PersonKey::new(NetworkKind::Matrix, "@nina:hs.example")
}

fn resolve(person: &PersonKey) -> Option<String> {
    (person.network == NetworkKind::Matrix).then(|| person.id.clone())
}

/// `expect` is written as [`shape`] shows a text: each mark as `‹kind:…›`.
fn check(html: &str, expect: &str) {
    assert_eq!(shape(&parse(html)), expect, "{html}");
}

#[test]
fn marks_are_read() {
    check("a <b>b</b> <strong>c</strong>", "a ‹bold:b› ‹bold:c›");
    check("<i>a</i> <em>b</em>", "‹italic:a› ‹italic:b›");
    check(
        "<del>a</del> <s>b</s> <strike>c</strike>",
        "‹strike:a› ‹strike:b› ‹strike:c›",
    );
    check("<b>a <i>b</b> c</i>", "‹bold:a ‹italic:b›› c");
    check("<span data-mx-spoiler=\"why\">x</span> <span>y</span>", "‹spoiler:x› y");
    check("<code>a</code>", "‹code:a›");
    check(
        "<pre><code class=\"language-rust\">fn a() {\n  b\n}\n</code></pre>",
        "‹block:fn a() {\n  b\n}›",
    );
    check("<a href=\"https://a.example\">x</a>", "‹link https://a.example:x›");
    check("<a href=\"javascript:alert(1)\">x</a>", "x");
    check("<u><font color=red>x</font></u>", "x");
}

#[test]
fn blocks_become_lines() {
    check("a<br>b<br/>c", "a\nb\nc");
    check("<p>a</p>\n<p>b</p>\n", "a\n\nb");
    check("<p>a<p>b", "a\n\nb");
    check("<div>a</div><div>b</div>", "a\nb");
    check("<h1>a</h1><p>b</p>", "‹bold:a›\n\nb");
    check("x<blockquote>\n<p>q<br>r</p>\n</blockquote>y", "x\n‹quote:q\nr›\n\ny");
    check(
        "<ul>\n<li>a</li>\n<li>b<ul><li>c</li></ul></li>\n</ul>d",
        "- a\n- b\n  - c\nd",
    );
    check("<ol start=3><li>a<li>b</ol>", "3. a\n4. b");
    check("<ul><li><p>a</p></li></ul>", "- a");
    check("  a \n b  ", "a b");
    check("a<pre>b\nc</pre>d", "a\n‹block:b\nc›\nd");
}

#[test]
fn what_is_not_for_readers_is_left_out() {
    check("<mx-reply><blockquote>old</blockquote></mx-reply>new", "new");
    check("a<script>alert('<b>')</script>b<style>x{}</style>c", "abc");
    check("a<!-- b -->c<!DOCTYPE html>", "ac");
    check("&lt;b&gt; &amp;amp; &#10; &nbsp;&copy;&#0;", "<b> &amp;  ©\u{fffd}");
    check("<img alt=\":cat:\" src=\"mxc://a/b\">", ":cat:");
    check("", "");
    check("<br", "");
}

#[test]
fn a_pill_is_a_mention() {
    let expect = "hi ‹mention @nina:hs.example:@Nina›!";
    check("hi <a href=\"https://matrix.to/#/@nina:hs.example\">Nina</a>!", expect);
    check("hi <a href=\"matrix:u/nina:hs.example\">@Nina</a>!", expect);
}

#[test]
fn everything_is_escaped() {
    let mut text = Text::plain("<i>&\"\n  x\u{1F600}");
    text.mark(0..3, Mark::Bold);
    let out = render(&text, &resolve);
    let html = "<strong>&lt;i&gt;</strong>&amp;&quot;<br>&nbsp;&nbsp;x\u{1F600}";
    assert_eq!(out.html.as_deref(), Some(html));
    assert_eq!(out.body, text.body);
    let mut link = Text::plain("x");
    link.mark(0..1, Mark::Link("https://a.example/?\"><script>".into()));
    let html = "<a href=\"https://a.example/?&quot;&gt;&lt;script&gt;\">x</a>";
    assert_eq!(render(&link, &resolve).html.as_deref(), Some(html));
}

#[test]
fn a_mention_is_a_pill_once_per_person() {
    let mut text = Text::plain("@Nina @Nina @Bob");
    text.mark(0..5, Mark::Mention(nina()));
    text.mark(6..11, Mark::Mention(nina()));
    text.mark(12..16, Mark::Mention(PersonKey::new(NetworkKind::Signal, "bob")));
    let out = render(&text, &resolve);
    let pill = "<a href=\"https://matrix.to/#/@nina:hs.example\">@Nina</a>";
    assert_eq!(out.html, Some(format!("{pill} {pill} @Bob")));
    assert_eq!(out.mentioned, ["@nina:hs.example"]);
}

#[test]
fn a_plain_text_has_no_html() {
    let out = render(&Text::plain("a < b\n c"), &resolve);
    assert_eq!((out.body.as_str(), out.html), ("a < b\n c", None));
}

#[test]
fn the_plain_body_is_readable() {
    let mut text = Text::plain("q\nr\ndocs");
    text.mark(0..3, Mark::Quote);
    text.mark(4..8, Mark::Link("https://a.example".into()));
    assert_eq!(render(&text, &resolve).body, "> q\n> r\ndocs (https://a.example)");
}

#[test]
fn a_reply_fallback_is_left_out_of_a_reply_only() {
    let check = |body: &str, is_reply, expect: &str| assert_eq!(parse_plain(body, is_reply).body, expect);
    let reply = "> <@nina:hs.example> old\n> older\n\nnew\n> kept";
    check(reply, true, "new\n> kept");
    check(reply, false, reply);
    check("> * <@nina:hs.example> waves\n\nhi", true, "hi");
    check("> said by hand\nhi", true, "> said by hand\nhi");
    check("> <@nina:hs.example> only", true, "");
}

#[test]
fn garbage_is_bounded() {
    for piece in [
        "<b>",
        "<b><p>",
        "<font a=1>",
        "</b>",
        "<ul><li>",
        "&",
        "<",
        "<a b c d e f>",
        "<pre>\n",
        "<blockquote>",
    ] {
        let text = parse(&piece.repeat(100_000 / piece.len()));
        assert!(
            text.body.len() <= limits::BODY_BYTES && text.spans.len() <= limits::SPANS,
            "{piece}"
        );
    }
}

/// White space that HTML does not keep.
fn without_lost_space(body: &str) -> String {
    let spaces: String = body
        .chars()
        .map(|c| if matches!(c, '\t' | '\u{a0}') { ' ' } else { c })
        .collect();
    let lines: Vec<&str> = spaces.split('\n').map(|line| line.trim_end_matches(' ')).collect();
    lines.join("\n").trim_end().to_owned()
}

proptest! {
    #[test]
    fn any_html_is_read(html in testing::garbage(&["<b>", "</b>", "<p>", "<pre>", "</pre>", "<a href=", "\"", ">", "<!--", "<li>", "&#x", "<br>"])) {
        testing::assert_sound(&parse(&html));
        testing::assert_sound(&parse_plain(&html, true));
    }

    #[test]
    fn a_round_trip_keeps_text_and_marks(Readable(text) in arbitrary_text()) {
        let out = render(&text, &resolve);
        let back = out.html.map_or_else(|| parse_plain(&out.body, false), |html| parse(&html));
        testing::assert_sound(&back);
        prop_assert_eq!(without_lost_space(&back.body), without_lost_space(&text.body));
        prop_assert_eq!(testing::marks_by_character(&back, |_| true), testing::marks_by_character(&text, |_| true));
    }
}
