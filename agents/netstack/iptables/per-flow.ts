import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../header/tcp-header.ts';
import type { Match, Rule, Target } from './rule.ts';

/** The flags that all packets in the middle of a connection share. */
const STEADY_FLAGS = TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK;

/** What they do depends on more than the flow. */
const UNSHARED_TARGETS: ReadonlySet<Target['kind']> = new Set([
  'LOG',
  'REJECT',
  'DSCP',
  'TOS',
  'TTL',
  'HL',
  'TCPMSS',
]);

/**
 * Whether a rule treats all packets of an established flow alike: its matches look only at what they share, and
 * its target leaves nothing behind but its counters. CONNMARK is asked while it runs.
 */
export function isPerFlow({ matches, target }: Rule): boolean {
  return !UNSHARED_TARGETS.has(target.kind) && matches.every(isSharedMatch);
}

function isSharedMatch(match: Match): boolean {
  switch (match.kind) {
    case 'statistic':
    case 'recent':
    case 'limit':
    case 'connlimit':
    case 'u32':
    case 'icmp':
    case 'icmp6':
    case 'length':
    case 'ttl':
    case 'hl':
    case 'dscp':
    case 'tos':
      return false;
    case 'tcp':
      return match.option === undefined && ((match.flags?.mask ?? 0) & ~STEADY_FLAGS) === 0;
    default:
      return true;
  }
}
