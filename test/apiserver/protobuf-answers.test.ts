import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeMessage } from '../../openapi/protobuf.ts';
import { openEnvelope, unframed } from '../../openapi/protobuf-envelope.ts';
import { ADMIN, ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, PODS, pod } from './objects.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
let api: ApiHarness;

beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

interface Raw {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

async function call(method: string, url: string, accept: string, body?: unknown): Promise<Raw> {
  const {
    status,
    headers,
    body: bytes,
  } = await api.server.handle({
    method,
    url,
    user: ADMIN,
    headers: { accept, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
  });
  return { status, contentType: headers['content-type'], body: bytes as Uint8Array };
}

describe('answers in protobuf', () => {
  it('show what the JSON answer shows', async () => {
    for (const [url, object, message, kind] of [
      [CONFIG_MAPS, configMap('a', { x: '1' }, { app: 'a' }), 'core.v1.ConfigMap', 'ConfigMap'],
      [DEPLOYMENTS, deployment('a'), 'apps.v1.Deployment', 'Deployment'],
      [PODS, pod('a'), 'core.v1.Pod', 'Pod'],
    ] as const) {
      const created = await call('POST', url, PROTOBUF, object);
      expect(created).toMatchObject({ status: 201, contentType: PROTOBUF });
      const envelope = openEnvelope((await call('GET', `${url}/a`, PROTOBUF)).body);
      const { kind: _, apiVersion, ...json } = await api.ok('GET', `${url}/a`);
      expect(envelope).toMatchObject({ kind, apiVersion });
      expect(decodeMessage(message, envelope.raw)).toEqual(withoutEmpty(json));
      expect(Buffer.from(openEnvelope(created.body).raw)).toEqual(Buffer.from(envelope.raw));
    }
  });

  it('are lists too, with their paging', async () => {
    for (const name of ['a', 'b', 'c']) await api.ok('POST', CONFIG_MAPS, configMap(name, { x: '1' }));
    const page = await call('GET', `${CONFIG_MAPS}?limit=2`, PROTOBUF);
    expect(page.contentType).toBe(PROTOBUF);
    const { kind, apiVersion, raw } = openEnvelope(page.body);
    expect({ kind, apiVersion }).toEqual({ kind: 'ConfigMapList', apiVersion: 'v1' });
    const { kind: _, apiVersion: __, ...json } = await api.ok('GET', `${CONFIG_MAPS}?limit=2`);
    expect(decodeMessage('core.v1.ConfigMapList', raw)).toEqual(json);
    expect(json.metadata.continue).not.toBe('');
  });

  it('are partial metadata, one and many', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a', { x: '1' }));
    const accept = `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json`;
    const list = openEnvelope((await call('GET', CONFIG_MAPS, accept)).body);
    expect(list).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    const { items } = decodeMessage('apis.meta.v1.PartialObjectMetadataList', list.raw);
    expect(items).toMatchObject([{ metadata: { name: 'a' } }]);
    const one = openEnvelope((await call('GET', `${CONFIG_MAPS}/a`, accept.replace('List', ''))).body);
    expect(one).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
  });

  it('are a Status for failures and deletions', async () => {
    const failed = await call('GET', `${CONFIG_MAPS}/none`, PROTOBUF);
    expect(failed).toMatchObject({ status: 404, contentType: PROTOBUF });
    const { kind, raw } = openEnvelope(failed.body);
    expect(kind).toBe('Status');
    expect(decodeMessage('apis.meta.v1.Status', raw)).toMatchObject({ reason: 'NotFound', code: 404 });
    await api.ok('POST', CONFIG_MAPS, configMap('a'));
    const gone = openEnvelope((await call('DELETE', `${CONFIG_MAPS}/a`, PROTOBUF)).body);
    expect(decodeMessage('apis.meta.v1.Status', gone.raw)).toMatchObject({ status: 'Success' });
  });

  it('are a Scale for that subresource', async () => {
    await api.ok('POST', DEPLOYMENTS, deployment('a', { replicas: 3 }));
    const { kind, apiVersion, raw } = openEnvelope(
      (await call('GET', `${DEPLOYMENTS}/a/scale`, PROTOBUF)).body,
    );
    expect({ kind, apiVersion }).toEqual({ kind: 'Scale', apiVersion: 'autoscaling/v1' });
    expect(decodeMessage('autoscaling.v1.Scale', raw)).toMatchObject({ spec: { replicas: 3 } });
  });

  it('are made once a revision', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a'));
    const [first, second] = [
      await call('GET', `${CONFIG_MAPS}/a`, PROTOBUF),
      await call('GET', `${CONFIG_MAPS}/a`, PROTOBUF),
    ];
    expect(first.body).toBe(second.body);
  });
});

describe('negotiation', () => {
  it.each([
    [`${PROTOBUF},application/json`, PROTOBUF],
    [`application/json,${PROTOBUF}`, 'application/json'],
    [`application/json;q=0.4,${PROTOBUF};q=0.9`, PROTOBUF],
    [`${PROTOBUF};q=0,application/yaml`, 'application/yaml'],
    [
      `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io`,
      'application/json',
    ],
    ['text/html, */*', 'application/json'],
  ])('of %s chooses %s', async (accept, contentType) => {
    expect(await call('GET', CONFIG_MAPS, accept)).toMatchObject({ status: 200, contentType });
  });

  it('refuses what cannot be said, in JSON', async () => {
    const table = `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io`;
    expect(await call('GET', CONFIG_MAPS, table)).toMatchObject({
      status: 406,
      contentType: 'application/json',
    });
    const watch = await call('GET', `${CONFIG_MAPS}?watch=1`, 'application/yaml');
    expect(watch).toMatchObject({ status: 406 });
  });
});

describe('watching in protobuf', () => {
  it('sends each event as a frame, and bookmarks', async () => {
    const abort = new AbortController();
    const { headers, body } = await api.server.handle({
      method: 'GET',
      url: `${CONFIG_MAPS}?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
      user: ADMIN,
      headers: { accept: `${PROTOBUF};type=watch,application/json` },
      signal: abort.signal,
    });
    expect(headers['content-type']).toBe(`${PROTOBUF};stream=watch`);
    await api.ok('POST', CONFIG_MAPS, configMap('a'));
    await api.ok('DELETE', `${CONFIG_MAPS}/a`);
    const events: string[] = [];
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      for (const frame of unframed(chunk)) events.push(Buffer.from(frame).toString('latin1'));
      if (events.length >= 3) break;
    }
    expect(events.map((text) => /BOOKMARK|ADDED|DELETED/.exec(text)?.[0])).toEqual([
      'BOOKMARK',
      'ADDED',
      'DELETED',
    ]);
    expect(events[0]).toContain('k8s.io/initial-events-end');
    expect(events[1]).toContain('k8s\0');
  });
});

/** Protobuf does not tell an empty list or map from none. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      Array.isArray(inner) && inner.length === 0 ? [] : [[key, withoutEmpty(inner)]],
    ),
  );
}
