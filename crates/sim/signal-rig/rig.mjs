#!/usr/bin/env node
// The Signal that tests and the demo use: Signal's own mock server on loopback, phones with scripted owners, and a
// launcher that makes the real signal-cli talk to it. README.md says how to start it and what it can be told.
import fs from 'node:fs';
import path from 'node:path';
import { options } from './options.mjs';
import { answer, commandsOf } from './commands.mjs';
import { listenForCommands, readCommands } from './control.mjs';
import { startDaemon } from './daemon.mjs';
import { createGroup } from './groups.mjs';
import { writeLauncher } from './launcher.mjs';
import { mockAddress, startMock } from './mock.mjs';
import { addPhone } from './phones.mjs';
import { keepRawContent, writeOlderIdFields } from './shims/fields.mjs';
import { applyAllGroupChanges } from './shims/group-changes.mjs';
import { refuseUnlinkedDevices, routeHttp } from './shims/http.mjs';
import { keepUntilAcknowledged } from './shims/mailbox.mjs';
import { letLinkRequestsWait } from './shims/provisioning.mjs';
import { answerMoreRequests } from './shims/requests.mjs';

const DAEMON_ENDS_WITHIN_MS = 5000;
const REPLY_LEAVES_WITHIN_MS = 50;

process.on('unhandledRejection', (error) => console.error('[rig] unhandled', error));

writeOlderIdFields();
keepRawContent();
keepUntilAcknowledged();
letLinkRequestsWait();
answerMoreRequests();
applyAllGroupChanges();

await startMock();
routeHttp();
refuseUnlinkedDevices();
const launcher = writeLauncher(mockAddress());

for (const name of options.contacts) await addPhone(name);
await addPhone(options.owner, options.contacts);
if (options.group) await createGroup({ title: options.group, members: [options.owner, ...options.contacts] });

let daemon;
let controlPort;
const commands = commandsOf({
  status: () => ({
    daemon: daemon && { pid: daemon.process.pid, jsonrpc: daemon.port }, launcher, ctl: controlPort,
  }),
  quit: () => setTimeout(quit, REPLY_LEAVES_WITHIN_MS),
});
const reply = (line) => answer(commands, line);
controlPort = await listenForCommands(options.controlPort, reply);
if (options.startsDaemon) daemon = await startDaemon(launcher);
process.on('SIGTERM', quit);
process.on('SIGINT', quit);

const ready = await commands.status();
fs.writeFileSync(path.join(options.dir, 'rig.json'), JSON.stringify(ready, null, 2));
process.stdout.write(`${JSON.stringify({ ready })}\n`);
if (options.commandsOnStdin) readCommands(reply, quit);

/** Ends the daemon, by force if it takes too long, and then this process. */
function quit() {
  if (!daemon || daemon.process.exitCode !== null) process.exit(0);
  daemon.process.once('exit', () => process.exit(0));
  daemon.process.kill('SIGTERM');
  setTimeout(() => daemon.process.kill('SIGKILL'), DAEMON_ENDS_WITHIN_MS);
}
