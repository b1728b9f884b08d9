// Groups, as phones make and change them.
import { mockSchema, zkgroup } from './packages.mjs';
import { group, groupId, learnGroup, masterKey, membersOf, phone } from './directory.mjs';
import { deliver, profileKeyOf, unusedTimestamp } from './messages.mjs';
import { server } from './mock.mjs';
import { options } from './options.mjs';
import { addToStorage } from './phones.mjs';
import { newAvatarKey, storeAvatar } from './shims/avatars.mjs';

/** The command `createGroup`. Every member becomes an administrator, as the mock has it. */
export async function createGroup({ title, members, storage = true }) {
  const primaries = members.map(phone);
  const made = await primaries[0].createGroup({ title, members: primaries });
  await learnGroup(masterKey(made));
  for (const primary of storage ? primaries : []) {
    await addToStorage(primary, (state) => state.addGroup(made, { whitelisted: true }));
  }
  return { title, id: groupId(made) };
}

/** The command `updateGroup`. */
export async function updateGroup({ from, group: title, tell = true, ...changes }) {
  const primary = phone(from);
  const before = await group(title);
  const actions = await actionsOf(before, primary, changes);
  const onServer = await server.getGroup(before.publicParams.serialize());
  const { conflict, signedChange } = await server.modifyGroup({
    group: onServer,
    actions,
    aciCiphertext: before.encryptServiceId(primary.device.aci),
    pniCiphertext: before.encryptServiceId(primary.device.pni),
  });
  if (conflict) throw new Error('group conflict');
  const after = await group(groupId(before));
  const timestamp = unusedTimestamp();
  if (tell) await tellMembers(primary, before, after, signedChange, timestamp);
  return { revision: after.revision, timestamp };
}

async function actionsOf(current, primary, { newTitle, description, avatar, expireTimer, add, remove, admin }) {
  const cipher = new zkgroup.ClientZkGroupCipher(current.secretParams);
  const blob = (attribute) => Buffer.from(cipher.encryptBlob(mockSchema.GroupAttributeBlob.encode(attribute).finish()));
  const userId = (name) => current.encryptServiceId(phone(name).device.aci);
  const { Role } = mockSchema.Member;
  const actions = { version: current.revision + 1, sourceUserId: current.encryptServiceId(primary.device.aci) };
  if (newTitle) actions.modifyTitle = { title: blob({ title: newTitle }) };
  if (description) actions.modifyDescription = { descriptionBytes: blob({ descriptionText: description }) };
  if (expireTimer !== undefined) {
    actions.modifyDisappearingMessagesTimer = { timer: blob({ disappearingMessagesDuration: expireTimer }) };
  }
  if (avatar) {
    const key = newAvatarKey('groups');
    storeAvatar(key, blob({ avatar: Buffer.from(avatar, 'base64') }));
    actions.modifyAvatar = { avatar: key };
  }
  if (admin?.length) {
    actions.modifyMemberRoles = admin.map((name) => ({ userId: userId(name), role: Role.ADMINISTRATOR }));
  }
  if (add?.length) {
    const presentations = add.map((name) => phone(name).getProfileKeyPresentation(current.secretParams));
    actions.addMembers = (await Promise.all(presentations)).map((presentation) => (
      { added: { role: Role.DEFAULT, presentation: presentation.serialize() } }
    ));
  }
  if (remove?.length) actions.deleteMembers = remove.map((name) => ({ deletedUserId: userId(name) }));
  return actions;
}

/** Sends the signed change to the linked devices of everyone who was or is in the group. */
async function tellMembers(primary, before, after, signedChange, timestamp) {
  const groupChange = Buffer.from(mockSchema.GroupChange.encode(signedChange).finish()).toString('base64');
  const groupV2 = { masterKey: masterKey(after), revision: after.revision, groupChange };
  const content = { dataMessage: { timestamp, profileKey: profileKeyOf(primary), groupV2 } };
  const members = new Set([...membersOf(before), ...membersOf(after)].map((member) => member.primary));
  members.delete(primary);
  for (const member of members) {
    for (const device of member.secondaryDevices) {
      await deliver(primary, device, content, { timestamp, sealed: options.sealed });
    }
  }
}
