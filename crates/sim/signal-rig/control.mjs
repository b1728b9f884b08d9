// The two ways in for commands: JSON posted to a port on loopback, and lines on standard input.
import http from 'node:http';
import readline from 'node:readline';
import { slurp } from './mock.mjs';

/** Takes commands by HTTP; a request without a body asks for the status. */
export async function listenForCommands(port, answer) {
  const control = http.createServer(async (request, response) => {
    const reply = await answer((await slurp(request)).toString() || '{"cmd":"status"}');
    response.writeHead(reply.error ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reply));
  });
  await new Promise((resolve, reject) => {
    control.once('error', reject);
    control.listen(port, '127.0.0.1', resolve);
  });
  return control.address().port;
}

/** Takes commands as lines, in order, except that those which wait do not hold up what follows. */
export function readCommands(answer, atEnd) {
  const lines = readline.createInterface({ input: process.stdin });
  let before = Promise.resolve();
  lines.on('line', (line) => {
    if (!line.trim()) return;
    const run = async () => process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
    if (/"cmd"\s*:\s*"(wait|link)"/.test(line)) before.then(run);
    else before = before.then(run);
  });
  lines.on('close', atEnd);
}
