import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority } from '../../platform/certificate-authority.ts';
import { type BenchLine, median, printLines } from '../bench-line.ts';
import { measureDeliveries } from './deliveries.ts';
import { ask, openAll, rateOf, timeOf } from './load.ts';
import type { Target } from './load-connection.ts';
import { memoryOf, type ServerProcess, startServer } from './server-process.ts';

/**
 * `npm run bench:api`: one API server process beside a bare fastify server that answers with the same bytes
 * and, where KUBE_APISERVER_URL is given (with KUBE_TOKEN, or KUBE_CERT_FILE and KUBE_KEY_FILE), beside that
 * server. `--quick` leaves out the 150,000 pods. The client is this process: HTTP/1.1 over TLS.
 */

const IN_FLIGHT = 32;
const REQUESTS = 10_000;
const LISTED = 2_200;
const PODS = process.argv.includes('--quick') ? 0 : 150_000;
const CONFIG_MAPS = '/api/v1/namespaces/bench/configmaps';
const LIST_MAPS = '/api/v1/namespaces/bench-list/configmaps';
const MERGE_PATCH = 'application/merge-patch+json';

const say = (what: string): void => void process.stderr.write(`${what}…\n`);
const folder = mkdtempSync(join(tmpdir(), 'podwire-bench-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
};

interface Figures {
  readonly create: number;
  readonly get: number;
  readonly patch: number;
  readonly delete: number;
  readonly listCold: number;
  readonly listWarm: number;
  readonly listSelected: number;
  readonly hundred: Awaited<ReturnType<typeof measureDeliveries>>;
  readonly thousand: Awaited<ReturnType<typeof measureDeliveries>>;
}

function configMap(name: string, more: object = {}): string {
  const metadata = { name, labels: { app: 'bench', half: String(name.length % 2) } };
  return JSON.stringify({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata,
    data: { payload: 'x'.repeat(800), ...more },
  });
}

/** As wide as a pod of a Deployment is, about 1.5 KB when it is stored. */
function pod(name: string): string {
  return JSON.stringify({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      labels: { app: 'web', 'pod-template-hash': '5d59d67564' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'web-5d59d67564',
          uid: 'b7e3a1e4-0c5a-4f0e-9f53-8a1c2b3d4e5f',
          controller: true,
        },
      ],
    },
    spec: {
      nodeName: `node-${name.length}`,
      containers: [
        {
          name: 'web',
          image: 'nginx:1.27',
          ports: [{ containerPort: 80 }],
          resources: { requests: { cpu: '100m', memory: '128Mi' } },
        },
      ],
    },
  });
}

try {
  const { bare, podwire, servers, startMs } = await startServers();
  const kube = kubeTarget();
  say('the bare server');
  const limit = {
    post: await rateOf(bare, IN_FLIGHT, REQUESTS, (c) => c.request('POST', CONFIG_MAPS, configMap('a'))),
    get: await rateOf(bare, IN_FLIGHT, REQUESTS, (c) => c.request('GET', `${CONFIG_MAPS}/a`)),
    patch: await rateOf(bare, IN_FLIGHT, REQUESTS, (c) =>
      c.request('PATCH', CONFIG_MAPS, '{"data":{"a":"b"}}', MERGE_PATCH),
    ),
  };
  const own = await measure(podwire);
  const theirs = kube ? await measure(kube) : undefined;
  const lines: BenchLine[] = [...compare(own, limit, theirs)];
  lines.push({ what: 'start of the API server', value: startMs, unit: 'ms' });
  lines.push(...(await growth(podwire, servers.podwire, own)));
  printLines(lines);
  await Promise.all(Object.values(servers).map((server) => server.stop()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

async function startServers() {
  const authority = await CertificateAuthority.create(Date.now());
  const serving = await authority.issue({ commonName: 'apiserver', serverNames: ['127.0.0.1'] });
  const admin = await authority.issue({ commonName: 'admin', organizations: ['system:masters'] });
  const [ca, cert, key] = [
    file('ca.crt', authority.cert),
    file('tls.crt', serving.cert),
    file('tls.key', serving.key),
  ];
  const podwire = await startServer(
    [
      'dist/apiserver.js',
      '--secure-port=0',
      `--tls-cert-file=${cert}`,
      `--tls-private-key-file=${key}`,
      `--client-ca-file=${ca}`,
    ],
    (message) => Number((message as { info: { port: string } }).info.port),
  );
  const target = (name: string, { port }: ServerProcess): Target => ({
    name,
    url: new URL(`https://127.0.0.1:${port}`),
    ca: authority.cert,
    ...admin,
  });
  await ensureNamespace(target('podwire', podwire), 'bench');
  const answer = await ask(target('podwire', podwire), 'POST', CONFIG_MAPS, configMap('a'));
  const bare = await startServer(
    ['--import', 'tsx', join(import.meta.dirname, 'bare-server.ts'), cert, key, file('answer', answer)],
    (message) => (message as { port: number }).port,
  );
  return {
    bare: target('bare fastify', bare),
    podwire: target('podwire', podwire),
    servers: { bare, podwire },
    startMs: podwire.startMs,
  };
}

function kubeTarget(): Target | undefined {
  const { KUBE_APISERVER_URL: url, KUBE_TOKEN: token, KUBE_CERT_FILE, KUBE_KEY_FILE } = process.env;
  if (url === undefined) return undefined;
  const read = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFileSync(path, 'utf8');
  return {
    name: 'kube-apiserver',
    url: new URL(url),
    token,
    cert: read(KUBE_CERT_FILE),
    key: read(KUBE_KEY_FILE),
  };
}

async function measure(target: Target): Promise<Figures> {
  say(`${target.name}: requests`);
  for (const name of ['bench', 'bench-list', 'bench-watch']) await ensureNamespace(target, name);
  const create = await rateOf(target, IN_FLIGHT, REQUESTS, (c, index) =>
    c.request('POST', CONFIG_MAPS, configMap(`cm-${index}`)),
  );
  const get = await rateOf(target, IN_FLIGHT, REQUESTS, (c, index) =>
    c.request('GET', `${CONFIG_MAPS}/cm-${index}`),
  );
  const patch = await rateOf(target, IN_FLIGHT, REQUESTS, (c, index) =>
    c.request('PATCH', `${CONFIG_MAPS}/cm-${index}`, `{"data":{"changed":"${index}"}}`, MERGE_PATCH),
  );
  const remove = await rateOf(target, IN_FLIGHT, REQUESTS, (c, index) =>
    c.request('DELETE', `${CONFIG_MAPS}/cm-${index}`),
  );
  say(`${target.name}: lists`);
  await rateOf(target, IN_FLIGHT, LISTED, (c, index) =>
    c.request('POST', LIST_MAPS, configMap(`cm-${index}`, { more: 'y'.repeat(300) })),
  );
  const listCold = (await timeOf(target, LIST_MAPS)).ms;
  const warm = async (path: string): Promise<number> => {
    const times: number[] = [];
    while (times.length < 11) times.push((await timeOf(target, path)).ms);
    return median(times);
  };
  const listWarm = await warm(LIST_MAPS);
  const listSelected = await warm(`${LIST_MAPS}?labelSelector=half%3D1`);
  say(`${target.name}: watches`);
  const watch = (watchers: number, events: number) =>
    measureDeliveries(
      target,
      '/api/v1/namespaces/bench-watch/configmaps',
      (name) => configMap(`${name}-${watchers}`, { 'bench-at': String(performance.now()) }),
      { watchers, events, writers: 4 },
    );
  const hundred = await watch(100, 1000);
  const thousand = await watch(1000, 300);
  return { create, get, patch, delete: remove, listCold, listWarm, listSelected, hundred, thousand };
}

async function ensureNamespace(target: Target, name: string): Promise<void> {
  await ask(target, 'POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name } }));
}

function compare(
  own: Figures,
  limit: { post: number; get: number; patch: number },
  theirs: Figures | undefined,
): BenchLine[] {
  const beside = (value: number | undefined): string =>
    value === undefined ? '' : `kube-apiserver ${value.toFixed(1)}`;
  const of = 'bare fastify';
  const rate = (
    what: string,
    value: number,
    bare: number | undefined,
    their: number | undefined,
  ): BenchLine => ({
    what,
    value,
    unit: '/s',
    ...(bare === undefined ? {} : { limit: { value: bare, of } }),
    goal: beside(their),
  });
  const lag = (what: string, value: number, their: number | undefined): BenchLine => ({
    what,
    value,
    unit: 'ms',
    goal: beside(their),
  });
  return [
    rate('create, 1 KB, 32 in flight', own.create, limit.post, theirs?.create),
    rate('GET', own.get, limit.get, theirs?.get),
    rate('merge patch', own.patch, limit.patch, theirs?.patch),
    rate('delete', own.delete, undefined, theirs?.delete),
    lag(`LIST of ${LISTED}, the first`, own.listCold, theirs?.listCold),
    lag(`LIST of ${LISTED}, again`, own.listWarm, theirs?.listWarm),
    lag('LIST with a selector', own.listSelected, theirs?.listSelected),
    ...(
      [
        ['100', 'hundred'],
        ['1,000', 'thousand'],
      ] as const
    ).flatMap(([count, key]) => [
      rate(`deliveries to ${count} watchers`, own[key].perSecond, undefined, theirs?.[key].perSecond),
      lag(`their lag, p50`, own[key].p50, theirs?.[key].p50),
      lag(`their lag, p99`, own[key].p99, theirs?.[key].p99),
    ]),
  ];
}

/** What many objects and many idle watchers cost. */
async function growth(target: Target, server: ServerProcess, before: Figures): Promise<BenchLine[]> {
  if (PODS === 0) return [];
  say(`${target.name}: ${PODS} pods`);
  const pods = '/api/v1/namespaces/bench/pods';
  const empty = memoryOf(server.pid);
  const create = await rateOf(target, IN_FLIGHT, PODS, (c, index) =>
    c.request('POST', pods, pod(`web-${index}`)),
  );
  const used = memoryOf(server.pid) - empty;
  const { ms, bytes } = await timeOf(target, pods);
  const idle = await openAll(target, 1000);
  for (const connection of idle) await connection.stream('/api/v1/secrets?watch=1', () => {});
  const get = await rateOf(target, IN_FLIGHT, REQUESTS, (c, index) =>
    c.request('GET', `${pods}/web-${index}`),
  );
  const creates = await rateOf(target, IN_FLIGHT, REQUESTS, (c, index) =>
    c.request('POST', CONFIG_MAPS, configMap(`late-${index}`)),
  );
  for (const connection of idle) connection.close();
  return [
    { what: `create of ${PODS} pods`, value: create, unit: '/s' },
    {
      what: 'memory per pod',
      value: used / PODS,
      unit: 'bytes',
      limit: { value: bytes / PODS, of: 'its JSON' },
      goal: '300 %',
    },
    { what: `LIST of ${PODS} pods`, value: ms, unit: 'ms' },
    {
      what: 'GET, 150,000 pods, 1,000 idle watchers',
      value: get,
      unit: '/s',
      limit: { value: before.get, of: 'when empty' },
    },
    {
      what: 'create, the same',
      value: creates,
      unit: '/s',
      limit: { value: before.create, of: 'when empty' },
    },
  ];
}
