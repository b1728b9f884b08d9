// The mock server writes only the newer binary id fields; signal-cli 0.13 reads only the older string fields. The
// string forms are appended while encoding.
import crypto from 'node:crypto';
import { mockSchema } from '../packages.mjs';

export function writeOlderIdFields() {
  const { Envelope, ProvisionMessage, ContactDetails, ContactRecord } = mockSchema;
  appendOnEncode(Envelope, (envelope, string) => {
    const isSealed = envelope.type === Envelope.Type.UNIDENTIFIED_SENDER; // carries no sender
    if (envelope.sourceServiceIdBinary?.length && !isSealed) string(11, serviceIdText(envelope.sourceServiceIdBinary));
    if (envelope.destinationServiceIdBinary?.length) string(13, serviceIdText(envelope.destinationServiceIdBinary));
    if (envelope.updatedPniBinary?.length) string(15, uuidText(envelope.updatedPniBinary));
    if (!envelope.serverGuid) string(9, crypto.randomUUID());
  });
  appendOnEncode(ProvisionMessage, (message, string) => {
    if (message.aciBinary?.length) string(8, uuidText(message.aciBinary));
    if (message.pniBinary?.length) string(10, uuidText(message.pniBinary));
  });
  appendOnEncode(ContactDetails, (contact, string) => {
    if (contact.aciBinary?.length) string(9, uuidText(contact.aciBinary));
  });
  appendOnEncode(ContactRecord, (contact, string) => {
    if (contact.aciBinary?.length) string(1, uuidText(contact.aciBinary));
    if (contact.pniBinary?.length) string(15, uuidText(contact.pniBinary));
  });
}

/** Keeps the plain bytes of received content in `raw`, so that they can be read with signal-cli's schema. */
export function keepRawContent() {
  const { Content } = mockSchema;
  const decode = Content.decode;
  Content.decode = function decodeAndKeep(reader, length) {
    const message = decode.call(this, reader, length);
    if (reader instanceof Uint8Array) Object.defineProperty(message, 'raw', { value: Buffer.from(reader) });
    return message;
  };
}

function appendOnEncode(type, append) {
  const encode = type.encode;
  type.encode = function encodeAndAppend(message, target) {
    const writer = encode.call(this, message, target);
    append(message, (field, value) => writer.uint32((field << 3) | 2).string(value));
    return writer;
  };
}

/** A service id in binary: 16 bytes for an ACI, or a byte for its type (1 = PNI) and 16 bytes. */
function serviceIdText(bytes) {
  if (bytes.length !== 17) return uuidText(bytes);
  return (bytes[0] === 1 ? 'PNI:' : '') + uuidText(bytes.subarray(1));
}

function uuidText(bytes) {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
