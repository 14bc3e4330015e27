import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { drawBridgeCommand, drawFrame } from './bridge-steps.ts';
import { describeFrame } from './describe-frame.ts';
import type { Answer, Host, HostPlan, Out } from './host.ts';
import { KernelHost } from './kernel-host.ts';
import { BRIDGE_HOST, BRIDGE_MAC, PORTS, tunnelHost, UNDERLAYS, type Underlay } from './link-host.ts';
import type { HostStep } from './neighbour-steps.ts';
import { CASES, SEED } from './seed.ts';
import { SimHost } from './sim-host.ts';
import { drawInner, drawOuter, drawTunnelCommand } from './tunnel-steps.ts';

/** Each takes longer than a case of others. */
const STORIES = Math.ceil(CASES / 3);

interface Worlds {
  kernel: KernelHost;
  sim: SimHost;
}

async function start(plan: HostPlan): Promise<Worlds> {
  return { kernel: await KernelHost.start(plan), sim: await SimHost.start(plan) };
}

async function close(worlds: Worlds | undefined): Promise<void> {
  await worlds?.kernel.close();
  await worlds?.sim.close();
}

/** What the worlds make of the same steps, if it is not the same. */
async function differenceOf(
  { kernel, sim }: Worlds,
  steps: readonly HostStep[],
  shown: (host: Host) => Promise<string[]>,
  device: string,
): Promise<string | undefined> {
  for (const [at, step] of steps.entries()) {
    const [linux, podwire] = [
      await played(kernel, step, shown, device),
      await played(sim, step, shown, device),
    ];
    if (linux === podwire) continue;
    const told = steps.slice(0, at + 1).map(({ what }) => `    ${what}`);
    return `\n${told.join('\n')}\n  Linux:\n    ${linux}\n  podwire:\n    ${podwire}`;
  }
  return undefined;
}

async function played(
  host: Host,
  step: HostStep,
  shown: (host: Host) => Promise<string[]>,
  device: string,
): Promise<string> {
  const said = 'line' in step ? sayOf(await host.run(step.line)) : [];
  if ('line' in step && /^ip link/.test(step.line)) await settled(host);
  const out =
    'line' in step ? await host.exchange(device, []) : await host.exchange(step.device, [step.frame]);
  return [...said, ...described(out), ...(await shown(host))].join('\n    ');
}

/** Linux looks after carriers by and by (net/core/link_watch.c). */
async function settled(host: Host): Promise<void> {
  await vi.waitFor(async () => {
    const ports = linesOf((await host.run('bridge link show')).stdout);
    expect(ports.filter((line) => /[<,]UP/.test(line) && !/state forwarding/.test(line))).toEqual([]);
    expect((await host.run('ip link show')).stdout).not.toMatch(/ p\d@.*NO-CARRIER/);
  }, CARRIER_MS);
}

const CARRIER_MS = 5000;

const sayOf = ({ exitCode, stdout, stderr }: Answer): string[] => [
  `${exitCode}`,
  ...linesOf(stdout)
    .filter((line) => !isGroupOfOwn(line))
    .map(named)
    .sort(),
  stderr,
];

const linesOf = (text: string): string[] => text.split('\n').filter(Boolean);

/** Groups that Linux is in with every device. */
const isGroupOfOwn = (line: string): boolean => /^(33:33|01:00:5e)\S+ .*self/.test(line);

/** A veth's other end, and the number of a device, are nobody's difference. */
const named = (line: string): string => line.replace(/^\d+: /, '').replace(/@\w+/, '');

/** What socat reads of a tagged frame has its tag beside it, and lost. */
function untagged(frame: Uint8Array): Uint8Array {
  const isTagged = frame[12] === 0x81 && frame[13] === 0;
  return isTagged ? Buffer.concat([frame.subarray(0, 12), frame.subarray(16)]) : frame;
}

const described = (out: readonly Out[]): string[] =>
  [...out]
    .sort((a, b) => (a.device < b.device ? -1 : a.device > b.device ? 1 : 0))
    .map(({ device, frame }) => `${device} ${describeFrame(untagged(frame), [])}`);

describe('a bridge', () => {
  let worlds: Worlds;
  beforeAll(async () => {
    worlds = await start(BRIDGE_HOST);
  });
  afterAll(() => close(worlds));

  it('does with every frame what Linux does', async () => {
    const rng = seededRng(SEED);
    const differences: string[] = [];
    for (let i = 0; i < STORIES; i++) {
      await resetBridge();
      const draws = [drawFrame, drawFrame, drawFrame, drawBridgeCommand];
      const steps = Array.from({ length: 4 + rng.int(8) }, () => draws[rng.int(draws.length)]!(rng));
      const difference = await differenceOf(worlds, steps, knownToBridge, 'p0');
      if (difference !== undefined) differences.push(`case ${i}: ${difference}`);
    }
    expect(differences).toEqual([]);
  });

  /** Ports that are new to the bridge know nothing, and are as ports are at first. */
  async function resetBridge(): Promise<void> {
    const own = linesOf((await worlds.kernel.run('bridge fdb show br br0')).stdout);
    const added = own.filter((line) => /^0[23]:00:00:00:(aa|ee)\S+ dev br0 master/.test(line));
    const batch = [
      ...PORTS.flatMap((port) => [
        `link set ${port} nomaster`,
        `link set ${port} up`,
        `link set ${port} master br0`,
      ]),
      '',
    ].join('\n');
    for (const host of [worlds.kernel, worlds.sim]) {
      for (const line of added) {
        const [, address, device] = /^(\S+) dev (\S+)/.exec(line)!;
        await host.run(`bridge fdb del ${address} dev ${device} self`);
      }
      expect(await host.run('ip -batch -', batch)).toMatchObject({ stderr: '' });
      for (const port of PORTS) await host.run(`ip link set ${port} up`);
      await settled(host);
      await host.run(`bridge fdb replace ${BRIDGE_MAC} dev br0 self`);
      await host.exchange('p0', []);
    }
  }
});

describe.each(['IPv4', 'IPv6'] as const)('a tunnel over %s', (underlay) => {
  let worlds: Worlds;
  beforeAll(async () => {
    worlds = await start(tunnelHost(underlay));
  });
  afterAll(() => close(worlds));

  it('does with every packet what Linux does', async () => {
    const rng = seededRng(SEED);
    const differences: string[] = [];
    for (let i = 0; i < STORIES; i++) {
      for (const host of [worlds.kernel, worlds.sim]) await resetTunnels(host, underlay);
      const draws = [drawInner, drawInner, drawOuter, drawOuter, drawTunnelCommand];
      const steps = Array.from({ length: 4 + rng.int(8) }, () =>
        draws[rng.int(draws.length)]!(rng, underlay),
      );
      const difference = await differenceOf(worlds, steps, knownToTunnels, 'd0');
      if (difference !== undefined) differences.push(`case ${i}: ${difference}`);
    }
    expect(differences).toEqual([]);
  });
});

async function knownToTunnels(host: Host): Promise<string[]> {
  const shown = await Promise.all(['vx0', 'vx1'].map((device) => host.run(`bridge fdb show dev ${device}`)));
  return shown.flatMap(({ stdout }) => linesOf(stdout).sort());
}

/** One remote for each of two addresses, as flannel has it; nothing is known of the other tunnel. */
async function resetTunnels(host: Host, underlay: Underlay): Promise<void> {
  for (const device of ['vx0', 'vx1']) {
    const known = linesOf((await host.run(`bridge fdb show dev ${device}`)).stdout);
    for (const address of new Set(known.map((line) => line.slice(0, 17))))
      await host.run(`bridge fdb del ${address} dev ${device}`);
  }
  for (const n of [3, 4])
    await host.run(`bridge fdb append 02:00:00:00:f1:0${n} dev vx0 dst ${UNDERLAYS[underlay].prefix}${n}`);
  const asked = linesOf((await host.run('ip neigh show nud incomplete')).stdout);
  for (const [address, , device] of asked.map((line) => line.split(' ')))
    await host.run(`ip neigh del ${address} dev ${device}`);
  await host.exchange('d0', []);
}

/** Where the bridge believes hosts to be, and which ports it has. */
async function knownToBridge(host: Host): Promise<string[]> {
  const entries = linesOf((await host.run('bridge fdb show br br0')).stdout).filter(
    (line) => !isGroupOfOwn(line),
  );
  const ports = linesOf((await host.run('bridge link show')).stdout).map(named);
  return [...entries.sort(), ...ports.sort()];
}
