// The mock applies only the title, removals and invitations; the rest of what a group change can hold is applied here.
// Nobody's permission is checked.
import { ServerGroup, mockSchema } from '../packages.mjs';

/** Action → the field of the group's state that it sets, and the field of the action with the value. */
const FIELDS = {
  modifyTitle: ['title', 'title'],
  modifyDescription: ['descriptionBytes', 'descriptionBytes'],
  modifyAvatar: ['avatar', 'avatar'],
  modifyDisappearingMessagesTimer: ['disappearingMessagesTimer', 'timer'],
  modifyInviteLinkPassword: ['inviteLinkPassword', 'inviteLinkPassword'],
  modifyAnnouncementsOnly: ['announcementsOnly', 'announcementsOnly'],
};
/** The same for who may do what. */
const ACCESS = {
  modifyAttributesAccess: ['attributes', 'attributesAccess'],
  modifyMemberAccess: ['members', 'membersAccess'],
  modifyAddFromInviteLinkAccess: ['addFromInviteLink', 'addFromInviteLinkAccess'],
};
const LISTS = ['addMembers', 'modifyMemberRoles', 'modifyMemberProfileKeys', 'addMembersBanned', 'deleteMembersBanned'];
const MOCK_APPLIES = 'modifyTitle';

export function applyAllGroupChanges() {
  const modify = ServerGroup.prototype.modify;
  ServerGroup.prototype.modify = function modifyAll(sourceAci, sourcePni, actions) {
    if (!needsUs(actions)) return modify.call(this, sourceAci, sourcePni, actions);
    if (actions.version !== this.state.version + 1) return { conflict: true, signedChange: undefined };
    const state = { ...this.state, version: actions.version, accessControl: { ...this.state.accessControl } };
    const done = {
      version: actions.version, sourceUserId: sourceAci.serialize(), groupId: Buffer.from(this.id, 'base64'),
    };
    setFields(FIELDS, actions, state, done);
    setFields(ACCESS, actions, state.accessControl, done);
    changeMembers(this, actions, state, done);
    return sign(this, actions, state, done);
  };
}

function needsUs(actions) {
  const single = [...Object.keys(FIELDS), ...Object.keys(ACCESS)].filter((name) => name !== MOCK_APPLIES);
  return LISTS.some((name) => actions[name]?.length) || single.some((name) => actions[name]);
}

function setFields(table, actions, target, done) {
  for (const [action, [field, value]] of Object.entries(table)) {
    if (!actions[action]) continue;
    target[field] = actions[action][value];
    done[action] = actions[action];
  }
}

function changeMembers(group, actions, state, done) {
  if (actions.deleteMembers?.length) {
    done.deleteMembers = actions.deleteMembers;
    const isDeleted = ({ userId }) => actions.deleteMembers.some(({ deletedUserId }) => same(deletedUserId, userId));
    state.members = state.members.filter((member) => !isDeleted(member));
  }
  if (actions.addMembers?.length) {
    done.addMembers = actions.addMembers.map(({ added }) => {
      const member = { ...group.unrollMember(added), joinedAtVersion: actions.version };
      state.members = [...state.members.filter(({ userId }) => !same(userId, member.userId)), member];
      return { added: member };
    });
  }
  if (actions.modifyMemberProfileKeys?.length) {
    done.modifyMemberProfileKeys = actions.modifyMemberProfileKeys.map(({ presentation }) => {
      const { userId, profileKey } = group.unrollMember({ role: mockSchema.Member.Role.DEFAULT, presentation });
      state.members = changed(state.members, userId, { profileKey });
      return { userId, profileKey };
    });
  }
  if (actions.modifyMemberRoles?.length) {
    done.modifyMemberRoles = actions.modifyMemberRoles;
    for (const { userId, role } of actions.modifyMemberRoles) state.members = changed(state.members, userId, { role });
  }
}

const same = (one, other) => Buffer.from(one).equals(Buffer.from(other));
const changed = (members, userId, change) =>
  members.map((member) => (same(member.userId, userId) ? { ...member, ...change } : member));

function sign(group, actions, state, done) {
  const encoded = mockSchema.GroupChange.Actions.encode(done).finish();
  const serverSignature = group.zkSecret.sign(Buffer.from(encoded)).serialize();
  const groupChange = { actions: encoded, changeEpoch: epochOf(actions) };
  group.privChanges.groupChanges.push({ groupChange, groupState: state });
  return { conflict: false, signedChange: { ...groupChange, serverSignature } };
}

/** Clients ignore a change of an epoch that they do not know. */
function epochOf(actions) {
  if (actions.modifyAnnouncementsOnly) return 3;
  return actions.modifyDescription ? 2 : 1;
}
