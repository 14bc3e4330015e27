import { masquerade, redirect, setupNat } from '../conntrack/nat.ts';
import type { Link } from '../link/link.ts';
import { NF_ACCEPT, NF_DROP } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { CT_UNTRACKED, type Packet } from '../packet.ts';
import { clampMss } from './clamp-mss.ts';
import { compileHeaderChange } from './header-change.ts';
import { formatLog } from './log.ts';
import { reject } from './reject.ts';
import type { Target } from './rule.ts';

/** What a target does beside naming a chain: go on with the next rule, or end the table's walk. */
export const CONTINUE = -1;
export type Outcome = typeof CONTINUE | typeof NF_ACCEPT | typeof NF_DROP;
export type Action = (packet: Packet, input: Link | undefined, output: Link | undefined) => Outcome;

type Acting = Exclude<
  Target,
  { kind: 'none' | 'jump' | 'goto' } | { kind: 'ACCEPT' | 'DROP' | 'RETURN' | 'NOTRACK' }
>;

/** One case a kind: the build breaks when a target lacks its meaning. NAT targets make the connection's plan. */
export function compileTarget(ns: Netns, target: Acting): Action {
  switch (target.kind) {
    case 'DNAT':
      return (packet) =>
        packet.connection ? finished(setupNat(ns, packet.connection, target.range, 'dst')) : CONTINUE;
    case 'SNAT':
      return (packet) =>
        packet.connection ? finished(setupNat(ns, packet.connection, target.range, 'src')) : CONTINUE;
    case 'MASQUERADE':
      return (packet, _input, output) => finished(masquerade(ns, packet, output!, target.range));
    case 'REDIRECT':
      return (packet, input) =>
        packet.connection ? finished(redirect(ns, packet.connection, input, target.range)) : CONTINUE;
    case 'MARK':
      return (packet) => {
        packet.mark = ((packet.mark & ~target.mask) ^ target.value) >>> 0;
        return CONTINUE;
      };
    case 'CONNMARK':
      return compileConnmark(target);
    case 'REJECT':
      return (packet) => {
        reject(ns, packet, target.with);
        return NF_DROP;
      };
    case 'LOG':
      return (packet, input, output) => {
        ns.iptables.log(formatLog(packet, input, output, target.prefix));
        return CONTINUE;
      };
    // Nobody listens to a group here, as on a node without ulogd.
    case 'NFLOG':
      return () => CONTINUE;
    case 'CT':
      return (packet) => {
        if (target.notrack && packet.connection === undefined) packet.ctInfo = CT_UNTRACKED;
        return CONTINUE;
      };
    case 'DSCP':
    case 'TOS':
    case 'TTL':
    case 'HL': {
      const change = compileHeaderChange(target);
      return (packet) => {
        change(packet);
        return CONTINUE;
      };
    }
    case 'TCPMSS':
      return (packet) => (clampMss(ns, packet, target.size) ? CONTINUE : NF_DROP);
  }
}

const finished = (verdict: number): Outcome => (verdict === NF_ACCEPT ? NF_ACCEPT : NF_DROP);

/** connmark_tg_shift, net/netfilter/xt_connmark.c. */
function compileConnmark(target: Extract<Target, { kind: 'CONNMARK' }>): Action {
  const { operation, value, mask, nfMask, ctMask } = target;
  return (packet) => {
    const { connection } = packet;
    if (connection === undefined) return CONTINUE;
    const before = connection.mark;
    if (operation === 'set') connection.mark = ((connection.mark & ~mask) ^ value) >>> 0;
    if (operation === 'save') connection.mark = ((connection.mark & ~ctMask) ^ (packet.mark & nfMask)) >>> 0;
    if (connection.mark !== before) packet.recording = undefined;
    if (operation === 'restore') packet.mark = ((packet.mark & ~nfMask) ^ (connection.mark & ctMask)) >>> 0;
    return CONTINUE;
  };
}
