import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import type { Port } from '../agents/netstack/flow/flow-world.ts';
import { proxiedPort } from '../controllers/kube-proxy/proxied-port.ts';
import { inIpv6 } from './in-ipv6.ts';
import {
  differenceOfConnections,
  expectSameRules,
  JUDGED_MODES,
  savedRules,
  tellDifference,
} from './judge.ts';
import { KernelNode, type Seen } from './kernel-node.ts';
import { CASES, SEED } from './seed.ts';
import { SimNode } from './sim-node.ts';
import { drawSteps, echo, type Step, type Talk } from './steps.ts';
import { IPV4_FRAMES, IPV6_FRAMES } from './version-frames.ts';

const HERE = { ip: '10.244.1.3', nodeName: 'node-1' };
const SELF = { ip: '10.244.1.2', nodeName: 'node-1' };
const THERE = { ip: '10.244.2.2', nodeName: 'node-2' };
const EXTERNAL = { nodePort: 30080, externalIps: ['192.0.2.1'], loadBalancerIps: ['192.0.2.2'] };

type Feature = Parameters<typeof proxiedPort>[0];
/** One endpoint each: which of several is taken is chance. */
const FEATURES: Readonly<Record<string, Feature>> = {
  'a local endpoint': { ...EXTERNAL, endpoints: [HERE] },
  'an endpoint that is a client': { ...EXTERNAL, endpoints: [SELF] },
  'an endpoint elsewhere': { ...EXTERNAL, endpoints: [THERE] },
  'the external policy Local': { ...EXTERNAL, externalLocal: true, endpoints: [HERE] },
  'the external policy Local with endpoints elsewhere': {
    ...EXTERNAL,
    externalLocal: true,
    endpoints: [THERE],
  },
  'the internal policy Local': { internalLocal: true, endpoints: [HERE] },
  'the internal policy Local with endpoints elsewhere': { internalLocal: true, endpoints: [THERE] },
  'no endpoints': EXTERNAL,
  'session affinity': { ...EXTERNAL, affinitySeconds: 600, endpoints: [HERE] },
  'source ranges': { ...EXTERNAL, endpoints: [HERE], loadBalancerSourceRanges: ['172.18.0.64/26'] },
  'source ranges that shut clients out': {
    ...EXTERNAL,
    endpoints: [HERE],
    loadBalancerSourceRanges: ['198.51.100.0/24'],
  },
};

const SOURCES: readonly (readonly [Port, string])[] = [
  ['pod2', '10.244.1.2'],
  ['pod3', '10.244.1.3'],
  ['eth0', '172.18.0.100'],
  ['eth0', '172.18.0.3'],
];
const TARGETS: readonly (readonly [string, number])[] = [
  ['10.96.0.10', 80],
  ['10.96.0.10', 80],
  ['10.96.0.10', 81],
  ['10.96.0.99', 80],
  ['172.18.0.2', 30080],
  ['172.18.0.2', 30080],
  ['172.18.0.2', 31000],
  ['10.244.1.1', 30080],
  ['192.0.2.1', 80],
  ['192.0.2.2', 80],
  ['10.244.1.2', 8080],
  ['10.244.1.3', 8080],
  ['10.244.2.2', 8080],
  ['10.244.2.77', 8080],
  ['172.18.0.100', 8080],
  ['203.0.113.7', 53],
];

const FAMILIES = {
  IPv4: { frames: IPV4_FRAMES, save: 'iptables-save', conntrack: 'ipv4', own: <T>(what: T): T => what },
  IPv6: { frames: IPV6_FRAMES, save: 'ip6tables-save', conntrack: 'ipv6', own: inIpv6 },
} as const;
type Family = (typeof FAMILIES)[keyof typeof FAMILIES];

let kernel: KernelNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
afterAll(() => kernel?.close());

const RUNS = JUDGED_MODES.flatMap((mode) =>
  (['IPv4', 'IPv6'] as const).map((version) => [mode, version] as const),
);

describe.each(RUNS)('%s, %s', (mode, version) => {
  it.each(Object.keys(FEATURES))('does with every packet what Linux does: %s', async (name) => {
    const family = FAMILIES[version];
    const feature = family.own({ clusterIp: '10.96.0.10', ...FEATURES[name]! });
    const sim = await SimNode.start(mode, [
      proxiedPort({ ...feature, protocol: 'tcp' }),
      proxiedPort({ ...feature, name: 'default/web:udp', protocol: 'udp' }),
    ]);
    try {
      await kernel.load(mode, sim);
      const save = [family.save];
      expect(savedRules(kernel.exec(save))).toEqual(savedRules(await sim.exec(save)));
      const rng = seededRng(SEED ^ hash(`${mode} ${version} ${name}`));
      const differences: string[] = [];
      for (let i = 0; i < CASES; i++) differences.push(...(await playCase(sim, drawCase(rng, family, i), i)));
      expect(differences).toEqual([]);
      await expectSameRules(kernel, sim);
    } finally {
      sim.close();
    }
  });
});

interface Case {
  readonly what: string;
  readonly steps: readonly Step[];
  /** What conntrack has of it afterwards; undefined of echoes. */
  readonly connections?: readonly string[];
}

function drawCase(rng: ReturnType<typeof seededRng>, family: Family, index: number): Case {
  const [port, source] = family.own(SOURCES[rng.int(SOURCES.length)]!);
  const [destination, destinationPort] = family.own(TARGETS[rng.int(TARGETS.length)]!);
  const protocol = rng.int(2) === 0 ? 'tcp' : 'udp';
  const sourcePort = 10_000 + index;
  const { frames } = family;
  const talk: Talk = { port, source, destination, destinationPort, sourcePort, protocol, frames };
  if (rng.int(8) === 0) {
    const ttl = rng.int(4) === 0 ? 1 : 64;
    return { what: `echo ${source} > ${destination} ttl ${ttl}`, steps: [echo(talk, index + 1, ttl)] };
  }
  return {
    what: `${protocol} ${source}:${sourcePort} > ${destination}:${destinationPort}`,
    steps: drawSteps(rng, talk),
    connections: ['-f', family.conntrack, '-p', protocol, '--sport', String(sourcePort)],
  };
}

/** Plays one case in both worlds; each difference with the case that shows it. */
async function playCase(sim: SimNode, { what, steps, connections }: Case, index: number): Promise<string[]> {
  const seenReal: Seen[] = [];
  const seenSim: Seen[] = [];
  for (const [at, step] of steps.entries()) {
    const [forReal, forSim] = [step(seenReal), step(seenSim)];
    if (!forReal || !forSim) {
      if (!forReal !== !forSim)
        return [`case ${index} step ${at}: ${what}: only one world has something to answer`];
      continue;
    }
    const real = await kernel.exchange(forReal.port, forReal.frames);
    const simulated = await sim.exchange(forSim.port, forSim.frames);
    const difference = tellDifference(forReal.frames, forSim.frames, real, simulated);
    if (difference) return [`case ${index} step ${at}: ${what}\n  in by ${forReal.port}:\n${difference}`];
    seenReal.push(...real);
    seenSim.push(...simulated);
  }
  if (connections === undefined) return [];
  const difference = await differenceOfConnections(kernel, sim, connections);
  return difference === undefined ? [] : [`case ${index}, at last: ${what}\n${difference}`];
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (Math.imul(value, 31) + character.charCodeAt(0)) | 0;
  return value;
}
