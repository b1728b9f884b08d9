//! What clients may do wrong, and what a server that goes down does to them.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use matrimony_sim_whatsapp::{Options, SimWhatsApp, StartError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const DEADLINE: Duration = Duration::from_secs(10);
async fn server() -> SimWhatsApp {
    SimWhatsApp::start(Options::default())
        .await
        .expect("a server on free ports")
}

async fn connect(sim: &SimWhatsApp) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    connect_async(sim.ws_url()).await.expect("a connection").0
}

/// Reads until the server ends the connection.
async fn expect_closed(mut socket: WebSocketStream<MaybeTlsStream<TcpStream>>) {
    let ended = async { while let Some(Ok(_)) = socket.next().await {} };
    timeout(DEADLINE, ended)
        .await
        .expect("the server closes the connection");
}

/// The server answers the hello of a new client: it lives.
async fn expect_alive(sim: &SimWhatsApp) {
    let mut socket = connect(sim).await;
    socket
        .send(Message::Binary(client_hello().into()))
        .await
        .expect("a sent hello");
    let answer = timeout(DEADLINE, socket.next()).await.expect("an answer in time");
    assert!(
        matches!(answer, Some(Ok(Message::Binary(_)))),
        "a server hello, not {answer:?}"
    );
}

fn client_hello() -> Vec<u8> {
    let hello = [&[0x12, 0x22, 0x0a, 0x20][..], &[9; 32]].concat();
    [&[b'W', b'A', 6, 3, 0, 0, 36][..], &hello].concat()
}

#[tokio::test]
async fn garbage_ends_its_own_connection_only() {
    let sim = server().await;
    let garbage: [&[u8]; 5] = [
        b"GET / HTTP/1.1",
        b"WA\x06\x03\xff\xff\xff",
        b"WA\x06\x03\0\0\x04abcd",
        b"WA\x06\x03\0\0\x02\x12\x00",
        b"ED\0\x01\xff\xff\xff",
    ];
    for bytes in garbage {
        let mut socket = connect(&sim).await;
        socket
            .send(Message::Binary(bytes.to_vec().into()))
            .await
            .expect("sent garbage");
        expect_closed(socket).await;
        expect_alive(&sim).await;
    }
    sim.stop().await;
}

#[tokio::test]
async fn a_frame_that_does_not_decrypt_ends_the_connection() {
    let sim = server().await;
    let mut socket = connect(&sim).await;
    socket
        .send(Message::Binary(client_hello().into()))
        .await
        .expect("a sent hello");
    socket.next().await.expect("a server hello").expect("a message");
    let frame = [&[0, 0, 20][..], &[7; 20]].concat();
    socket.send(Message::Binary(frame.into())).await.expect("a sent frame");
    expect_closed(socket).await;
    expect_alive(&sim).await;
    sim.stop().await;
}

#[tokio::test]
async fn text_messages_and_oversized_ones_end_the_connection() {
    let sim = server().await;
    let mut socket = connect(&sim).await;
    socket.send(Message::text("hello?")).await.expect("a sent text");
    expect_closed(socket).await;
    let mut socket = connect(&sim).await;
    // The server may hang up while this is on its way.
    let _ = socket.send(Message::Binary(vec![0; 8 * 1024 * 1024].into())).await;
    expect_closed(socket).await;
    expect_alive(&sim).await;
    sim.stop().await;
}

#[tokio::test]
async fn a_socket_that_is_no_websocket_is_closed() {
    let sim = server().await;
    let mut socket = TcpStream::connect(sim.listen_addr()).await.expect("a connection");
    socket
        .write_all(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")
        .await
        .expect("sent garbage");
    let mut rest = Vec::new();
    let ended = timeout(DEADLINE, socket.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the server closes the connection");
    expect_alive(&sim).await;
    sim.stop().await;
}

#[tokio::test]
async fn a_pause_closes_the_port_and_a_resume_opens_it_again() {
    let sim = server().await;
    let key = sim.root_public_key();
    let socket = connect(&sim).await;
    sim.pause().await;
    expect_closed(socket).await;
    assert!(connect_async(sim.ws_url()).await.is_err());
    sim.resume().await.expect("the port is free");
    expect_alive(&sim).await;
    assert_eq!(sim.root_public_key(), key);
    sim.stop().await;
    assert!(connect_async(sim.ws_url()).await.is_err());
}

#[tokio::test]
async fn a_taken_port_and_an_open_control_port_are_named() {
    let sim = server().await;
    let taken = Options {
        listen: sim.listen_addr(),
        ..Options::default()
    };
    let error = SimWhatsApp::start(taken).await.err().expect("the port is taken");
    assert!(matches!(&error, StartError::Listen { address, .. } if *address == sim.listen_addr()));
    let open = Options {
        control: SocketAddr::from(([0, 0, 0, 0], 0)),
        ..Options::default()
    };
    let error = SimWhatsApp::start(open).await.err().expect("not a loopback address");
    assert!(matches!(error, StartError::NotLoopback(_)));
    sim.stop().await;
}
