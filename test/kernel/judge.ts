import { PROXY_MODES } from '../../controllers/kube-proxy/proxy-mode.ts';
import type { Port } from '../agents/netstack/flow/flow-world.ts';
import { describeFrame, sameDescription } from './describe-frame.ts';
import type { KernelNode, Seen } from './kernel-node.ts';
import type { SimNode } from './sim-node.ts';

/** The kernels that tests run on have no IPVS. */
export const JUDGED_MODES = PROXY_MODES.filter((mode) => mode !== 'ipvs');
/** The node's own addresses. */
const OWN = ['172.18.0.2', '10.244.1.1', '10.244.1.0'];

/** What both worlds made of the same frames, or of each world's own; undefined if it is the same. */
export function tellDifference(
  given: readonly Uint8Array[],
  real: readonly Seen[],
  simulated: readonly Seen[],
): string | undefined {
  const [linux, podwire] = [textOf(real), textOf(simulated)];
  const sent = given.map((frame) => describeFrame(frame, OWN)).join('\n    ');
  if (sameDescription(linux, podwire, sent)) return undefined;
  return `  in: ${sent}\n  Linux:\n${linux}\n  podwire:\n${podwire}`;
}

export async function differenceOf(
  kernel: KernelNode,
  sim: SimNode,
  port: Port,
  frames: readonly Uint8Array[],
): Promise<string | undefined> {
  const real = await kernel.exchange(port, frames);
  return tellDifference(frames, real, await sim.exchange(port, frames));
}

/** Device by device; on each the order is told too. */
function textOf(seen: readonly Seen[]): string {
  return [...seen]
    .sort((a, b) => (a.port < b.port ? -1 : a.port > b.port ? 1 : 0))
    .map(({ port, frame }) => `    ${port} ${describeFrame(frame, OWN)}`)
    .join('\n');
}

/** `conntrack -L` without time-outs, tunnels and the test's own packets, and without ports drawn at random. */
export function connections(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/ dport=(9|8472) /.test(line))
    .map((line) =>
      line
        .replace(/^(\w+ +\d+) \d+/, '$1')
        // The ports of a reply are what frames have shown, or drawn: for a masquerade, or after a clash.
        .replace(/( src=.* src=\S+ dst=\S+) [^[]*/, '$1 ')
        .replace(/( dst=(?:172\.18\.0\.2|10\.244\.1\.[01]) sport=\d+) dport=(?!30080|31000)\d+/, '$1')
        .replace(/ use=\d+| mark=0| secctx=\S+| zone=\d+/g, '')
        .replace(/ +/g, ' ')
        .trim(),
    )
    .sort();
}
