import { expect, vi } from 'vitest';
import { PROXY_MODES } from '../../controllers/kube-proxy/configuration/proxy-config.ts';
import type { Port } from '../agents/netstack/flow/flow-world.ts';
import { describeFrame, sameDescription } from './describe-frame.ts';
import { HAS_ACCOUNTS } from './has-accounts.ts';
import type { KernelNode, Seen } from './kernel-node.ts';
import type { SimNode } from './sim-node.ts';

/** The kernels that tests run on have no IPVS. */
export const JUDGED_MODES = PROXY_MODES.filter((mode) => mode !== 'ipvs');
/** The node's own addresses. */
const OWN = [
  ...['172.18.0.2', '10.244.1.1', '10.244.1.0'],
  ...['fd00:172:18::2', 'fd00:10:244:1::1', 'fd00:10:244:1::', 'fe80::ff:fe00:1', 'fe80::ff:fe00:101'],
];

/** What both worlds made of the same frames, or of each world's own; undefined if it is the same. */
export function tellDifference(
  given: readonly Uint8Array[],
  givenToSim: readonly Uint8Array[],
  real: readonly Seen[],
  simulated: readonly Seen[],
): string | undefined {
  const [linux, podwire] = [textOf(real), textOf(simulated)];
  const [sent, sentToSim] = [given, givenToSim].map((frames) =>
    frames.map((frame) => describeFrame(frame, OWN)).join('\n    '),
  );
  if (sameDescription(linux, podwire, sent!, sentToSim!)) return undefined;
  return `  in: ${sent}\n  Linux:\n${linux}\n  podwire:\n${podwire}`;
}

export async function differenceOf(
  kernel: KernelNode,
  sim: SimNode,
  port: Port,
  frames: readonly Uint8Array[],
): Promise<string | undefined> {
  const real = await kernel.exchange(port, frames);
  return tellDifference(frames, frames, real, await sim.exchange(port, frames));
}

/** Device by device; on each the order is told too. */
function textOf(seen: readonly Seen[]): string {
  return [...seen]
    .sort((a, b) => (a.port < b.port ? -1 : a.port > b.port ? 1 : 0))
    .map(({ port, frame }) => `    ${port} ${describeFrame(frame, OWN)}`)
    .join('\n');
}

/** Both have tracked the same connections, and each rule has met the same packets. */
export async function expectSameState(kernel: KernelNode, sim: SimNode): Promise<void> {
  await expectSameConnections(kernel, sim);
  await expectSameRules(kernel, sim);
}

export async function expectSameConnections(
  kernel: KernelNode,
  sim: SimNode,
  filter: readonly string[] = [],
): Promise<void> {
  const list = ['conntrack', '-L', ...filter];
  const simulated = connections(await sim.exec(list));
  await vi.waitFor(() => expect(connections(kernel.exec(list))).toEqual(simulated));
}

/** Netlink tells a long list in parts, and what moves between them may be missed: what is missing is looked for again. */
const LOOKS = 5;

/** The connections that `filter` finds and that are not the same in both worlds, in words. */
export async function differenceOfConnections(
  kernel: KernelNode,
  sim: SimNode,
  filter: readonly string[],
): Promise<string | undefined> {
  const list = ['conntrack', '-L', ...filter];
  const told = (text: string): string => connections(text).join('\n    ');
  const simulated = told(await sim.exec(list));
  let real = told(kernel.exec(list));
  for (let again = 0; real !== simulated && again < LOOKS; again++) real = told(kernel.exec(list));
  return real === simulated ? undefined : `  Linux:\n    ${real}\n  podwire:\n    ${simulated}`;
}

export async function expectSameRules(kernel: KernelNode, sim: SimNode): Promise<void> {
  for (const save of ['iptables-save', 'ip6tables-save']) {
    const counted = [save, '-c'];
    expect(savedRules(kernel.exec(counted))).toEqual(savedRules(await sim.exec(counted)));
  }
  const accounts = ['nfacct', 'list'];
  if (HAS_ACCOUNTS) expect(kernel.exec(accounts)).toBe(await sim.exec(accounts));
}

/** Saved rules, chain by chain in one order, each chain's in its own; with their counters if they are told. */
export function savedRules(text: string): string[] {
  const chains = new Map<string, string[]>();
  let table = '';
  for (const line of text.split('\n')) {
    const chain = /^:(\S+)/.exec(line)?.[1] ?? /^(?:\[\d+:\d+\] )?-A (\S+)/.exec(line)?.[1];
    if (line.startsWith('*')) table = line;
    if (chain === undefined) continue;
    const key = `${table} ${chain}`;
    chains.set(key, [...(chains.get(key) ?? []), line.startsWith(':') ? line.replace(/ \[.*/, '') : line]);
  }
  return [...chains].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, lines]) => [key, ...lines]);
}

/** How long connections last since their last packet, in seconds; a world's own clock shows a little less. */
const LIVES = [3, 10, 30, 60, 120, 200, 210, 250, 300, 600, 432_000];

/**
 * `conntrack -L` without tunnels and the test's own packets, and without ports drawn at random; the time that is
 * left as the time-out that it is left of.
 */
export function connections(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/ dport=(9|8472) /.test(line))
    .map((line) =>
      line
        .replace(
          /^(\w+ +\d+) (\d+)/,
          (_, name, left) => `${name} ${LIVES.find((life) => life >= Number(left))}`,
        )
        // The ports of a reply are what frames have shown, or drawn: for a masquerade, or after a clash.
        .replace(/( src=.* src=\S+ dst=\S+) [^[]*/, '$1 ')
        .replace(
          /( dst=(?:172\.18\.0\.2|10\.244\.1\.[01]|fd00:172:18::2|fd00:10:244:1::1?) sport=\d+) dport=(?!30080|31000)\d+/,
          '$1',
        )
        // After a clash a port of a Service becomes one below 512, and who answers it asks there.
        .replace(/( sport=\d+) dport=(?!(?:53|80|443) )(?:\d\d?|[1-4]\d\d|50\d|51[01]) /, '$1 ')
        .replace(/ use=\d+| mark=0| secctx=\S+| zone=\d+/g, '')
        .replace(/ +/g, ' ')
        .trim(),
    )
    .sort();
}
