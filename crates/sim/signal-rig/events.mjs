// What happened, in order: the log behind the commands `events` and `wait`.
import { EventEmitter } from 'node:events';
import { options } from './options.mjs';

const events = [];
const bus = new EventEmitter();
bus.setMaxListeners(0);

export function emit(event) {
  const numbered = { n: events.length, at: Date.now(), ...event };
  events.push(numbered);
  if (options.printsEvents) process.stdout.write(`${JSON.stringify({ event: numbered })}\n`);
  bus.emit('event', numbered);
}

export const eventsSince = (n) => ({ events: events.slice(n), next: events.length });

/** The first event with n >= since that has all the named fields; `text` looks at the body. */
export function waitForEvent({ since = 0, text, timeout = 15_000, ...fields }) {
  const named = ['phone', 'type', 'from', 'group'].filter((name) => fields[name]);
  const fits = (event) =>
    event.n >= since && named.every((name) => event[name] === fields[name]) && (text === undefined || bodyOf(event) === text);
  const known = events.find(fits);
  if (known) return known;
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      bus.off('event', check);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error('timeout'));
    }, timeout);
    const check = (event) => {
      if (!fits(event)) return;
      stop();
      resolve(event);
    };
    bus.on('event', check);
  });
}

const bodyOf = ({ content }) => (content?.dataMessage ?? content?.editMessage?.dataMessage)?.body;
