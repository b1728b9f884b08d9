// The service goes away and comes back.
import assert from 'node:assert/strict';

export const checks = {
  'what was sent during an outage arrives afterwards, once and in order': async (world) => {
    await world.tell('pause');
    const texts = Array.from({ length: 20 }, (_, n) => `during the outage ${n}`);
    for (const text of texts) await world.send('alice', { text });
    await assert.rejects(world.call('send', { groupId: world.group.id, message: 'into the void' }));
    await world.tell('resume');
    await world.send('bob', { text: 'after the outage' });
    await world.envelope(({ dataMessage }) => dataMessage?.message === 'after the outage');
    const arrived = world.signalCli.envelopes().map(({ dataMessage }) => dataMessage?.message).filter((text) => texts.includes(text));
    assert.deepEqual(arrived, texts);
  },
  'signal-cli sends again after an outage': async (world) => {
    const send = () => world.call('send', { groupId: world.group.id, message: 'back again' });
    await world.eventOf({ phone: 'alice', text: 'back again' }, send);
  },
};
