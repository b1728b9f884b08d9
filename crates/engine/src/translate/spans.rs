//! Spans in the one form that writers rely on.

use matrimony_domain::{Mark, Span, Text, limits};
use std::ops::Range;

#[cfg(test)]
mod tests;

/// The same text with its marks in canonical form:
///
/// - all ranges are valid, sorted, at most [`limits::SPANS`];
/// - mentions and links do not overlap each other (mentions win), and no other mark begins or ends inside a mention;
/// - of each other mark, ranges neither overlap nor touch;
/// - quotes and code blocks cover whole lines, quotes on adjacent lines are one, code blocks are inside or outside of
///   a quote, code stays within a line and outside of code blocks.
pub(crate) fn tidy(text: &Text) -> Text {
    let body = &text.body;
    let valid: Vec<&Span> = text
        .spans
        .iter()
        .filter(|span| span.range.start < span.range.end && body.get(span.range.clone()).is_some())
        .take(limits::SPANS)
        .collect();
    let of = |wanted: Mark| {
        valid
            .iter()
            .filter(move |span| span.mark == wanted)
            .map(|span| span.range.clone())
    };

    let mentions = apart(&valid, &[], |mark| matches!(mark, Mark::Mention(_)));
    let links = apart(&valid, &mentions, |mark| matches!(mark, Mark::Link(_)));
    let quotes = join_lines(body, merged(of(Mark::Quote).map(|range| whole_lines(body, range))));
    let blocks = merged(of(Mark::CodeBlock).map(|range| whole_lines(body, range)));
    let blocks = cut(body, blocks, &quotes);
    let code = merged(of(Mark::Code).map(|range| around(&mentions, range)))
        .into_iter()
        .flat_map(|range| lines_of(body, range))
        .filter(|line| !touches(&blocks, line))
        .collect::<Vec<_>>();
    let inline = [Mark::Bold, Mark::Italic, Mark::Strike, Mark::Spoiler].map(|mark| {
        let ranges = merged(of(mark.clone()).map(|range| around(&mentions, range)));
        (mark, ranges)
    });

    let mut tidy = Text::plain(body.as_str());
    for Span { range, mark } in mentions.into_iter().chain(links) {
        tidy.mark(range, mark);
    }
    let blocks = [(Mark::Quote, quotes), (Mark::CodeBlock, blocks), (Mark::Code, code)];
    for (mark, ranges) in blocks.into_iter().chain(inline) {
        for range in ranges {
            tidy.mark(range, mark.clone());
        }
    }
    tidy.sort();
    tidy
}

/// A stretch of a body over which the same marks hold.
pub(crate) struct Segment<'a> {
    pub(crate) range: Range<usize>,
    /// From the outermost to the innermost, in the order of [`rank`].
    pub(crate) marks: Vec<&'a Span>,
}

/// Cuts a tidy text where a mark begins or ends.
pub(crate) fn segments(tidy: &Text) -> Vec<Segment<'_>> {
    let mut edges: Vec<usize> = tidy
        .spans
        .iter()
        .flat_map(|span| [span.range.start, span.range.end])
        .chain([0, tidy.body.len()])
        .collect();
    edges.sort_unstable();
    edges.dedup();
    let mut upcoming = tidy.spans.iter().peekable();
    let mut open: Vec<&Span> = Vec::new();
    let mut segments = Vec::with_capacity(edges.len());
    for edge in edges.windows(2) {
        let range = edge[0]..edge[1];
        open.retain(|span| span.range.end > range.start);
        while let Some(span) = upcoming.next_if(|span| span.range.start <= range.start) {
            open.push(span);
        }
        open.sort_by_key(|span| rank(&span.mark));
        segments.push(Segment {
            range,
            marks: open.clone(),
        });
    }
    segments
}

/// Blocks hold links, links hold emphasis, emphasis holds code.
fn rank(mark: &Mark) -> u8 {
    match mark {
        Mark::Quote => 0,
        Mark::CodeBlock => 1,
        Mark::Link(_) | Mark::Mention(_) => 2,
        Mark::Spoiler => 3,
        Mark::Bold => 4,
        Mark::Italic => 5,
        Mark::Strike => 6,
        Mark::Code => 7,
    }
}

/// The spans of a kind that overlap neither each other nor `taken`, which is sorted.
fn apart(valid: &[&Span], taken: &[Span], kind: impl Fn(&Mark) -> bool) -> Vec<Span> {
    let mut wanted: Vec<&Span> = valid.iter().copied().filter(|span| kind(&span.mark)).collect();
    wanted.sort_by_key(|span| span.range.start);
    let mut kept: Vec<Span> = Vec::new();
    for span in wanted {
        let free = kept.last().is_none_or(|last| last.range.end <= span.range.start);
        let next = taken.partition_point(|other| other.range.end <= span.range.start);
        let free = free && taken.get(next).is_none_or(|other| span.range.end <= other.range.start);
        if free {
            kept.push(span.clone());
        }
    }
    kept
}

/// Sorted, with overlapping and touching ranges joined.
pub(crate) fn merged(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut ranges: Vec<_> = ranges.collect();
    ranges.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// Joins sorted ranges between which there is only a line end.
fn join_lines(body: &str, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if &body[last.end..range.start] == "\n" => last.end = range.end,
            _ => out.push(range),
        }
    }
    out
}

/// Cuts whole lines where one of `quotes` begins or ends, so that each part is inside of it or outside.
fn cut(body: &str, blocks: Vec<Range<usize>>, quotes: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut out = Vec::with_capacity(blocks.len());
    for block in blocks {
        let first = quotes.partition_point(|quote| quote.end <= block.start);
        let edges = quotes[first..].iter().flat_map(|quote| [quote.start, quote.end]);
        let edges = edges
            .skip_while(|edge| *edge <= block.start)
            .take_while(|edge| *edge < block.end);
        let mut start = block.start;
        for end in edges.chain([block.end]) {
            out.push(without_empty_lines(body, start..end));
            start = end;
        }
    }
    out.retain(|part| !part.is_empty());
    out
}

/// Grows a range to the lines that it touches, without empty lines at its start and end.
fn whole_lines(body: &str, range: Range<usize>) -> Range<usize> {
    let inner = without_empty_lines(body, range);
    if inner.is_empty() {
        return inner;
    }
    let start = body[..inner.start].rfind('\n').map_or(0, |at| at + 1);
    let end = body[inner.end..].find('\n').map_or(body.len(), |at| inner.end + at);
    start..end
}

fn without_empty_lines(body: &str, range: Range<usize>) -> Range<usize> {
    let rest = body[range.clone()].trim_start_matches('\n');
    let start = range.end - rest.len();
    start..start + rest.trim_end_matches('\n').len()
}

/// The parts of a range that lie in one line each.
pub(crate) fn lines_of(body: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = range.start;
    body[range].split('\n').filter_map(move |line| {
        let part = start..start + line.len();
        start = part.end + 1;
        (!part.is_empty()).then_some(part)
    })
}

/// Grows a range around the mentions, sorted, that it begins or ends in.
fn around(mentions: &[Span], range: Range<usize>) -> Range<usize> {
    let holding = |at: usize| {
        let next = mentions.partition_point(|span| span.range.end <= at);
        mentions
            .get(next)
            .map(|span| span.range.clone())
            .filter(|span| span.start < at)
    };
    let start = holding(range.start).map_or(range.start, |span| span.start);
    let end = holding(range.end).map_or(range.end, |span| span.end);
    start..end
}

/// Whether a range overlaps one of `ranges`, which are sorted and apart.
pub(crate) fn touches(ranges: &[Range<usize>], range: &Range<usize>) -> bool {
    let next = ranges.partition_point(|other| other.end <= range.start);
    ranges.get(next).is_some_and(|other| other.start < range.end)
}
