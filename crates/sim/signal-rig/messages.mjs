// What a phone sends: to the linked devices of those it is for, to its own linked devices as a transcript, and onto the
// screens of the phones themselves.
import { ServiceIdKind } from './packages.mjs';
import { upload } from './attachments.mjs';
import { aciOf, group, groupId, masterKey, membersOf, nameOf, phone } from './directory.mjs';
import { server } from './mock.mjs';
import { options } from './options.mjs';
import { encodeContent, withoutUndefined } from './schema.mjs';
import { show } from './screens.mjs';

/** The command `send`. */
export async function send(command) {
  const primary = phone(command.from);
  const timestamp = command.timestamp ?? unusedTimestamp();
  const to = command.group ? await group(command.group) : undefined;
  const recipients = to ? membersOf(to).filter((member) => member.primary !== primary)
    : [{ name: nameOf(aciOf(command.to)), primary: phone(command.to) }];
  const content = await contentOf(command, primary, timestamp, to);
  const sent = [];
  for (const { name, primary: recipient } of recipients) {
    show(name, command.from, content);
    for (const device of recipient.secondaryDevices) {
      await deliver(primary, device, content, { timestamp, sealed: command.sealed ?? options.sealed });
      sent.push(`${name}.${device.deviceId}`);
    }
  }
  if (content.typingMessage || content.receiptMessage) return { timestamp, sent };
  const own = transcript(command, content, timestamp);
  show(command.from, command.from, own);
  for (const device of primary.secondaryDevices) {
    await deliver(primary, device, own, { timestamp });
    sent.push(`${command.from}.${device.deviceId}(sync)`);
  }
  return { timestamp, sent };
}

let lastTimestamp = 0;

/** signal-cli drops what has the timestamp of an earlier message, as real clients do: each is used once. */
export function unusedTimestamp() {
  lastTimestamp = Math.max(Date.now(), lastTimestamp + 1);
  return lastTimestamp;
}

/** Encrypts for one device and leaves it to the server, which keeps it until the device acknowledges. */
export async function deliver(primary, device, content, { timestamp, sealed = false }) {
  const session = await primary.sessions.getSession(device.address);
  if (!session?.hasCurrentState(new Date())) {
    await primary.addSingleUseKey(device, await device.popSingleUseKey(ServiceIdKind.ACI));
  }
  const encoded = encodeContent(content);
  const envelope = await primary.lock(() => primary.encrypt(device, encoded, { timestamp, sealed }));
  void server.send(device, envelope);
}

/** The sender's profile key, which lets others read the sender's name and picture. */
export const profileKeyOf = (primary) => Buffer.from(primary.profileKey.serialize()).toString('base64');

async function contentOf(command, primary, timestamp, to) {
  if (command.typing) {
    const action = command.typing.toUpperCase();
    return { typingMessage: withoutUndefined({ timestamp, action, groupId: to && groupId(to) }) };
  }
  if (command.receipt) {
    return { receiptMessage: { type: command.receipt.type, timestamp: command.receipt.timestamps } };
  }
  const dataMessage = withoutUndefined(await dataMessageOf(command, primary, timestamp, to));
  return command.edit ? { editMessage: { targetSentTimestamp: command.edit.timestamp, dataMessage } } : { dataMessage };
}

async function dataMessageOf(command, primary, timestamp, to) {
  const { text, attachments, quote, mentions = [], styles = [], reaction, sticker, expireTimer, viewOnce } = command;
  const ranges = [
    ...mentions.map(({ start, length, who }) => ({ start, length, mentionAci: aciOf(who) })),
    ...styles.map(({ start, length, style }) => ({ start, length, style })),
  ];
  return {
    timestamp,
    body: text,
    profileKey: profileKeyOf(primary),
    groupV2: to && { masterKey: masterKey(to), revision: to.revision },
    attachments: attachments && (await Promise.all(attachments.map(upload))),
    quote: quote && {
      id: quote.timestamp, authorAci: aciOf(quote.author), text: quote.text, type: 'NORMAL', attachments: quote.attachments,
    },
    bodyRanges: ranges.length ? ranges : undefined,
    requiredProtocolVersion: reaction ? 4 : undefined,
    reaction: reaction && {
      emoji: reaction.emoji, remove: reaction.remove ?? false,
      targetAuthorAci: aciOf(reaction.author), targetSentTimestamp: reaction.timestamp,
    },
    delete: command.delete ? { targetSentTimestamp: command.delete } : undefined,
    sticker: sticker && {
      packId: sticker.packId, packKey: sticker.packKey, stickerId: sticker.id, emoji: sticker.emoji,
      data: await upload(sticker),
    },
    expireTimer,
    isViewOnce: viewOnce,
  };
}

/** How the sender's linked devices learn of it. */
function transcript({ group: title, to }, { dataMessage, editMessage }, timestamp) {
  const sent = {
    destinationServiceId: title ? undefined : aciOf(to),
    destinationE164: title ? undefined : phone(to).device.number,
    timestamp, message: dataMessage, editMessage,
    unidentifiedStatus: [],
  };
  return { syncMessage: { sent: withoutUndefined(sent) } };
}
