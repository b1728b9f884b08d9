// Attachments: encrypted bytes on a content network, and the pointer to them that a message carries.
import crypto from 'node:crypto';
import fs from 'node:fs';
import { encryptAttachment } from './packages.mjs';
import { server } from './mock.mjs';
import { attachmentFile } from './shims/uploads.mjs';

const VOICE_NOTE = 1;

/** Uploads a file, or base64 data, and describes it. */
export async function upload({ path, data, contentType, fileName, width, height, caption, voiceNote }) {
  const encrypted = encryptAttachment(path ? fs.readFileSync(path) : Buffer.from(data, 'base64'));
  return {
    cdnKey: await server.storeAttachment(encrypted.blob),
    cdnNumber: 2,
    key: encrypted.key.toString('base64'),
    digest: encrypted.digest.toString('base64'),
    size: encrypted.size,
    uploadTimestamp: Date.now(),
    contentType: contentType ?? 'application/octet-stream',
    flags: voiceNote ? VOICE_NOTE : undefined,
    fileName, width, height, caption,
  };
}

/** The bytes behind a pointer, decrypted and proven. */
export async function download({ cdnNumber, cdnKey, key, size }) {
  const blob = cdnNumber === 3 ? fs.readFileSync(attachmentFile(cdnKey)) : await server.fetchAttachment(cdnKey);
  const [cipherKey, macKey] = [Buffer.from(key, 'base64').subarray(0, 32), Buffer.from(key, 'base64').subarray(32)];
  const [sealed, mac] = [blob.subarray(0, -32), blob.subarray(-32)];
  if (!crypto.createHmac('sha256', macKey).update(sealed).digest().equals(mac)) throw new Error('bad MAC');
  const decipher = crypto.createDecipheriv('aes-256-cbc', cipherKey, sealed.subarray(0, 16));
  const data = Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()]).subarray(0, size);
  return {
    size: data.length,
    sha256: crypto.createHash('sha256').update(data).digest('hex'),
    data: data.toString('base64'),
  };
}
