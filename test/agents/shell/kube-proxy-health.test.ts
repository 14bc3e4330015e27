import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Netns } from '../../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { ProxyHealth } from '../../../agents/sockets/proxy-health.ts';
import { TwoNodes } from '../netstack/two-nodes.ts';

const STATE = { validMs: 60_000, nodeEligible: true, addresses: ['0.0.0.0'], services: [] };
const SERVICE = { namespace: 'default', name: 'web', port: 30_999, localEndpoints: 2 };

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
afterEach(() => node.proxyHealth.set({ ...STATE, addresses: [] }));

const tell = (state: unknown) =>
  runNodeCommand(['kube-proxy-health'], typeof state === 'string' ? state : JSON.stringify(state), node);

async function ask(url: string): Promise<string> {
  let result: Awaited<ReturnType<typeof runNodeCommand>> | undefined;
  void runNodeCommand(['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', url], '', node).then((done) => {
    result = done;
  });
  await lab.clock.runUntil(() => result !== undefined, 60_000);
  return result!.stdout;
}

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

it('says which port is taken, and opens the others', async () => {
  const taken = node.ns.tcp.listen({ port: 30_999 }, () => {});
  const { exitCode, stderr } = await tell({ ...STATE, services: [SERVICE, { ...SERVICE, port: 30_998 }] });
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/^kube-proxy-health: 0\.0\.0\.0:30999: .*in use/),
  ]);
  expect(await ask('http://127.0.0.1:30998/')).toBe('200');
  taken.close();
  expect((await tell({ ...STATE, services: [SERVICE] })).exitCode).toBe(0);
});

it.each([
  ['', /JSON/],
  ['[]', /the document: /],
  [{ ...STATE, validMs: 0 }, /validMs: /],
  [{ ...STATE, addresses: ['everywhere'] }, /addresses\.0: /],
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
