// What each phone shows, in the order in which it got there: what others sent, and what its owner sent from the phone
// itself or from a linked device. Edits, deletions and reactions change what they are about.
import { titleOf } from './directory.mjs';

const screens = new Map(); // phone → messages, oldest first

/** Puts content that `from` sent, in signal-cli's field names, on the phone's screen. */
export function show(phone, from, content) {
  const sent = content.syncMessage?.sent;
  const edit = sent?.editMessage ?? content.editMessage;
  const message = sent?.message ?? content.dataMessage;
  if (edit) {
    const edited = find(phone, from, edit.targetSentTimestamp);
    if (edited) Object.assign(edited, { text: edit.dataMessage.body ?? '', edited: true });
  } else if (message?.reaction) {
    react(phone, from, message.reaction);
  } else if (message?.delete) {
    const deleted = find(phone, from, message.delete.targetSentTimestamp);
    if (deleted) Object.assign(deleted, { text: '', deleted: true });
  } else if (isVisible(message)) {
    screenOf(phone).push(entry(phone, from, message, sent?.destinationServiceId));
  }
}

/** The messages from number `since` on, of one group if it is named. */
export function shownBy(phone, { since = 0, group }) {
  const all = screenOf(phone).map(({ masterKey, ...message }, n) => ({ n, group: titleOf(masterKey), ...message }));
  return { messages: all.slice(since).filter((message) => !group || message.group === group), next: all.length };
}

function screenOf(phone) {
  if (!screens.has(phone)) screens.set(phone, []);
  return screens.get(phone);
}

const find = (phone, from, timestamp) =>
  screenOf(phone).find((message) => message.from === from && message.timestamp === timestamp);

function react(phone, from, { emoji, remove, targetSentTimestamp }) {
  const target = screenOf(phone).find(({ timestamp }) => timestamp === targetSentTimestamp);
  if (target && remove) delete target.reactions[from];
  else if (target) target.reactions[from] = emoji;
}

const isVisible = (message) => Boolean(message && (message.body || message.attachments?.length || message.sticker));

function entry(phone, from, message, to) {
  return {
    at: Date.now(),
    timestamp: message.timestamp,
    from,
    own: from === phone,
    to,
    masterKey: message.groupV2?.masterKey,
    text: message.body ?? '',
    quote: message.quote && { timestamp: message.quote.id, text: message.quote.text },
    attachments: message.attachments?.length ?? 0,
    reactions: {},
  };
}
