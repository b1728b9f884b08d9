// Checks the rig from end to end: starts one, links signal-cli to a phone, and sends every kind of message both ways.
// Ends with 0 if all checks passed. V=1 shows what signal-cli notified.
import { startWorld } from './selftest/world.mjs';
import * as accounts from './selftest/accounts.mjs';
import * as groups from './selftest/groups.mjs';
import * as outages from './selftest/outages.mjs';
import * as receiving from './selftest/receiving.mjs';
import * as sending from './selftest/sending.mjs';

const world = await startWorld();
const began = Date.now();
let passed = 0;
let failed = 0;

for (const part of [accounts.linking, receiving.checks, sending.checks, outages.checks, groups.checks, accounts.checks]) {
  for (const [name, check] of Object.entries(part)) await run(name, check);
}
await world.end();
console.log(`${passed} passed, ${failed} failed, in ${Date.now() - began} ms`);
process.exit(failed ? 1 : 0);

async function run(name, check) {
  const start = Date.now();
  try {
    await check(world);
    passed += 1;
    console.log(`ok    ${name} (${Date.now() - start} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}: ${error.message}`, error.data ?? '');
  }
}
