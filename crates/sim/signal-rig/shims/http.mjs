// Plain HTTP: signal-cli asks a few things over it that the mock serves only on the WebSocket, and some under paths
// that differ.
import { EventEmitter } from 'node:events';
import { log } from '../options.mjs';
import { Connection, parseAuthHeader } from '../packages.mjs';
import { server, slurp } from '../mock.mjs';
import { answerAvatarForm, avatarAt, takeAvatar } from './avatars.mjs';
import { downloadPath, isUpload, takeUpload } from './uploads.mjs';

/** Paths that the mock knows with or without a slash at the end. */
const RENAMED = {
  '/storageService/v2/groups/': '/storageService/v2/groups',
  '/storageService/v1/storage': '/storageService/v1/storage/',
};

/** Puts our routes before the mock's own; call it when the mock listens. */
export function routeHttp() {
  replaceListeners('request', (own) => (request, response) => {
    const [path, query] = request.url.split('?');
    const renamed = RENAMED[path] ?? downloadPath(request.method, path);
    if (renamed) request.url = query ? `${renamed}?${query}` : renamed;
    if (isUpload(request.method, path)) return takeUpload(request, response, path);
    if (path === '/storageService/v2/groups/avatar/form') return answerAvatarForm(request, response);
    if (request.method === 'POST' && path === '/') return takeAvatar(request, response);
    if (request.method === 'GET' && avatarAt(path)) return response.end(avatarAt(path));
    if (/^\/v[0-9]\//.test(path)) return answerAsSocket(request, response);
    log('http', request.method, request.url);
    return own(request, response);
  });
}

/**
 * The real service refuses the WebSocket of an unlinked device with 403; the mock would accept and close it, which
 * signal-cli takes for a network failure.
 */
export function refuseUnlinkedDevices() {
  replaceListeners('upgrade', (own) => async (request, socket, head) => {
    const { username, device } = await authenticated(request);
    if (username && !device) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    own(request, socket, head);
  });
}

function replaceListeners(event, wrap) {
  const { https } = server;
  const listeners = https.listeners(event);
  https.removeAllListeners(event);
  https.on(event, wrap((...args) => listeners.forEach((listener) => listener.apply(https, args))));
}

async function authenticated(request) {
  const { username, password } = parseAuthHeader(request.headers.authorization, { allowEmptyPassword: true });
  return { username, device: username && (await server.auth(username, password)) };
}

/** Hands the request to the router of the WebSocket, on a connection that has no socket. */
async function answerAsSocket(request, response) {
  const body = await slurp(request);
  const socket = Object.assign(new EventEmitter(), { send() {}, close() {} });
  const connection = new Connection(request, socket, server);
  const { device } = await authenticated(request);
  if (device) {
    connection.device = device;
    connection.router.setIsAuthenticated(true);
  }
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  const answer = await connection
    .handleRequest({ verb: request.method, path: request.url, headers, body })
    .catch((error) => {
      console.error('[rig] request failed', request.method, request.url, error);
      return { status: 500, headers: [], body: Buffer.from('{}') };
    });
  log('http as socket', request.method, request.url, answer.status);
  response.writeHead(answer.status, Object.fromEntries(answer.headers.map((header) => header.split(/:(.*)/s, 2))));
  response.end(answer.body);
}
