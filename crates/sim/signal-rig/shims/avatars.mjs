// Pictures of people and groups, which live on the oldest content network: uploaded as a form to `/`, read by key.
import crypto from 'node:crypto';
import { log } from '../options.mjs';
import { mockSchema } from '../packages.mjs';
import { slurp } from '../mock.mjs';

const avatars = new Map(); // key → encrypted bytes

export const newAvatarKey = (folder) => `${folder}/${crypto.randomBytes(16).toString('hex')}`;
export const storeAvatar = (key, bytes) => avatars.set(key, bytes);
export const avatarAt = (path) => avatars.get(path.slice(1));

/** What a client needs to upload under this key; nothing of it is checked. */
export const uploadForm = (key) => (
  { key, credential: 'c', acl: 'private', algorithm: 'a', date: 'd', policy: 'p', signature: 's' }
);

/** Answers a request for the form of a group's picture. */
export function answerAvatarForm(_request, response) {
  response.setHeader('X-Signal-Timestamp', Date.now());
  response.end(mockSchema.AvatarUploadAttributes.encode(uploadForm(newAvatarKey('groups'))).finish());
}

/** Takes an upload. */
export async function takeAvatar(request, response) {
  const [, boundary] = /boundary=(.+)$/.exec(request.headers['content-type']);
  const parts = formParts(await slurp(request), boundary);
  storeAvatar(parts.key.toString(), Buffer.from(parts.file));
  log('avatar', parts.key.toString(), parts.file.length);
  response.writeHead(204).end();
}

function formParts(body, boundary) {
  const parts = {};
  let start = body.indexOf(`--${boundary}`) + boundary.length + 4;
  for (;;) {
    const end = body.indexOf(`\r\n--${boundary}`, start);
    if (end < 0) return parts;
    const part = body.subarray(start, end);
    const headEnd = part.indexOf('\r\n\r\n');
    const [, name] = /name="([^"]+)"/.exec(part.subarray(0, headEnd).toString()) ?? [];
    parts[name] = part.subarray(headEnd + 4);
    start = end + 2 + boundary.length + 4;
  }
}
