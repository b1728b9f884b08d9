// Requests on the WebSocket: routes that the mock lacks, and bodies in which the two versions differ.
import { Connection, zkgroup } from '../packages.mjs';
import { nameOf } from '../directory.mjs';
import { emit } from '../events.mjs';
import { server } from '../mock.mjs';
import { unlinkDevice } from '../phones.mjs';
import { withoutUndefined } from '../schema.mjs';
import { newAvatarKey, uploadForm } from './avatars.mjs';

/** Verb, path, and what answers `[status, body]`. */
const ROUTES = [
  ['GET', /^\/v1\/devices\/?$/, listDevices],
  ['DELETE', /^\/v1\/devices\/(\d+)$/, removeDevice],
  ['PUT', /^\/v1\/profile\/?$/, changeProfile],
  ['PUT', /^\/v1\/accounts\/(attributes|name)\/?$/, () => [204]],
];
const PROFILE = /^\/v1\/profile\/([^/]+)/;

export function answerMoreRequests() {
  const handle = Connection.prototype.handleRequest;
  Connection.prototype.handleRequest = async function handleRequest(request) {
    const path = (request.path ?? '').split('?')[0];
    for (const [verb, pattern, route] of ROUTES) {
      const match = verb === request.verb && pattern.exec(path);
      if (match) return asJson(await route(this.device, match[1], bodyOf(request)));
    }
    if (request.verb === 'PUT' && path === '/v2/keys') dropNulls(request);
    const response = await handle.call(this, request);
    const [, account] = PROFILE.exec(path) ?? [];
    if (request.verb === 'GET' && account && response.status === 200) await completeProfile(response, account);
    return response;
  };
}

const bodyOf = ({ body }) => (body?.length ? JSON.parse(Buffer.from(body).toString()) : undefined);

const asJson = ([status, body]) => ({
  status,
  headers: [`X-Signal-Timestamp:${Date.now()}`, 'Content-Type:application/json'],
  body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
});

/** signal-cli writes explicit nulls where the mock's validator wants absent keys. */
function dropNulls(request) {
  const body = bodyOf(request);
  if (!body) return;
  const kept = Object.entries(body).filter(([, value]) => value !== null);
  request.body = Buffer.from(JSON.stringify(Object.fromEntries(kept)));
}

/** signal-cli needs `uuid` in a profile, and the mock keeps no picture and no "about". */
async function completeProfile(response, account) {
  const profile = bodyOf(response);
  profile.uuid ??= decodeURIComponent(account);
  const device = await server.getDeviceByServiceId(profile.uuid);
  Object.assign(profile, withoutUndefined({
    avatar: device?.rigAvatar, about: device?.rigAbout, aboutEmoji: device?.rigAboutEmoji,
  }));
  response.body = Buffer.from(JSON.stringify(profile));
}

async function listDevices({ aci }) {
  const devices = await server.getAllDevicesByServiceId(aci);
  const listed = devices.map(({ deviceId }) => (
    { id: deviceId, name: null, created: 0, createdAtCiphertext: '', registrationId: 0, lastSeen: Date.now() }
  ));
  return [200, { devices: listed }];
}

async function removeDevice(device, id) {
  await unlinkDevice(device, Number(id));
  return [204];
}

async function changeProfile({ aci }, _, profile) {
  const changed = { rigAbout: profile.about, rigAboutEmoji: profile.aboutEmoji };
  if (profile.name) changed.profileName = Buffer.from(profile.name, 'base64');
  if (profile.commitment) {
    changed.profileKeyCommitment = new zkgroup.ProfileKeyCommitment(Buffer.from(profile.commitment, 'base64'));
  }
  const form = profile.avatar && !profile.sameAvatar ? uploadForm(newAvatarKey('profiles')) : undefined;
  if (!profile.sameAvatar) changed.rigAvatar = form?.key;
  for (const device of await server.getAllDevicesByServiceId(aci)) Object.assign(device, changed);
  emit({ phone: nameOf(aci), type: 'profileUpdate', content: { hasName: Boolean(profile.name), avatar: profile.avatar } });
  return [200, form];
}
