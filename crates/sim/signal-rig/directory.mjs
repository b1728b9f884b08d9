// Who and what there is: phones by name, groups by title.
import { Group } from './packages.mjs';
import { server } from './mock.mjs';

const phones = new Map(); // name → primary device
const groups = new Map(); // title → group, as a client sees it

export const addToDirectory = (name, primary) => phones.set(name, primary);
export const allPhones = () => [...phones].map(([name, primary]) => ({ name, primary }));
export const allGroups = () => [...groups.values()];

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

/** Keeps the group under its title, in place of what had `oldTitle`. */
export function keepGroup(group, title, oldTitle = title) {
  groups.delete(oldTitle);
  groups.set(title, group);
}

/** The group as the server has it now; others may have changed it. */
export async function group(title) {
  const known = groups.get(title);
  if (!known) throw new Error(`no group titled ${title}`);
  const { state } = await server.getGroup(known.publicParams.serialize());
  const fresh = new Group({ secretParams: known.secretParams, groupState: state });
  groups.set(title, fresh);
  return fresh;
}

export const groupId = (group) => Buffer.from(group.publicParams.getGroupIdentifier().serialize()).toString('base64');
export const masterKey = (group) => group.masterKey.toString('base64');

/** The title behind the key that messages name their group by. */
export const titleOf = (key) => [...groups].find(([, group]) => masterKey(group) === key)?.[0];
