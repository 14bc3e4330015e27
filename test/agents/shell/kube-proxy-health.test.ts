import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Netns } from '../../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { ProxyHealth } from '../../../agents/sockets/proxy-health.ts';
import type { ProxyHealthState } from '../../../client/proxy-health.ts';
import { TwoNodes } from '../netstack/two-nodes.ts';

const STATE: ProxyHealthState = {
  validMs: 60_000,
  nodeEligible: true,
  mode: 'ipvs',
  families: ['IPv4', 'IPv6'],
  services: [],
};
const SERVICE = { namespace: 'default', name: 'web', address: '::', port: 30_999, localEndpoints: 2 };

let lab: TwoNodes;
let node: { readonly ns: Netns; readonly proxyHealth: ProxyHealth };
beforeEach(() => {
  lab = new TwoNodes();
  const { ns } = lab.node(1);
  const onFault = (error: unknown): never => {
    throw error;
  };
  node = { ns, proxyHealth: new ProxyHealth({ tcp: ns.tcp, clock: lab.clock, onFault }) };
});
afterEach(() => node.proxyHealth.set(STATE));

const tell = (state: unknown) =>
  runNodeCommand(['kube-proxy-health'], typeof state === 'string' ? state : JSON.stringify(state), node);

async function curl(...args: string[]): Promise<string> {
  let result: Awaited<ReturnType<typeof runNodeCommand>> | undefined;
  void runNodeCommand(['curl', '-s', ...args], '', node).then((done) => {
    result = done;
  });
  await lab.clock.runUntil(() => result !== undefined, 60_000);
  return result!.stdout;
}
const ask = (url: string): Promise<string> => curl('-o', '/dev/null', '-w', '%{http_code}', url);

it('answers as it is told until it is told otherwise', async () => {
  expect((await tell({ ...STATE, services: [SERVICE] })).exitCode).toBe(0);
  expect(await ask('http://127.0.0.1:30999/')).toBe('200');
  await tell({ ...STATE, services: [{ ...SERVICE, localEndpoints: 0 }] });
  expect(await ask('http://127.0.0.1:30999/')).toBe('503');
  await tell(STATE);
  expect(await ask('http://127.0.0.1:30999/')).toBe('000');
  expect(await ask('http://127.0.0.1:10256/healthz')).toBe('200');
  await tell({ ...STATE, nodeEligible: false });
  expect(await ask('http://127.0.0.1:10256/healthz')).toBe('503');
  expect(await ask('http://127.0.0.1:10256/livez')).toBe('200');
});

it('is not healthy once nothing was heard for too long', async () => {
  await tell({ ...STATE, services: [SERVICE] });
  await lab.clock.runUntil(() => false, 60_001);
  expect(await ask('http://127.0.0.1:30999/')).toBe('503');
  expect(await ask('http://127.0.0.1:10256/livez')).toBe('503');
});

it('answers on both families, or at the addresses that it is told', async () => {
  await tell({ ...STATE, services: [SERVICE, { ...SERVICE, address: '::1', port: 30_998 }] });
  for (const port of [10_256, 30_999]) {
    const path = port === 10_256 ? 'livez' : '';
    expect(await ask(`http://127.0.0.1:${port}/${path}`)).toBe('200');
    expect(await ask(`http://[::1]:${port}/${path}`)).toBe('200');
  }
  expect(await ask('http://[::1]:30998/')).toBe('200');
  expect(await ask('http://127.0.0.1:30998/')).toBe('000');
});

it('says when it was updated, in words of Go', async () => {
  const [at, later] = [new Date(lab.clock.now()), new Date(lab.clock.now() + 60_500)];
  const go = (time: Date): string => time.toISOString().replace(/\.?0+Z$/, 'Z');
  await tell({ ...STATE, nodeEligible: false });
  await lab.clock.runUntil(() => false, 60_500);
  const status = (healthy: boolean): string =>
    `"healthy":${healthy},"status":{"IPv4":{"lastUpdated":"${go(at)}","healthy":${healthy}},"IPv6":{"lastUpdated":"${go(at)}","healthy":${healthy}}}}`;
  expect(await curl('http://127.0.0.1:10256/healthz')).toMatch(
    `{"lastUpdated":"${go(at)}","currentTime":"${go(later).slice(0, -4)}`,
  );
  expect(await curl('http://127.0.0.1:10256/healthz')).toContain(`Z","nodeEligible":false,${status(false)}`);
  expect(await curl('http://127.0.0.1:10256/livez')).toContain(`Z",${status(false)}`);
});

it('tells those on the node which mode is in force', async () => {
  await tell(STATE);
  expect(await curl('http://127.0.0.1:10249/proxyMode')).toBe('ipvs');
  await tell({ ...STATE, mode: 'nftables' });
  expect(await curl('http://127.0.0.1:10249/proxyMode')).toBe('nftables');
  expect(await curl('http://127.0.0.1:10249/healthz')).toBe('ok');
  expect(await ask('http://127.0.0.1:10249/else')).toBe('404');
});

it('prints how often it has answered', async () => {
  await tell({ ...STATE, nodeEligible: false });
  for (const path of ['healthz', 'livez', 'livez']) await ask(`http://127.0.0.1:10256/${path}`);
  expect((await tell(STATE)).stdout).toBe('{"healthz":{"503":1},"livez":{"200":2}}\n');
  expect((await tell(STATE)).stdout).toBe('{"healthz":{},"livez":{}}\n');
});

it('says which port is taken, and opens the others', async () => {
  const taken = node.ns.tcp.listen({ port: 30_999 }, () => {});
  const { exitCode, stderr } = await tell({ ...STATE, services: [SERVICE, { ...SERVICE, port: 30_998 }] });
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/^kube-proxy-health: \[::\]:30999: .*in use/),
  ]);
  expect(await ask('http://127.0.0.1:30998/')).toBe('200');
  taken.close();
  expect((await tell({ ...STATE, services: [SERVICE] })).exitCode).toBe(0);
});

it.each([
  ['', /JSON/],
  ['[]', /the document: /],
  [{ ...STATE, validMs: 0 }, /validMs: /],
  [{ ...STATE, families: ['IPv5'] }, /families\.0: /],
  [{ ...STATE, services: [{ ...SERVICE, address: 'everywhere' }] }, /services\.0\.address: /],
  [{ ...STATE, services: [{ ...SERVICE, port: 70_000 }] }, /services\.0\.port: /],
  [{ ...STATE, else: 1 }, /the document: .*else/],
])('refuses %j', async (state, message) => {
  const { exitCode, stderr } = await tell(state);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
});

it('is for nodes only', async () => {
  const { exitCode, stderr } = await runNodeCommand(['kube-proxy-health'], '{}', { ns: node.ns });
  expect([exitCode, stderr]).toEqual([1, 'kube-proxy-health: only a node answers for kube-proxy\n']);
});
