// Linking and unlinking, and what an account tells about itself.
import assert from 'node:assert/strict';
import { PIXEL, until } from './world.mjs';

async function linkTo(world, name, deviceName) {
  const { deviceLinkUri } = await world.signalCli.call('startLink');
  const [scanned, linked] = await Promise.all([
    world.tell('link', { name, uri: deviceLinkUri }),
    world.signalCli.call('finishLink', { deviceLinkUri, deviceName }),
  ]);
  assert.equal(linked.number, world.phones[name].number);
  assert.equal(scanned.aci, world.phones[name].aci);
}

export const linking = {
  'a phone links signal-cli': (world) => linkTo(world, 'relay', 'bridge'),
  'the linked account is listed': async (world) => {
    assert.deepEqual(await world.signalCli.call('listAccounts'), [{ number: world.account }]);
  },
  'groups come from storage': async (world) => {
    const listed = async () => (await world.call('listGroups')).find(({ id }) => id === world.group.id);
    const group = await until('group', listed);
    assert.equal(group.name, world.group.title);
    assert.equal(group.members.length, 3);
  },
  'contacts come from storage, with names': async (world) => {
    await until('contacts', async () => {
      const names = (await world.call('listContacts')).map(({ name }) => name);
      return names.includes('alice') && names.includes('bob');
    });
  },
  'devices are listed': async (world) => {
    assert.deepEqual((await world.call('listDevices')).map(({ id }) => id), [1, 2]);
  },
};

export const checks = {
  'signal-cli changes its profile': async (world) => {
    const avatar = world.file('profile.png', Buffer.from(PIXEL, 'base64'));
    const change = () => world.call('updateProfile', { givenName: 'Bridge', familyName: 'Bot', avatar });
    const { content } = await world.eventOf({ phone: 'relay', type: 'profileUpdate' }, change);
    assert.deepEqual(content, { hasName: true, avatar: true });
  },
  'contact discovery fails cleanly': async (world) => {
    await assert.rejects(world.call('getUserStatus', { recipient: [world.phones.alice.number] }), { code: -3 });
  },
  'bad requests are refused, each with its code': async (world) => {
    const unknown = '00000000-0000-4000-8000-000000000001';
    const codeOf = (method, params) => world.call(method, params).then(() => 'accepted', ({ code }) => code);
    const expected = [
      ['send', { groupId: 'AAAA', message: 'x' }, -1],
      ['send', { groupId: Buffer.alloc(32, 7).toString('base64'), message: 'x' }, -1],
      ['send', { recipient: ['nonsense'], message: 'x' }, -1],
      ['send', { recipient: [unknown], message: 'x' }, -1],
      ['send', { account: '+15550100000', recipient: [unknown], message: 'x' }, -32602],
      ['getAttachment', { id: 'nope' }, -1],
      ['nope', {}, -32601],
    ];
    for (const [method, params, code] of expected) assert.equal(await codeOf(method, params), code, JSON.stringify(params));
  },
  'a second account links to the same daemon': async (world) => {
    await linkTo(world, 'bob', 'second bridge');
    await world.send('alice', { to: 'bob', text: 'for bob' });
    const { number } = world.phones.bob;
    await world.envelope((envelope, account) => account === number && envelope.dataMessage?.message === 'for bob');
  },
  'an account that its phone unlinks vanishes': async (world) => {
    await world.tell('unlink', { name: 'bob' });
    await until('one account', async () => (await world.signalCli.call('listAccounts')).length === 1);
  },
};
