//! Reading and writing binary XML.

use bytes::BytesMut;
use thiserror::Error;
use whatsapp_rust::wacore_binary::{
    BinaryError, Node, NodeContent, NodeValue, OwnedNodeRef, marshal, util::unpack_bytes,
};
use whatsapp_rust::{Jid, NodeBuilder};

/// The server itself, as an address.
pub(crate) const SERVER: &str = "s.whatsapp.net";

/// Children that an outline spells out; key uploads have hundreds.
const OUTLINED_CHILDREN: usize = 32;

/// Short forms of what every handler asks of a stanza.
pub(crate) trait Stanza {
    /// An attribute as text.
    fn text(&self, key: &str) -> Option<String>;
    /// An attribute as an address.
    fn jid(&self, key: &str) -> Option<Jid>;
    /// The bytes of a leaf; empty for anything else.
    fn bytes(&self) -> Vec<u8>;
    /// The text of a leaf; empty for anything else.
    fn words(&self) -> String;
    /// The bytes of a child that is a leaf; empty if it is not there.
    fn child_bytes(&self, tag: &str) -> Vec<u8>;
    /// Tag, attributes and the sizes of what is inside, for the stanza log.
    fn outline(&self) -> String;
}

impl Stanza for Node {
    fn text(&self, key: &str) -> Option<String> {
        self.attrs.get(key).map(|value| value.as_str().into_owned())
    }

    fn jid(&self, key: &str) -> Option<Jid> {
        self.attrs.get(key).and_then(NodeValue::to_jid)
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.content {
            Some(NodeContent::Bytes(bytes)) => bytes.clone(),
            Some(NodeContent::String(text)) => text.as_bytes().to_vec(),
            Some(NodeContent::Nodes(_)) | None => Vec::new(),
        }
    }

    fn words(&self) -> String {
        self.content_as_string()
            .map(|text| text.to_string())
            .unwrap_or_default()
    }

    fn child_bytes(&self, tag: &str) -> Vec<u8> {
        self.get_optional_child(tag).map(Stanza::bytes).unwrap_or_default()
    }

    fn outline(&self) -> String {
        let mut line = format!("<{}", self.tag);
        for (key, value) in self.attrs.iter() {
            line.push_str(&format!(" {key}={:?}", value.as_str()));
        }
        match &self.content {
            None => line.push_str("/>"),
            Some(NodeContent::Bytes(bytes)) => line.push_str(&format!(">{} bytes</{}>", bytes.len(), self.tag)),
            Some(NodeContent::String(text)) => line.push_str(&format!(">{} characters</{}>", text.len(), self.tag)),
            Some(NodeContent::Nodes(children)) => {
                line.push('>');
                for child in children.iter().take(OUTLINED_CHILDREN) {
                    line.push_str(&child.outline());
                }
                if children.len() > OUTLINED_CHILDREN {
                    line.push_str(&format!("... {} in all", children.len()));
                }
                line.push_str(&format!("</{}>", self.tag));
            }
        }
        line
    }
}

/// A child without attributes that holds bytes.
pub(crate) fn leaf(tag: &'static str, bytes: impl Into<Vec<u8>>) -> Node {
    NodeBuilder::new(tag).bytes(bytes).build()
}

/// An empty child.
pub(crate) fn empty(tag: &'static str) -> Node {
    NodeBuilder::new(tag).build()
}

/// A stanza that came from the server itself.
pub(crate) fn from_server(tag: &'static str) -> NodeBuilder {
    NodeBuilder::new(tag).attr("from", SERVER)
}

/// A number in `N` big-endian bytes, as key ids are written.
pub(crate) fn big_endian<const N: usize>(number: u32) -> Vec<u8> {
    number.to_be_bytes()[4 - N..].to_vec()
}

/// A number from big-endian bytes of any length.
pub(crate) fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Bytes that are not a stanza.
#[derive(Debug, Error)]
#[error("a frame does not hold a stanza")]
pub(crate) struct NotAStanza(#[from] BinaryError);

/// Reads a decrypted frame: a flag byte (zlib or not), then binary XML.
pub(crate) fn decode(frame: BytesMut) -> Result<Node, NotAStanza> {
    Ok(OwnedNodeRef::new(unpack_bytes(frame)?)?.to_owned_node())
}

/// Writes a stanza as the plain text of a frame.
pub(crate) fn encode(node: &Node) -> Result<Vec<u8>, NotAStanza> {
    Ok(marshal(node)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stanza_survives_the_wire() {
        let node = from_server("iq")
            .attr("to", Jid::pn_device("15550100001", 3))
            .children([leaf("ref", b"abc".to_vec()), empty("list")])
            .build();
        let decoded = decode(BytesMut::from(&encode(&node).expect("encodable")[..])).expect("decodable");
        assert_eq!(decoded.jid("to"), Some(Jid::pn_device("15550100001", 3)));
        assert_eq!(decoded.child_bytes("ref"), b"abc");
    }

    #[test]
    fn garbage_is_an_error_and_not_a_panic() {
        for length in 0..64_u8 {
            for seed in 0..=255_u8 {
                let garbage: Vec<u8> = (0..length)
                    .map(|i| seed.wrapping_mul(31).wrapping_add(i.wrapping_mul(seed)))
                    .collect();
                // Some garbage happens to be a stanza; the point is that every input gets an answer.
                let _ = decode(BytesMut::from(&garbage[..]));
            }
        }
        assert!(decode(BytesMut::new()).is_err());
        assert!(decode(BytesMut::from(&[0, 0xf8, 0xff][..])).is_err());
    }

    #[test]
    fn an_outline_tells_sizes_and_no_content() {
        let node = NodeBuilder::new("message")
            .attr("id", "A1")
            .children([leaf("enc", vec![1; 9])])
            .build();
        assert_eq!(node.outline(), r#"<message id="A1"><enc>9 bytes</enc></message>"#);
    }

    #[test]
    fn key_ids_have_three_bytes() {
        assert_eq!(big_endian::<3>(0x0102_0304), [2, 3, 4]);
        assert_eq!(number(&[1, 0, 2]), 0x01_0002);
    }
}
