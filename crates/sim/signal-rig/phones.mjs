// Phones: primary devices that people hold. They decrypt what reaches them and have devices linked to them.
import { Long, StorageState } from './packages.mjs';
import { addToDirectory, allPhones, learnGroup, nameOf, phone, titleOf } from './directory.mjs';
import { emit } from './events.mjs';
import { server } from './mock.mjs';
import { decodeContent } from './schema.mjs';
import { show } from './screens.mjs';
import { inTurns } from './turns.mjs';

/** Makes a phone whose owner's name is that of the phone, with the named phones as its contacts. */
export async function addPhone(name, contacts = []) {
  const primary = await server.createPrimaryDevice({ profileName: name, contacts: contacts.map(phone) });
  // signal-cli fetches the contact list only with these two set
  Object.assign(primary.contactsBlob, { cdnNumber: 2, uploadTimestamp: Long.fromNumber(Date.now()) });
  // A message may need the key that came with the one before it, and screens show what came first at the top.
  const turn = inTurns();
  primary.handleEnvelope = (...envelope) => turn(() => receive(name, primary, envelope));
  addToDirectory(name, primary);
  if (contacts.length) await fillStorage(primary, name, contacts);
  return primary;
}

async function receive(name, primary, [source, serviceIdKind, envelopeType, encrypted]) {
  let opened;
  try {
    opened = await primary.lock(() => primary.decrypt(source, serviceIdKind, envelopeType, encrypted));
  } catch (error) {
    emit({ phone: name, type: 'undecryptable', error: String(error) });
    return;
  }
  const { unsealedSource: sender, content } = opened;
  if (content.senderKeyDistributionMessage?.length) {
    await primary.processSenderKeyDistribution(sender, content.senderKeyDistributionMessage);
  }
  if (content.syncMessage) await primary.handleSync(sender, content.syncMessage);
  const readable = readableContent(content);
  const [type] = Object.keys(readable);
  if (!type) return;
  const from = nameOf(sender.aci);
  const groupKey = masterKeyIn(readable);
  await learnGroup(groupKey);
  show(name, from, readable);
  emit({
    phone: name, type, from,
    device: sender.deviceId,
    sealed: envelopeType === 'SealedSender' || source === undefined,
    group: titleOf(groupKey),
    content: readable,
  });
}

/** What a person could notice, in signal-cli's field names. */
function readableContent({ raw }) {
  const content = raw ? decodeContent(raw) : {};
  delete content.senderKeyDistributionMessage;
  delete content.syncMessage?.padding;
  delete content.nullMessage;
  return content;
}

function masterKeyIn({ dataMessage, editMessage, syncMessage }) {
  return (dataMessage ?? editMessage?.dataMessage ?? syncMessage?.sent?.message)?.groupV2?.masterKey;
}

/** Puts something into the storage that all devices of an account share. */
export async function addToStorage(primary, change) {
  const before = await primary.getStorageState();
  await primary.setStorageState(change(before ?? StorageState.getEmpty()), before);
}

/** The owner's own name and contacts, as a phone in use has them in storage. */
async function fillStorage(primary, name, contacts) {
  await addToStorage(primary, (storage) => {
    const account = storage.updateAccount({
      profileKey: primary.profileKey.serialize(), givenName: name, readReceipts: true, typingIndicators: true,
    });
    return contacts.reduce((filled, contact) => {
      const { profileKey, publicKey } = phone(contact);
      return filled.addContact(phone(contact), {
        profileKey: profileKey.serialize(), identityKey: publicKey.serialize(), whitelisted: true,
        givenName: contact, // the profile's
        systemGivenName: contact, // the address book's; the contact list has it too, and signal-cli takes the later
      });
    }, account);
  });
}

/** Removes a linked device of the account: its sockets are closed, and later ones are refused. */
export async function unlinkDevice({ aci }, deviceId) {
  const devices = await server.getAllDevicesByServiceId(aci);
  const device = devices.find((candidate) => candidate.deviceId === deviceId);
  if (!device) return;
  const owner = allPhones().find(({ primary }) => primary.device.aci === aci)?.primary;
  if (owner?.secondaryDevices.includes(device)) await owner.unlink(device);
  const registered = server.devices.get(device.number) ?? [];
  if (registered.includes(device)) registered.splice(registered.indexOf(device), 1);
  for (const [login, entry] of server.devicesByAuth) {
    if (entry.device === device) server.devicesByAuth.delete(login);
  }
  for (const socket of server.webSockets.get(device) ?? []) socket.ws.close(4409);
}
