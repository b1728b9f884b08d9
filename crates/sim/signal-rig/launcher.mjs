// A launcher that makes the real signal-cli talk to the mock server: it runs the staging environment, whose addresses
// and public keys are replaced in one class file that comes first on the class path.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { patchClassStrings, readJar } from './jar.mjs';
import { options } from './options.mjs';
import { certificateFile, jar, jarFolder, readCertificateJson } from './packages.mjs';

const PACKAGE = 'org/asamk/signal/manager/config';

/** Writes the launcher for a mock server at this address; returns its path. Use it wherever `signal-cli` would be. */
export function writeLauncher(address) {
  const patch = path.join(options.dir, 'patch');
  const patchedPackage = path.join(patch, PACKAGE);
  fs.mkdirSync(patchedPackage, { recursive: true });
  fs.writeFileSync(path.join(patchedPackage, 'StagingConfig.class'), stagingConfig(address));
  writeTrustStore(path.join(patchedPackage, 'whisper.store'));
  const scratch = path.join(options.dir, 'tmp'); // the native library, 126 MB, is unpacked here at each start
  fs.mkdirSync(scratch, { recursive: true });
  const launcher = path.join(options.dir, 'signal-cli');
  const script = `#!/bin/sh
exec '${options.javaHome}/bin/java' ${options.javaOptions} --enable-native-access=ALL-UNNAMED \\
  -Djava.io.tmpdir='${scratch}' \${RIG_EXTRA_JAVA_OPTS:-} \\
  -cp '${patch}:${jarFolder}/*' org.asamk.signal.Main --service-environment staging "$@"
`;
  fs.writeFileSync(launcher, script, { mode: 0o755 });
  return launcher;
}

/** signal-cli's own class with the mock's addresses, trust root and zero-knowledge parameters in its constants. */
function stagingConfig(address) {
  const name = `${PACKAGE}/StagingConfig.class`;
  const original = readJar(jar('libsignal-cli-'), (entry) => entry === name).get(name);
  const trustRoot = readCertificateJson('trust-root.json');
  const parameters = readCertificateJson('zk-params.json');
  return patchClassStrings(original, [
    ['https://chat.staging.signal.org', address],
    ['https://cdn-staging.signal.org', address],
    ['https://cdn2-staging.signal.org', address],
    ['https://cdn3-staging.signal.org', address],
    ['https://storage-staging.signal.org', `${address}/storageService`],
    ['https://cdsi.staging.signal.org', address],
    ['https://svr2.staging.signal.org', address],
    ['BbqY1DzohE4N', trustRoot.publicKey],
    ['ABSY21VckQcb', parameters.publicParams],
    ['AHILOIrFPXX9', parameters.genericPublicParams],
    ['AHYrGb9Ifug', parameters.backupPublicParams],
  ]);
}

/** The key store that signal-cli trusts, with the mock's certificate authority in it. */
function writeTrustStore(file) {
  if (fs.existsSync(file)) return;
  const { status, stdout, stderr } = spawnSync(path.join(options.javaHome, 'bin/keytool'), [
    '-importcert', '-noprompt', '-alias', 'mock', '-file', certificateFile('ca-cert.pem'),
    '-keystore', file, '-storetype', 'BKS', '-storepass', 'whisper',
    '-providerclass', 'org.bouncycastle.jce.provider.BouncyCastleProvider',
    '-providerpath', jar('bcprov-'),
  ], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`keytool: ${stdout}${stderr}`);
}
