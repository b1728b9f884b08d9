// Profiles, as a phone changes its own.
import crypto from 'node:crypto';
import { encryptProfileName } from './packages.mjs';
import { phone } from './directory.mjs';
import { server } from './mock.mjs';
import { newAvatarKey, storeAvatar } from './shims/avatars.mjs';

/** The command `setProfile`: a new name, a new picture (base64), or none ("" or null). */
export async function setProfile({ name, profileName, avatar }) {
  const primary = phone(name);
  const key = Buffer.from(primary.profileKey.serialize());
  const changed = {};
  if (profileName) changed.profileName = encryptProfileName(key, profileName);
  if (avatar !== undefined) changed.rigAvatar = avatar ? storeEncrypted(key, Buffer.from(avatar, 'base64')) : undefined;
  for (const device of await server.getAllDevicesByServiceId(primary.device.aci)) Object.assign(device, changed);
  return {};
}

function storeEncrypted(profileKey, picture) {
  const nonce = crypto.randomBytes(12);
  const cipher = crypto.createCipheriv('aes-256-gcm', profileKey, nonce);
  const at = newAvatarKey('profiles');
  storeAvatar(at, Buffer.concat([nonce, cipher.update(picture), cipher.final(), cipher.getAuthTag()]));
  return at;
}
