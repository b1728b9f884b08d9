// Groups change, on phones and on signal-cli.
import assert from 'node:assert/strict';
import { PIXEL, until } from './world.mjs';

const RENAMED = 'Renamed';
const onPhone = (world, changes) => world.tell('updateGroup', { from: 'alice', group: RENAMED, ...changes });
const onSignalCli = (world, changes) => world.call('updateGroup', { groupId: world.group.id, ...changes });

async function groupOf(world) {
  const [group] = await world.call('listGroups', { groupId: [world.group.id] });
  return group;
}

const untilGroup = (world, what, fits) => until(what, async () => fits(await groupOf(world)));

async function groupOnServer(world, groupId = world.group.id) {
  const { groups } = await world.tell('status');
  return groups.find(({ id }) => id === groupId);
}

export const checks = {
  'a new title arrives': async (world) => {
    await onPhone(world, { group: world.group.title, newTitle: RENAMED });
    await world.envelope(({ dataMessage }) => dataMessage?.groupInfo?.type === 'UPDATE');
    await untilGroup(world, 'new title', ({ name }) => name === RENAMED);
  },
  'a removed member is gone': async (world) => {
    await onPhone(world, { remove: ['bob'] });
    await untilGroup(world, 'two members', ({ members }) => members.length === 2);
  },
  'added members are there': async (world) => {
    await world.tell('addPhone', { name: 'nina' });
    await onPhone(world, { add: ['nina', 'bob'] });
    await untilGroup(world, 'four members', ({ members }) => members.length === 4);
  },
  'description, picture and timer arrive': async (world) => {
    await onPhone(world, { description: 'about us', avatar: PIXEL, expireTimer: 86400 });
    const complete = ({ description, messageExpirationTime }) => description === 'about us' && messageExpirationTime === 86400;
    await untilGroup(world, 'description and timer', complete);
    assert.equal((await world.call('getAvatar', { groupId: world.group.id })).data, PIXEL);
  },
  'signal-cli removes a member and adds it as administrator': async (world) => {
    const { aci } = world.phones.bob;
    await onSignalCli(world, { removeMember: [aci] });
    assert.ok(!(await groupOnServer(world)).members.includes('bob'));
    await onSignalCli(world, { member: [aci], admin: [aci] });
    const { members, admins } = await groupOf(world);
    assert.deepEqual([members.length, admins.length], [4, 3]);
  },
  'signal-cli changes name, description and picture': async (world) => {
    const avatar = world.file('group.png', Buffer.from(PIXEL, 'base64'));
    const change = () => onSignalCli(world, { name: 'By signal-cli', description: 'd', avatar });
    const { content } = await world.eventOf({ phone: 'alice', type: 'dataMessage' }, change);
    const { title, revision } = await groupOnServer(world);
    assert.deepEqual([title, revision], ['By signal-cli', content.dataMessage.groupV2.revision]);
  },
  'signal-cli makes a group': async (world) => {
    const member = [world.phones.alice.aci, world.phones.bob.aci];
    const make = () => world.call('updateGroup', { name: 'New one', member });
    const { result } = await world.eventOf({ phone: 'alice', type: 'dataMessage', group: 'New one' }, make);
    assert.equal((await groupOnServer(world, result.groupId)).title, 'New one');
  },
  'signal-cli leaves a group': async (world) => {
    await world.call('quitGroup', { groupId: world.group.id });
    assert.equal((await groupOf(world)).isMember, false);
    assert.ok(!(await groupOnServer(world)).members.includes('relay'));
  },
};
