use super::*;
use std::sync::Arc;

const LOGIN: LoginId = LoginId(1);

fn spool() -> (tempfile::TempDir, Arc<Spool>) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::open(&folder.path().join("spool")).unwrap());
    (folder, spool)
}

fn tail(spool: &Arc<Spool>, login: LoginId) -> Tail {
    Tail::new(Arc::clone(spool), spool.cursor(login))
}

/// All lines that are there, and the place behind them.
fn rest(tail: &mut Tail) -> (Vec<String>, Option<Position>) {
    let pieces: Vec<_> = std::iter::from_fn(|| tail.next().unwrap()).collect();
    let text = |piece: &Piece| String::from_utf8_lossy(piece.line.as_deref().unwrap_or(b"(too long)")).into_owned();
    (pieces.iter().map(text).collect(), pieces.last().map(|piece| piece.end))
}

#[test]
fn lines_come_in_order_and_only_when_they_are_whole() {
    let (_folder, spool) = spool();
    let mut tail = tail(&spool, LOGIN);
    assert!(tail.next().unwrap().is_none(), "no segment yet");
    let mut child = spool.begin_segment().unwrap();
    assert!(tail.next().unwrap().is_none());
    child.write_all(b"one\ntw").unwrap();
    assert_eq!(rest(&mut tail).0, ["one"]);
    child.write_all(b"o\n").unwrap();
    assert_eq!(rest(&mut tail).0, ["two"]);
}

#[test]
fn a_reader_goes_on_from_its_cursor_after_a_restart() {
    let (_folder, spool) = spool();
    let mut child = spool.begin_segment().unwrap();
    child.write_all(b"one\ntwo\n").unwrap();
    let mut before = tail(&spool, LOGIN);
    let first = before.next().unwrap().unwrap();
    spool.advance(LOGIN, first.end).unwrap();
    before.next().unwrap().unwrap(); // read, and not committed

    let again = Arc::new(Spool::open(spool.folder()).unwrap());
    assert_eq!(rest(&mut tail(&again, LOGIN)).0, ["two"]);
    assert_eq!(
        rest(&mut tail(&again, LoginId(2))).0,
        ["one", "two"],
        "another login has its own cursor"
    );
}

#[test]
fn the_next_segment_follows_and_half_a_line_stays_behind() {
    let (_folder, spool) = spool();
    let mut first = spool.begin_segment().unwrap();
    first.write_all(b"one\n{\"half").unwrap();
    let mut tail = tail(&spool, LOGIN);
    assert_eq!(rest(&mut tail).0, ["one"]);
    let mut second = spool.begin_segment().unwrap();
    second.write_all(b"two\n").unwrap();
    let (lines, end) = rest(&mut tail);
    assert_eq!(lines, ["two"]);
    assert_eq!(end, Some(Position { segment: 2, offset: 4 }));
}

#[test]
fn appended_lines_and_bytes_that_are_no_text_come_through() {
    let (_folder, spool) = spool();
    spool.append(b"\xff\xfe").unwrap();
    spool.append(b"two").unwrap();
    let pieces: Vec<_> = {
        let mut tail = tail(&spool, LOGIN);
        std::iter::from_fn(|| tail.next().unwrap())
            .map(|piece| piece.line.unwrap())
            .collect()
    };
    assert_eq!(pieces, [b"\xff\xfe".to_vec(), b"two".to_vec()]);
}

#[test]
fn what_all_have_passed_is_given_back_to_the_disk() {
    let (_folder, spool) = spool();
    let (fast, slow) = (LoginId(1), LoginId(2));
    let (mut reader, _) = (tail(&spool, fast), tail(&spool, slow));
    let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
    let lines = usize::try_from(4 * SPOOL_KEEP / 1024).unwrap();
    spool.begin_segment().unwrap().write_all(&line.repeat(lines)).unwrap();
    spool.begin_segment().unwrap().write_all(&line.repeat(lines)).unwrap();
    let end = rest(&mut reader).1.unwrap();
    spool.advance(fast, end).unwrap();
    assert_eq!(
        segment::list(spool.folder()).unwrap().len(),
        2,
        "the slow one still needs it"
    );

    spool.advance(slow, end).unwrap();
    let left = segment::list(spool.folder()).unwrap();
    assert_eq!(left.iter().map(|segment| segment.number).collect::<Vec<_>>(), [2]);
    assert!(
        left[0].on_disk() <= 2 * SPOOL_KEEP,
        "{} bytes are kept",
        left[0].on_disk()
    );

    // A reader without a cursor passes over the hole and gets what was kept.
    let kept = rest(&mut tail(&spool, LoginId(3))).0;
    assert!(
        kept.len() as u64 >= SPOOL_KEEP / 1024 - 1 && kept.len() < lines,
        "{} lines",
        kept.len()
    );
}

#[test]
fn a_forgotten_login_holds_nothing_back() {
    let (_folder, spool) = spool();
    spool.advance(LOGIN, Position { segment: 1, offset: 5 }).unwrap();
    assert_eq!(spool.cursor(LOGIN).offset, 5);
    spool.forget(LOGIN).unwrap();
    spool.forget(LOGIN).unwrap();
    assert_eq!(Spool::open(spool.folder()).unwrap().cursor(LOGIN), Position::default());
}

#[test]
fn strays_are_reported_by_one() {
    let (_folder, spool) = spool();
    spool.cursor(LoginId(7));
    assert!(spool.reports_strays(LoginId(7)));
    spool.cursor(LoginId(3));
    assert!(spool.reports_strays(LoginId(3)) && !spool.reports_strays(LoginId(7)));
}

#[test]
fn a_cursor_that_cannot_be_read_begins_again() {
    assert_eq!(read_cursor(b"3 17\n"), Position { segment: 3, offset: 17 });
    for broken in ["", "x y", "3", "-1 2", "99999999999999999999 1"] {
        assert_eq!(read_cursor(broken.as_bytes()), Position::default(), "{broken}");
    }
}

#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, spool) = spool();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    spool.append(b"line").unwrap();
    assert_eq!(mode(spool.folder()), 0o700);
    assert_eq!(mode(&segment::path(spool.folder(), 1)), 0o600);
}

#[test]
fn a_cursor_that_a_power_cut_has_torn_begins_again() {
    for torn in [&b""[..], b"\0\0\0\0", b"\xff\xfe\x00", b"7 \xc3"] {
        let (_folder, spool) = spool();
        spool.begin_segment().unwrap().write_all(b"one\ntwo\n").unwrap();
        fs::write(cursor_path(spool.folder(), LOGIN), torn).unwrap();
        let again = Arc::new(Spool::open(spool.folder()).unwrap_or_else(|error| panic!("{torn:?}: {error}")));
        assert_eq!(rest(&mut tail(&again, LOGIN)).0, ["one", "two"], "{torn:?}");
    }
}
