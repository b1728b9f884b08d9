// Phones send, signal-cli notifies.
import assert from 'node:assert/strict';
import { PIXEL, until } from './world.mjs';

const received = (world, text) => world.envelope(({ dataMessage }) => dataMessage?.message === text);
const transcribed = (world, fits) => world.envelope(({ syncMessage }) => syncMessage?.sentMessage && fits(syncMessage.sentMessage));

export const checks = {
  'text to one': async (world) => {
    const { timestamp } = await world.send('alice', { to: 'relay', text: 'hello one' });
    const envelope = await received(world, 'hello one');
    assert.equal(envelope.timestamp, timestamp);
    assert.equal(envelope.sourceUuid, world.phones.alice.aci);
    world.hello = { timestamp, text: 'hello one' };
  },
  'text to a group': async (world) => {
    await world.send('alice', { text: 'hello group' });
    assert.equal((await received(world, 'hello group')).dataMessage.groupInfo.groupId, world.group.id);
  },
  'unsealed text to a group': async (world) => {
    await world.send('bob', { text: 'no seal', sealed: false });
    assert.equal((await received(world, 'no seal')).sourceUuid, world.phones.bob.aci);
  },
  'styles and a mention': async (world) => {
    const text = 'hey \uFFFC bold';
    const mentions = [{ start: 4, length: 1, who: 'relay' }];
    await world.send('bob', { text, mentions, styles: [{ start: 6, length: 4, style: 'BOLD' }] });
    const { dataMessage } = await world.envelope((envelope) => envelope.dataMessage?.mentions);
    assert.equal(dataMessage.mentions[0].uuid, world.phones.relay.aci);
    assert.deepEqual(dataMessage.textStyles, [{ style: 'BOLD', start: 6, length: 4 }]);
  },
  'an attachment': async (world) => {
    const attachment = { data: PIXEL, contentType: 'image/png', fileName: 'dot.png', width: 1, height: 1 };
    await world.send('alice', { text: 'picture', attachments: [attachment] });
    const [{ id, filename }] = (await received(world, 'picture')).dataMessage.attachments;
    assert.equal(filename, 'dot.png');
    assert.equal((await world.call('getAttachment', { id, groupId: world.group.id })).data, PIXEL);
  },
  'a quote': async (world) => {
    await world.send('bob', { text: 'replying', quote: { ...world.hello, author: 'alice' } });
    const { quote } = (await received(world, 'replying')).dataMessage;
    assert.deepEqual([quote.id, quote.authorUuid, quote.text], [world.hello.timestamp, world.phones.alice.aci, 'hello one']);
  },
  'a reaction': async (world) => {
    await world.send('bob', { reaction: { emoji: '👍', author: 'alice', timestamp: world.hello.timestamp } });
    const { dataMessage } = await world.envelope((envelope) => envelope.dataMessage?.reaction);
    assert.equal(dataMessage.reaction.targetSentTimestamp, world.hello.timestamp);
  },
  'a reaction taken back': async (world) => {
    await world.send('bob', { reaction: { emoji: '👍', remove: true, author: 'alice', timestamp: world.hello.timestamp } });
    await world.envelope((envelope) => envelope.dataMessage?.reaction?.isRemove);
  },
  'an edit': async (world) => {
    const { timestamp } = await world.send('alice', { text: 'tpyo' });
    await world.send('alice', { text: 'typo', edit: { timestamp } });
    const { editMessage } = await world.envelope((envelope) => envelope.editMessage);
    assert.deepEqual([editMessage.targetSentTimestamp, editMessage.dataMessage.message], [timestamp, 'typo']);
  },
  'a deletion': async (world) => {
    const { timestamp } = await world.send('alice', { text: 'gone' });
    await world.send('alice', { delete: timestamp });
    const { dataMessage } = await world.envelope((envelope) => envelope.dataMessage?.remoteDelete);
    assert.equal(dataMessage.remoteDelete.timestamp, timestamp);
  },
  'typing': async (world) => {
    await world.send('alice', { typing: 'started' });
    assert.equal((await world.envelope((envelope) => envelope.typingMessage)).typingMessage.action, 'STARTED');
  },
  'a receipt': async (world) => {
    await world.send('alice', { to: 'relay', receipt: { type: 'READ', timestamps: [123456] } });
    const { receiptMessage } = await world.envelope((envelope) => envelope.receiptMessage);
    assert.deepEqual([receiptMessage.isRead, receiptMessage.timestamps], [true, [123456]]);
  },
  'a transcript of the own phone, to a group': async (world) => {
    await world.send('relay', { text: 'from my phone' });
    const { syncMessage } = await transcribed(world, ({ message }) => message === 'from my phone');
    assert.equal(syncMessage.sentMessage.groupInfo.groupId, world.group.id);
  },
  'a transcript of the own phone, to one': async (world) => {
    await world.send('relay', { to: 'alice', text: 'to one from my phone' });
    const { syncMessage } = await transcribed(world, ({ message }) => message === 'to one from my phone');
    assert.equal(syncMessage.sentMessage.destinationUuid, world.phones.alice.aci);
  },
  'a transcript of an edit': async (world) => {
    const { timestamp } = await world.send('relay', { text: 'x1' });
    await world.send('relay', { text: 'x2', edit: { timestamp } });
    const { syncMessage } = await transcribed(world, ({ editMessage }) => editMessage);
    assert.equal(syncMessage.sentMessage.editMessage.dataMessage.message, 'x2');
  },
  "a person's name and picture": async (world) => {
    const { aci } = await world.tell('addPhone', { name: 'dora' });
    await world.tell('setProfile', { name: 'dora', profileName: 'Dora D', avatar: PIXEL });
    await world.send('dora', { to: 'relay', text: 'I am new' });
    await received(world, 'I am new');
    const profileOf = async () => (await world.call('listContacts', { recipient: [aci], allRecipients: true }))[0]?.profile;
    await until('profile', async () => (await profileOf())?.givenName === 'Dora D');
    assert.equal((await world.call('getAvatar', { profile: aci })).data, PIXEL);
  },
  'many texts at once, in the order of their timestamps': async (world) => {
    const texts = Array.from({ length: 30 }, (_, n) => `one of many ${n}`);
    const sent = await Promise.all(texts.map((text) => world.send('alice', { text })));
    await Promise.all(texts.map((text) => received(world, text)));
    const arrived = world.signalCli.envelopes().filter(({ dataMessage }) => texts.includes(dataMessage?.message));
    assert.deepEqual(arrived.map(({ timestamp }) => timestamp), sent.map(({ timestamp }) => timestamp).sort());
  },
  'a long text': async (world) => {
    const text = 'y'.repeat(1900);
    await world.send('alice', { text });
    await received(world, text);
  },
  'a text that expires': async (world) => {
    await world.send('alice', { to: 'relay', text: 'soon gone', expireTimer: 3600 });
    assert.equal((await received(world, 'soon gone')).dataMessage.expiresInSeconds, 3600);
  },
};
