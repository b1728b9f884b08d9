// A rig in a folder of its own, with signal-cli's JSON-RPC and the rig's commands at hand.
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PATIENCE_MS = 20_000;
const LOOKS_EVERY_MS = 50;
/** A picture of one pixel, in base64. */
export const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export async function startWorld() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signal-rig-'));
  const rig = spawn(process.execPath, [fileURLToPath(new URL('../rig.mjs', import.meta.url))], {
    env: { ...process.env, RIG_DIR: folder, RIG_QUIET: '1', RIG_CTL_PORT: '0', RIG_JSONRPC_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = readline.createInterface({ input: rig.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(rig, 'exit').then(() => [null])]);
  if (!line) {
    fs.rmSync(folder, { recursive: true });
    throw new Error('the rig did not start');
  }
  const { ready } = JSON.parse(line);
  return new World(folder, rig, ready, await SignalCli.connect(ready.daemon.jsonrpc));
}

class World {
  constructor(folder, rig, ready, signalCli) {
    Object.assign(this, { folder, rig, signalCli, address: `http://127.0.0.1:${ready.ctl}` });
    [this.group] = ready.groups;
    this.phones = Object.fromEntries(ready.phones.map((phone) => [phone.name, phone]));
    this.account = this.phones.relay.number;
  }

  /** A command to the rig. */
  async tell(cmd, fields = {}) {
    const response = await fetch(this.address, { method: 'POST', body: JSON.stringify({ cmd, ...fields }) });
    const { result, error } = await response.json();
    if (error) throw new Error(`${cmd}: ${error}`);
    return result;
  }

  /** What a phone sends to the group, if nobody is named. */
  send(from, what) {
    return this.tell('send', { from, ...(what.to ? {} : { group: this.group.title }), ...what });
  }

  /** A call to signal-cli as the relay's account. */
  call(method, params = {}) {
    return this.signalCli.call(method, { account: this.account, ...params });
  }

  /** The first envelope, old or new, that fits. */
  envelope(fits) {
    return this.signalCli.envelope(fits);
  }

  /** Runs the action and returns the first event after its begin that fits. */
  async eventOf(fields, action) {
    const { next: since } = await this.tell('events', { since: Number.MAX_SAFE_INTEGER });
    const [result, event] = await Promise.all([action(), this.tell('wait', { since, ...fields })]);
    return { result, event, content: event.content };
  }

  file(name, content) {
    const file = path.join(this.folder, name);
    fs.writeFileSync(file, content);
    return file;
  }

  async end() {
    this.signalCli.close();
    this.rig.kill('SIGTERM');
    await once(this.rig, 'exit');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Looks again and again until the answer is truthy, and returns it. */
export async function until(what, look) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await look();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOKS_EVERY_MS));
  }
}

class SignalCli {
  #calls = new Map();
  #lastId = 0;
  #notifications = [];

  static async connect(port) {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new SignalCli(socket);
  }

  constructor(socket) {
    this.socket = socket;
    readline.createInterface({ input: socket }).on('line', (line) => this.#take(JSON.parse(line)));
  }

  #take(message) {
    const call = this.#calls.get(message.id);
    if (call && message.error) call.reject(Object.assign(new Error(message.error.message), message.error));
    else if (call) call.resolve(message.result);
    else this.#notifications.push(message);
    if (!call && process.env.V === '1') console.log('      ', JSON.stringify(message));
    this.#calls.delete(message.id);
  }

  call(method, params) {
    this.#lastId += 1;
    const id = String(this.#lastId);
    this.socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  /** Whose account an envelope was for is told beside it: `fits` gets both. */
  envelope(fits) {
    const find = () => this.#notifications.find(({ params }) => params?.envelope && fits(params.envelope, params.account));
    return until('notification', find).then((found) => found.params.envelope);
  }

  /** All envelopes so far, in order. */
  envelopes() {
    return this.#notifications.map(({ params }) => params?.envelope).filter(Boolean);
  }

  close() {
    this.socket.destroy();
  }
}
