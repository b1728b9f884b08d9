// Who and what there is: phones by name, groups by title.
import { Group, zkgroup } from './packages.mjs';
import { server } from './mock.mjs';

const phones = new Map(); // name → primary device
let groups = []; // as clients last saw them

export const addToDirectory = (name, primary) => phones.set(name, primary);
export const allPhones = () => [...phones].map(([name, primary]) => ({ name, primary }));

/** The primary device of the phone with that name. */
export function phone(name) {
  const primary = phones.get(name);
  if (!primary) throw new Error(`no phone named ${name}`);
  return primary;
}

/** The account id behind a phone's name; anything else is taken for an account id itself. */
export const aciOf = (who) => phones.get(who)?.device.aci ?? who;
export const nameOf = (aci) => allPhones().find(({ primary }) => primary.device.aci === aci)?.name ?? aci;

/** The phones that are in the group now. */
export const membersOf = (group) => allPhones().filter(({ primary }) => group.getMemberByServiceId(primary.device.aci));

/** All groups as the server has them now; anyone may have changed them. */
export async function allGroups() {
  groups = await Promise.all(groups.map(({ secretParams }) => fetchGroup(secretParams)));
  return groups;
}

/** The group with that title, or that id. */
export async function group(titleOrId) {
  const found = (await allGroups()).find((known) => known.title === titleOrId || groupId(known) === titleOrId);
  if (!found) throw new Error(`no group titled ${titleOrId}`);
  return found;
}

/** Makes the group with that key known, if it is not; signal-cli makes groups too. */
export async function learnGroup(key) {
  if (!key || groups.some((known) => masterKey(known) === key)) return;
  const secretParams = zkgroup.GroupSecretParams.deriveFromMasterKey(new zkgroup.GroupMasterKey(Buffer.from(key, 'base64')));
  groups.push(await fetchGroup(secretParams));
}

async function fetchGroup(secretParams) {
  const { state } = await server.getGroup(secretParams.getPublicParams().serialize());
  return new Group({ secretParams, groupState: state });
}

export const groupId = (group) => Buffer.from(group.publicParams.getGroupIdentifier().serialize()).toString('base64');
export const masterKey = (group) => group.masterKey.toString('base64');

/** The last known title behind the key that messages name their group by. */
export const titleOf = (key) => groups.find((known) => masterKey(known) === key)?.title;
