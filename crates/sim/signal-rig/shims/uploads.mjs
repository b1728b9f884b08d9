// Attachments on the newest content network: resumable uploads as signal-cli does them (create, ask for the offset,
// append), where the mock's own handler only knows uploads in one request.
import fs from 'node:fs';
import path from 'node:path';
import { log } from '../options.mjs';
import { cdn3Folder, mockAddress, slurp } from '../mock.mjs';

const PREFIX = '/cdn3/';

export const isUpload = (method, at) => ['POST', 'HEAD', 'PATCH'].includes(method) && at.startsWith(PREFIX);

export async function takeUpload(request, response, at) {
  const file = path.join(cdn3Folder, path.normalize(at.slice(PREFIX.length)));
  if (!file.startsWith(cdn3Folder + path.sep)) return response.writeHead(400).end();
  const body = await slurp(request);
  log('upload', request.method, at, body.length);
  response.setHeader('Tus-Resumable', '1.0.0');
  if (request.method === 'POST') {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, body);
    return response.writeHead(201, { Location: mockAddress() + at, 'Upload-Offset': body.length }).end();
  }
  if (!fs.existsSync(file)) return response.writeHead(404).end();
  if (request.method === 'PATCH') {
    fs.truncateSync(file, Number(request.headers['upload-offset'] ?? 0));
    fs.appendFileSync(file, body);
  }
  const headers = { 'Upload-Offset': fs.statSync(file).size, 'Cache-Control': 'no-store' };
  return response.writeHead(request.method === 'PATCH' ? 204 : 200, headers).end();
}

/** The address under which the mock serves an uploaded attachment; clients ask for it without the prefix. */
export function downloadPath(method, at) {
  const [, key] = /^\/attachments\/([A-Za-z0-9_-]+)$/.exec(at) ?? [];
  const isThere = key && method === 'GET' && fs.existsSync(attachmentFile(key));
  return isThere ? `/cdn3${at}` : undefined;
}

export const attachmentFile = (key) => path.join(cdn3Folder, 'attachments', key);
