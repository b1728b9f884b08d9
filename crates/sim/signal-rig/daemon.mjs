// A signal-cli daemon of the rig's own, for tests that do not start one themselves.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { options } from './options.mjs';
import { emit } from './events.mjs';

const STARTS_WITHIN_MS = 60_000;
const TRIES_EVERY_MS = 100;

/** Starts it and resolves, with its process and port, when it takes connections. */
export async function startDaemon(launcher) {
  const port = options.jsonRpcPort || (await freePort());
  const output = fs.openSync(path.join(options.dir, 'signal-cli.log'), 'a');
  const daemon = spawn(launcher, [
    ...(options.daemonIsVerbose ? ['-vv'] : []),
    '--config', path.join(options.dir, 'data'),
    'daemon', '--tcp', `127.0.0.1:${port}`, '--no-receive-stdout',
  ], { stdio: ['ignore', output, output] });
  await untilItListens(daemon, port);
  daemon.on('exit', (code, sig) => emit({ type: 'daemonExit', code, sig }));
  return { process: daemon, port };
}

async function freePort() {
  const server = http.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function untilItListens(daemon, port) {
  const deadline = Date.now() + STARTS_WITHIN_MS;
  return new Promise((resolve, reject) => {
    const attempt = () => {
      const connection = net.connect(port, '127.0.0.1');
      connection.on('connect', () => {
        connection.destroy();
        resolve();
      });
      connection.on('error', () => {
        const over = daemon.exitCode !== null || Date.now() > deadline;
        if (over) reject(new Error('signal-cli did not start, see signal-cli.log'));
        else setTimeout(attempt, TRIES_EVERY_MS);
      });
    };
    attempt();
  });
}
