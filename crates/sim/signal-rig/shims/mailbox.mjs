// Like the real service, keep an envelope until its device has acknowledged it, and offer it again, in order, on every
// new connection. The mock forgets what was on its way when a connection ends.
import { Server } from '../packages.mjs';
import { log } from '../options.mjs';

const mailboxes = new WeakMap(); // device → envelopes not acknowledged yet, oldest first

export function keepUntilAcknowledged() {
  Server.prototype.send = async function send(device, message) {
    const envelope = { message };
    mailbox(device).push(envelope);
    const sockets = this.webSockets.get(device) ?? [];
    await Promise.all(Array.from(sockets, (socket) => offer(device, socket, envelope)));
  };
  Server.prototype.sendQueue = async function sendQueue(device, socket) {
    const offers = mailbox(device).map((envelope) => offer(device, socket, envelope));
    if ((await Promise.all(offers)).every(Boolean)) await socket.sendMessage('empty').catch(() => {});
  };
}

function mailbox(device) {
  if (!mailboxes.has(device)) mailboxes.set(device, []);
  return mailboxes.get(device);
}

/** Whether the device acknowledged; if not, the envelope waits for the next connection. */
async function offer(device, socket, envelope) {
  try {
    await socket.sendMessage(envelope.message);
  } catch (error) {
    log('envelope kept:', error.message);
    return false;
  }
  const waiting = mailbox(device);
  const at = waiting.indexOf(envelope);
  if (at >= 0) waiting.splice(at, 1);
  return true;
}
