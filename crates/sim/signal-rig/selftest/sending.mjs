// signal-cli sends, phones decrypt and show.
import assert from 'node:assert/strict';

const toGroup = (world, params) => () => world.call('send', { groupId: world.group.id, ...params });

export const checks = {
  'signal-cli sends to one': async (world) => {
    const send = () => world.call('send', { recipient: [world.phones.alice.aci], message: 'out to one' });
    const { result, content } = await world.eventOf({ phone: 'alice', text: 'out to one' }, send);
    assert.equal(content.dataMessage.timestamp, result.timestamp);
  },
  'signal-cli sends to a group, sealed': async (world) => {
    const atBob = world.eventOf({ phone: 'bob', text: 'out to group' }, () => undefined);
    const send = toGroup(world, { message: 'out to group' });
    const { result, event } = await world.eventOf({ phone: 'alice', text: 'out to group' }, send);
    assert.deepEqual([event.sealed, event.group, event.from], [true, world.group.title, 'relay']);
    assert.equal((await atBob).event.sealed, true);
    world.out = result.timestamp;
  },
  'signal-cli sends a file': async (world) => {
    const attachment = [world.file('note.txt', 'file body')];
    const send = toGroup(world, { message: 'with file', attachment });
    const { content } = await world.eventOf({ phone: 'bob', text: 'with file' }, send);
    const { data } = await world.tell('attachment', { pointer: content.dataMessage.attachments[0] });
    assert.equal(Buffer.from(data, 'base64').toString(), 'file body');
  },
  'signal-cli sends data in place of a file': async (world) => {
    const attachment = ['data:text/plain;filename=a.txt;base64,aGVsbG8='];
    const send = toGroup(world, { message: 'with data', attachment });
    const { content } = await world.eventOf({ phone: 'bob', text: 'with data' }, send);
    const [pointer] = content.dataMessage.attachments;
    assert.equal(pointer.fileName, 'a.txt');
    assert.equal((await world.tell('attachment', { pointer })).data, 'aGVsbG8=');
  },
  'signal-cli sends quote, mention and style': async (world) => {
    const { aci } = world.phones.alice;
    const send = toGroup(world, {
      message: '\uFFFC bold', mention: [`0:1:${aci}`], textStyle: ['2:4:BOLD'],
      quoteTimestamp: world.hello.timestamp, quoteAuthor: aci, quoteMessage: world.hello.text,
    });
    const { content } = await world.eventOf({ phone: 'alice', text: '\uFFFC bold' }, send);
    const { quote, bodyRanges } = content.dataMessage;
    assert.deepEqual([quote.id, quote.authorAci], [world.hello.timestamp, aci]);
    assert.deepEqual(bodyRanges, [{ start: 0, length: 1, mentionAci: aci }, { start: 2, length: 4, style: 'BOLD' }]);
  },
  'signal-cli reacts': async (world) => {
    const react = () => world.call('sendReaction', {
      groupId: world.group.id, emoji: '❤️', targetAuthor: world.phones.alice.aci, targetTimestamp: world.hello.timestamp,
    });
    const { content } = await world.eventOf({ phone: 'bob', type: 'dataMessage' }, react);
    assert.deepEqual([content.dataMessage.reaction.emoji, content.dataMessage.reaction.remove], ['❤️', false]);
  },
  'signal-cli edits': async (world) => {
    const edit = toGroup(world, { message: 'out, edited', editTimestamp: world.out });
    const { content } = await world.eventOf({ phone: 'bob', type: 'editMessage' }, edit);
    assert.equal(content.editMessage.targetSentTimestamp, world.out);
  },
  'a screen shows messages in order, with the edit': async (world) => {
    const { messages } = await world.tell('shows', { phone: 'bob', group: world.group.title });
    const shown = messages.map(({ from, own, text }) => (own ? `bob's own: ${text}` : `${from}: ${text}`));
    const expected = [
      'alice: hello group', "bob's own: no seal", 'relay: from my phone', 'relay: x2', 'relay: out, edited', 'relay: with file',
    ];
    assert.deepEqual(shown.filter((line) => expected.includes(line)), expected);
    assert.deepEqual(messages.map(({ n }) => n), messages.map(({ n }) => n).sort((a, b) => a - b));
  },
  "the sender's own phone shows what its linked device sent": async (world) => {
    const { messages } = await world.tell('shows', { phone: 'relay', group: world.group.title });
    assert.ok(messages.some(({ own, text, timestamp }) => own && text === 'out, edited' && timestamp === world.out));
  },
  'signal-cli sends many at once, and none is lost or doubled': async (world) => {
    const texts = Array.from({ length: 30 }, (_, n) => `one sent of many ${n}`);
    await Promise.all(texts.map((message) => toGroup(world, { message })()));
    const { messages } = await world.tell('shows', { phone: 'bob' });
    const shown = messages.map(({ text }) => text).filter((text) => texts.includes(text));
    assert.deepEqual(shown.sort(), texts.sort());
  },
  'signal-cli deletes': async (world) => {
    const remove = () => world.call('remoteDelete', { groupId: world.group.id, targetTimestamp: world.out });
    const { content } = await world.eventOf({ phone: 'bob', type: 'dataMessage' }, remove);
    assert.equal(content.dataMessage.delete.targetSentTimestamp, world.out);
    const { messages } = await world.tell('shows', { phone: 'bob' });
    assert.deepEqual(messages.filter(({ deleted }) => deleted).map(({ from }) => from), ['alice', 'relay']);
  },
  'signal-cli types': async (world) => {
    const type = () => world.call('sendTyping', { groupId: world.group.id });
    const { content } = await world.eventOf({ phone: 'bob', type: 'typingMessage' }, type);
    assert.equal(content.typingMessage.action, 'STARTED');
  },
  'signal-cli sends a receipt': async (world) => {
    const targetTimestamp = [world.hello.timestamp];
    const read = () => world.call('sendReceipt', { recipient: world.phones.alice.aci, targetTimestamp, type: 'read' });
    const { content } = await world.eventOf({ phone: 'alice', type: 'receiptMessage' }, read);
    assert.deepEqual(content.receiptMessage, { type: 'READ', timestamp: targetTimestamp });
  },
};
