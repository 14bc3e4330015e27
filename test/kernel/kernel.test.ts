import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import type { Port } from '../agents/netstack/flow/flow-world.ts';
import { proxiedPort } from '../controllers/kube-proxy/proxied-port.ts';
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

let kernel: KernelNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
afterAll(() => kernel?.close());

describe.each(JUDGED_MODES)('%s', (mode) => {
  it.each(Object.keys(FEATURES))('does with every packet what Linux does: %s', async (name) => {
    const feature = FEATURES[name]!;
    const sim = await SimNode.start(mode, [
      proxiedPort({ ...feature, protocol: 'tcp' }),
      proxiedPort({ ...feature, name: 'default/web:udp', protocol: 'udp' }),
    ]);
    try {
      await kernel.load(mode, sim);
      expect(savedRules(kernel.exec(['iptables-save']))).toEqual(
        savedRules(await sim.exec(['iptables-save'])),
      );
      const rng = seededRng(SEED ^ hash(`${mode} ${name}`));
      const differences: string[] = [];
      for (let i = 0; i < CASES; i++) differences.push(...(await playCase(sim, drawCase(rng, i), i)));
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
  /** Undefined of echoes. */
  readonly talk?: Talk;
}

function drawCase(rng: ReturnType<typeof seededRng>, index: number): Case {
  const [port, source] = SOURCES[rng.int(SOURCES.length)]!;
  const [destination, destinationPort] = TARGETS[rng.int(TARGETS.length)]!;
  const protocol = rng.int(2) === 0 ? 'tcp' : 'udp';
  if (rng.int(8) === 0) {
    const ttl = rng.int(4) === 0 ? 1 : 64;
    return {
      what: `echo ${source} > ${destination} ttl ${ttl}`,
      steps: [echo(port, source, destination, index + 1, ttl)],
    };
  }
  const talk: Talk = { port, source, destination, destinationPort, sourcePort: 10_000 + index, protocol };
  return {
    what: `${protocol} ${source}:${talk.sourcePort} > ${destination}:${destinationPort}`,
    steps: drawSteps(rng, talk),
    talk,
  };
}

/** Plays one case in both worlds; each difference with the case that shows it. */
async function playCase(sim: SimNode, { what, steps, talk }: Case, index: number): Promise<string[]> {
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
  if (talk === undefined) return [];
  const difference = await differenceOfConnections(kernel, sim, talk.protocol, talk.sourcePort);
  return difference === undefined ? [] : [`case ${index}, at last: ${what}\n${difference}`];
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (Math.imul(value, 31) + character.charCodeAt(0)) | 0;
  return value;
}
