// What a test can ask of the rig: one function a command, its argument is the command's JSON object.
import { download } from './attachments.mjs';
import { allGroups, allPhones, groupId, membersOf, phone } from './directory.mjs';
import { eventsSince, waitForEvent } from './events.mjs';
import { createGroup, updateGroup } from './groups.mjs';
import { send } from './messages.mjs';
import { mockAddress, pauseMock, resumeMock } from './mock.mjs';
import { addPhone, unlinkDevice } from './phones.mjs';
import { setProfile } from './profiles.mjs';
import { shownBy } from './screens.mjs';
import { scan } from './shims/provisioning.mjs';
import { inTurns } from './turns.mjs';

/** The commands of a rig; `process` tells what only its start knows. */
export function commandsOf(process) {
  const turn = inTurns(); // people's messages and changes leave in the order in which they were asked for
  return {
    status: async () => ({ mock: mockAddress(), ...process.status(), phones: phones(), groups: await groups() }),
    addPhone: async ({ name, contacts }) => identity((await addPhone(name, contacts)).device),
    setProfile,
    createGroup: (fields) => turn(() => createGroup(fields)),
    updateGroup: (fields) => turn(() => updateGroup(fields)),
    link,
    unlink,
    send: (fields) => turn(() => send(fields)),
    shows: ({ phone: name, ...range }) => phone(name) && shownBy(name, range),
    attachment: ({ pointer }) => download(pointer),
    events: ({ since = 0 }) => eventsSince(since),
    wait: waitForEvent,
    pause: async () => (await pauseMock(), {}),
    resume: async () => (await resumeMock(), {}),
    quit: () => (process.quit(), {}),
  };
}

/** Runs a command given as JSON; the answer has its result or its error. */
export async function answer(commands, line) {
  let command;
  try {
    command = JSON.parse(line);
    if (!Object.hasOwn(commands, command.cmd)) throw new Error(`unknown cmd ${command.cmd}`);
    return { id: command.id, result: await commands[command.cmd](command) };
  } catch (error) {
    return { id: command?.id, error: String(error.message ?? error) };
  }
}

const identity = ({ aci, number }) => ({ aci, number });

const phones = () => allPhones().map(({ name, primary: { device, secondaryDevices } }) => ({
  name, ...identity(device), pni: device.pni, linked: secondaryDevices.map(({ deviceId }) => deviceId),
}));

const groups = async () => (await allGroups()).map((group) => ({
  title: group.title, id: groupId(group), revision: group.revision, members: membersOf(group).map(({ name }) => name),
}));

/** The phone scans the code with this address. */
async function link({ name, uri }) {
  const device = await scan(phone(name), uri);
  return { deviceId: device.deviceId, ...identity(device) };
}

/** The phone removes a linked device: the first, unless one is named. */
async function unlink({ name, deviceId }) {
  const { device: own, secondaryDevices } = phone(name);
  const device = secondaryDevices.find((linked) => !deviceId || linked.deviceId === deviceId);
  if (!device) throw new Error(`${name} has no such linked device`);
  await unlinkDevice(own, device.deviceId);
  return { deviceId: device.deviceId };
}
