// Linking: signal-cli never answers the two requests on the provisioning socket, for whose answers the mock would wait.
// And several link requests may be open at once, of which any may be scanned or none.
import { Connection, mockSchema } from '../packages.mjs';
import { server } from '../mock.mjs';

const openRequests = new Map(); // id in the link's address → continues that request

export function letLinkRequestsWait() {
  Connection.prototype.handleProvision = async function handleProvision(id) {
    void this.send('PUT', '/v1/address', { body: mockSchema.ProvisioningAddress.encode({ address: id }).finish() });
    await new Promise((resolve) => openRequests.set(id, resolve));
    const { envelope } = await this.server.getProvisioningResponse(id);
    void this.send('PUT', '/v1/message', { body: envelope });
  };
}

/** The phone scans the code with this address; resolves to the new device. */
export async function scan(primary, uri) {
  const id = new URL(uri).searchParams.get('uuid');
  const proceed = openRequests.get(id);
  if (!proceed) throw new Error(`no open link request ${id}`);
  openRequests.delete(id);
  proceed();
  const pending = await server.waitForProvision();
  return pending.complete({ provisionURL: uri, primaryDevice: primary });
}
