// Signal's mock server on loopback. Its state is in memory; only its listener can be stopped and started again.
import fs from 'node:fs';
import path from 'node:path';
import { options } from './options.mjs';
import { Server } from './packages.mjs';

/** Where uploads to the newest content network are kept. */
export const cdn3Folder = path.join(options.dir, 'cdn3');

export const server = new Server({ cdn3Path: cdn3Folder, timeout: 60_000 });

const connections = new Set();
let port;

export const mockAddress = () => `https://127.0.0.1:${port}`;

export async function startMock() {
  fs.mkdirSync(path.join(cdn3Folder, 'attachments'), { recursive: true });
  await server.listen(options.mockPort, '127.0.0.1');
  ({ port } = server.address());
  server.https.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
}

/** Cuts every connection and refuses new ones, as a service that is down does. */
export async function pauseMock() {
  if (!server.https.listening) return;
  const closed = new Promise((resolve) => server.https.close(resolve));
  for (const socket of connections) socket.destroy();
  await closed;
}

/** Listens again, at the same address. */
export async function resumeMock() {
  if (server.https.listening) return;
  await new Promise((resolve, reject) => {
    server.https.once('error', reject);
    server.https.listen(port, '127.0.0.1', resolve);
  });
}

export async function slurp(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
