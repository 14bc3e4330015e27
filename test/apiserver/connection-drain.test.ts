import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { expect, it } from 'vitest';
import { createApiServer } from '../../apiserver/create-api-server.ts';
import { createServer, portOf } from '../../apiserver/server.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { seededRng } from '../../platform/rng.ts';
import { createAuthority } from './certificates.ts';

async function startServer() {
  const tokens = new Map([['secret', { name: 'bob', groups: ['system:masters'] }]]);
  const authority = await createAuthority();
  const api = await createApiServer({ clock: systemClock, rng: seededRng(3), logger: silentLogger, tokens });
  const server = await createServer({
    api,
    logger: silentLogger,
    tls: { ...(await authority.issue('CN=apiserver')), clientCa: authority.ca },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  return { api, server, port: portOf(server), ca: authority.ca };
}

it('a server closes although a connection never speaks and a watcher asks again', async () => {
  const { api, server, port, ca } = await startServer();
  const silent = connectTcp(port, '127.0.0.1');
  await once(silent, 'connect');
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca });
  const watch = () =>
    session.request({ ':path': '/api/v1/pods?watch=1', authorization: 'Bearer secret' }).resume();
  const first = watch();
  await once(first, 'response');
  const again = once(first, 'end').then(() => once(watch(), 'response'));
  await api.close();
  const [headers] = await again;
  expect(headers[':status']).toBe(503);
  const [, ended] = await Promise.all([server.close(), once(silent, 'close')]);
  expect(ended).toBeDefined();
  expect(session.closed).toBe(true);
});
