import { connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { FastifyInstance } from 'fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, createApiServer } from '../../apiserver/create-api-server.ts';
import { createServer, portOf } from '../../apiserver/server.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { seededRng } from '../../platform/rng.ts';
import { createAuthority, type KeyPair } from './certificates.ts';
import { CONFIG_MAPS, configMap } from './objects.ts';
import { openSocket } from './web-socket.ts';

let api: ApiServer;
let server: FastifyInstance;
let url: string;
let ca: string;
let admin: KeyPair;
const bearer = { authorization: 'Bearer secret' };

beforeAll(async () => {
  const authority = await createAuthority();
  ca = authority.ca;
  admin = await authority.issue('CN=alice, O=system:masters');
  const serving = await authority.issue('CN=apiserver');
  const tokens = new Map([
    ['secret', { name: 'bob', groups: ['system:masters'] }],
    ['small', { name: 'system:coredns', groups: [] }],
  ]);
  api = await createApiServer({ clock: systemClock, rng: seededRng(3), logger: silentLogger, tokens });
  server = await createServer({
    api,
    logger: silentLogger,
    tls: { ...serving, clientCa: ca },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  url = `https://127.0.0.1:${portOf(server)}`;
});

afterAll(async () => {
  await api.close();
  await server.close();
});

const client = () => supertest.agent(url, { ca });

describe('authentication', () => {
  it('takes who shows nothing for anonymous, and refuses a wrong token', async () => {
    const refused = await client().get('/api/v1/pods').expect(403);
    expect(refused.body.message).toBe(
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
    );
    const unknown = await client().get('/api/v1/pods').set('authorization', 'Bearer wrong').expect(401);
    expect(unknown.body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
    for (const path of ['/healthz', '/livez', '/readyz', '/version']) await client().get(path).expect(200);
    await client().get('/metrics').expect(403);
  });

  it('knows tokens and client certificates', async () => {
    await client().get('/api/v1/pods').set(bearer).expect(200);
    await supertest
      .agent(url, { ca, ...admin })
      .get('/api/v1/pods')
      .expect(200);
    const refused = await client().get('/api/v1/secrets').set('authorization', 'Bearer small').expect(403);
    expect(refused.body.message).toContain('User "system:coredns" cannot list resource "secrets"');
  });

  it('does not know certificates of another authority', async () => {
    const { issue } = await createAuthority();
    const stranger = await issue('CN=mallory, O=system:masters');
    await supertest
      .agent(url, { ca, ...stranger })
      .get('/api/v1/pods')
      .expect(401);
  });
});

describe('requests', () => {
  it('carries bodies, and limits them', async () => {
    await client()
      .post(CONFIG_MAPS)
      .set(bearer)
      .send(configMap('served', { a: '1' }))
      .expect(201);
    const read = await client().get(`${CONFIG_MAPS}/served`).set(bearer).expect(200);
    expect(read.body.data).toEqual({ a: '1' });
    await client()
      .delete(`${CONFIG_MAPS}/served`)
      .set(bearer)
      .set('content-type', 'application/json')
      .expect(200);
    const large = await client()
      .post(CONFIG_MAPS)
      .set(bearer)
      .send(configMap('large', { a: 'x'.repeat(3 * 1024 * 1024) }))
      .expect(413);
    expect(large.body).toMatchObject({ kind: 'Status', reason: 'RequestEntityTooLarge' });
  });

  it('answers bad paths and methods with a Status', async () => {
    expect((await client().get('/nope').set(bearer).expect(404)).body.kind).toBe('Status');
    expect((await client().get('/api/v1/%zz').set(bearer).expect(400)).body.kind).toBe('Status');
    expect((await client().post('/version').set(bearer).expect(405)).body.reason).toBe('MethodNotAllowed');
    const long = `${CONFIG_MAPS}/${'a'.repeat(300)}`;
    expect((await client().get(long).set(bearer).expect(404)).body.reason).toBe('NotFound');
  });

  it('counts them', async () => {
    const { text } = await client().get('/metrics').set(bearer).expect(200);
    expect(text).toMatch(/apiserver_request_total\{verb="POST"|apiserver_request_total\{verb="CREATE"/);
    expect(text).toContain('apiserver_registered_watchers');
  });

  it('serves HTTP/2', async () => {
    const session = connect(url, { ca });
    const stream = session.request({ ':path': '/api/v1/namespaces/default', ...bearer });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(JSON.parse(text)).toMatchObject({ kind: 'Namespace' });
    session.close();
  });
});

describe('watches', () => {
  it('stream over chunked HTTP, headers first', async () => {
    const lines = await new Promise<string[]>((resolve, reject) => {
      const path = `${url}${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Dstreamed`;
      const request = httpsRequest(path, { ca, headers: bearer }, (response) => {
        // Nothing has happened yet: the headers alone are here.
        expect(response.headers['transfer-encoding']).toBe('chunked');
        void client()
          .post(CONFIG_MAPS)
          .set(bearer)
          .send(configMap('streamed'))
          .expect(201)
          .end(() => {});
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
          if (!text.includes('\n')) return;
          request.destroy();
          resolve(text.trim().split('\n'));
        });
      });
      request.on('error', reject);
      request.end();
    });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'streamed' } },
    });
  });

  it('stream over WebSocket, one event a frame', async () => {
    const socket = openSocket(`${url.replace('https', 'wss')}/api/v1/namespaces?watch=1`, {
      ca,
      headers: bearer,
    });
    const frames: { type: string; object: { metadata: { name: string } } }[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (data) => {
        frames.push(JSON.parse(String(data)));
        if (frames.length === 4) resolve();
      });
    });
    expect(frames.map(({ object }) => object.metadata.name)).toContain('kube-system');
    socket.close();
  });

  it('refuse a WebSocket before it opens', async () => {
    const socket = openSocket(`${url.replace('https', 'wss')}/api/v1/pods?watch=1`, { ca });
    const status = await new Promise<number | undefined>((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => {});
    });
    expect(status).toBe(403);
  });

  it('leave no watcher behind when the client goes', async () => {
    const watchers = async (): Promise<number> => {
      const { text } = await client().get('/metrics').set(bearer).expect(200);
      const match = /apiserver_registered_watchers\{[^}]*resource="secrets"[^}]*\} (\d+)/.exec(text);
      return Number(match?.[1]);
    };
    const request = httpsRequest(`${url}/api/v1/secrets?watch=1`, { ca, headers: bearer });
    await new Promise((resolve) => {
      request.on('response', resolve);
      request.end();
    });
    expect(await watchers()).toBe(1);
    request.on('error', () => {});
    request.destroy();
    await expect.poll(watchers).toBe(0);
  });
});
