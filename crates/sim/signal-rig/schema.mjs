// Signal's message schema as signal-cli has it, straight from its jar, so that a phone writes and reads exactly the
// fields which that version knows.
import { readJar } from './jar.mjs';
import { jar, protobuf } from './packages.mjs';

const FILE = 'SignalService.proto';
const text = readJar(jar('signal-service-java-'), (name) => name === FILE).get(FILE).toString();
const Content = protobuf.parse(text, { keepCase: false }).root.lookupType('signalservice.Content');

export const encodeContent = (content) => Buffer.from(Content.encode(Content.fromObject(content)).finish());

/** As a plain object: numbers, names of enum values, base64. */
export const decodeContent = (bytes) =>
  Content.toObject(Content.decode(bytes), { longs: Number, enums: String, bytes: String });

/** The object without its undefined fields, which the encoder would refuse. */
export const withoutUndefined = (object) => JSON.parse(JSON.stringify(object));
