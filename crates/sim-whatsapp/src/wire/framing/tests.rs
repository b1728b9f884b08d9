use super::*;

fn read_all(reader: &mut FrameReader) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().expect("a well-formed stream") {
        frames.push(frame.to_vec());
    }
    frames
}

fn stream(prefix: &[u8]) -> Vec<u8> {
    [
        prefix,
        &WA_CONN_HEADER,
        &frame(b"first"),
        &frame(b""),
        &frame(&[7; 70_000]),
    ]
    .concat()
}

#[test]
fn frames_come_out_whole_whatever_the_pieces() {
    for piece in [1, 2, 3, 5, 1024, usize::MAX] {
        let mut reader = FrameReader::default();
        let mut frames = Vec::new();
        for bytes in stream(b"").chunks(piece.min(100_000)) {
            reader.push(bytes);
            frames.extend(read_all(&mut reader));
        }
        assert_eq!(
            frames,
            [b"first".to_vec(), Vec::new(), vec![7; 70_000]],
            "pieces of {piece}"
        );
    }
}

#[test]
fn edge_routing_before_the_intro_is_skipped() {
    let mut reader = FrameReader::default();
    for byte in stream(b"ED\0\x01\0\0\x03abc") {
        reader.push(&[byte]);
    }
    assert_eq!(read_all(&mut reader).len(), 3);
}

#[test]
fn another_protocol_is_refused_at_its_first_wrong_byte() {
    let mut reader = FrameReader::default();
    reader.push(b"G");
    assert_eq!(reader.next_frame(), Err(FramingError::Intro));
}

#[test]
fn another_dictionary_version_is_refused() {
    let mut reader = FrameReader::default();
    reader.push(b"WA\x06\x02");
    assert_eq!(reader.next_frame(), Err(FramingError::Intro));
}

#[test]
fn an_oversized_frame_is_refused_before_it_arrives() {
    let mut reader = FrameReader::default();
    reader.push(&WA_CONN_HEADER);
    reader.push(&[0xff, 0xff, 0xff]);
    assert_eq!(reader.next_frame(), Err(FramingError::FrameTooLong(0xff_ffff)));
}

#[test]
fn oversized_edge_routing_is_refused() {
    let mut reader = FrameReader::default();
    reader.push(b"ED\0\x01\xff\0\0");
    assert_eq!(reader.next_frame(), Err(FramingError::EdgeRoutingTooLong(0xff_0000)));
}
