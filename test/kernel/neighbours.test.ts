import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { describeFrame } from './describe-frame.ts';
import type { Answer, Host, Out } from './host.ts';
import { KernelHost } from './kernel-host.ts';
import { forget, NEIGHBOUR_HOST } from './neighbour-host.ts';
import {
  drawArp,
  drawCommand,
  drawDiscovery,
  drawPacket,
  drawSettings,
  FROZEN,
  type HostStep,
} from './neighbour-steps.ts';
import { CASES, SEED } from './seed.ts';
import { SimHost } from './sim-host.ts';
import { TIMED_TALKS } from './timed-neighbours.ts';

/** Longer than a moment in which Linux takes two messages for one, shorter than anything else. */
const STEP_MS = 20;
/** In which all that time does to a neighbour is done. */
const LIFE_MS = 3000;

let kernel: KernelHost;
let sim: SimHost;
beforeAll(async () => {
  kernel = await KernelHost.start(NEIGHBOUR_HOST);
  sim = await SimHost.start(NEIGHBOUR_HOST);
});
afterAll(async () => {
  await kernel?.close();
  await sim?.close();
});

it('knows its neighbours as Linux does, whatever is said to it', async () => {
  const rng = seededRng(SEED);
  const differences: string[] = [];
  for (let i = 0; i < CASES; i++) {
    const difference = await playCase(drawSettings(rng), drawSteps(rng));
    if (difference !== undefined) differences.push(`case ${i}: ${difference}`);
  }
  expect(differences).toEqual([]);
});

it.each(Object.entries(TIMED_TALKS))('does in time what Linux does: %s', async (_name, steps) => {
  for (const host of [kernel, sim]) {
    await forget(host);
    await host.exchange('d0', []);
  }
  const [real, simulated] = [await begin(kernel, steps), await begin(sim, steps)];
  simulated.push(...(await sim.pass(LIFE_MS)));
  real.push(...(await kernel.collect((seen) => real.length + seen.length >= simulated.length, LIFE_MS)));
  expect(described(real)).toEqual(described(simulated));
  const known = sortedLines((await sim.run('ip neigh show')).stdout);
  await vi.waitFor(() => expect(sortedLines(kernel.runNow('ip neigh show').stdout)).toEqual(known), LIFE_MS);
});

async function begin(host: Host, steps: readonly HostStep[]): Promise<Out[]> {
  const out: Out[] = [];
  for (const step of steps) {
    if ('line' in step) expect(await host.run(step.line)).toMatchObject({ stderr: '' });
    else out.push(...(await host.exchange(step.device, [step.frame])));
  }
  return out;
}

function drawSteps(rng: ReturnType<typeof seededRng>): HostStep[] {
  const draws = [drawArp, drawArp, drawArp, drawPacket, drawDiscovery, drawDiscovery, drawCommand];
  return Array.from({ length: 3 + rng.int(6) }, () => draws[rng.int(draws.length)]!(rng));
}

async function playCase(settings: string, steps: readonly HostStep[]): Promise<string | undefined> {
  for (const line of [FROZEN, settings]) {
    const answers = [await kernel.run(line), await sim.run(line)];
    expect(answers.map(({ stderr }) => [line, stderr])).toEqual([
      [line, ''],
      [line, ''],
    ]);
  }
  for (const host of [kernel, sim]) {
    await forget(host);
    await host.exchange('d0', []);
  }
  for (const [at, step] of steps.entries()) {
    const [linux, podwire] = [await played(kernel, step), await played(sim, step)];
    await sim.pass(STEP_MS);
    if (linux === podwire) continue;
    const told = steps.slice(0, at + 1).map(({ what }) => `    ${what}`);
    return `${settings}\n${told.join('\n')}\n  Linux:\n${linux}\n  podwire:\n${podwire}`;
  }
  return undefined;
}

/** What a step does, in words: what comes out, what a command says, whom the host knows by then. */
async function played(host: Host, step: HostStep): Promise<string> {
  const said = 'line' in step ? sayOf(await host.run(step.line)) : '';
  const out = await ('line' in step ? host.exchange('d0', []) : host.exchange(step.device, [step.frame]));
  const { stdout } = await host.run('ip neigh show');
  return [said, ...described(out), ...sortedLines(stdout)].join('\n    ');
}

const sayOf = ({ exitCode, stdout, stderr }: Answer): string =>
  [`${exitCode}`, ...sortedLines(stdout), stderr].join('\n    ');

/** Whom a hash table gives first is chance. */
const sortedLines = (text: string): string[] => text.split('\n').filter(Boolean).sort();

const described = (out: readonly Out[]): string[] =>
  [...out]
    .sort((a, b) => (a.device < b.device ? -1 : a.device > b.device ? 1 : 0))
    .map(({ device, frame }) => `${device} ${describeFrame(frame, [])}`);
