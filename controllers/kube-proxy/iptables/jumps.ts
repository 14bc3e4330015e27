import { printRule } from './print-rule.ts';
import { comment, jump, type Match, type TableName } from './rule.ts';

/** A rule that leads from one of the kernel's own chains into one of kube-proxy's. */
export interface Jump {
  readonly table: TableName;
  readonly from: string;
  /** The rule's text, without `-A CHAIN`. */
  readonly rule: string;
}

const NEW: Match = { kind: 'state', states: 'NEW' };

function jumpTo(
  table: TableName,
  to: string,
  from: string,
  text: string,
  conditions: readonly Match[] = [],
): Jump {
  const matches = [...conditions, ...(text === '' ? [] : [comment(text)])];
  return { table, from, rule: printRule({ matches, target: jump(to) }) };
}

/** Each is put at the head of its chain in this order, so that the last of the list comes first. */
export const JUMPS: readonly Jump[] = [
  jumpTo('filter', 'KUBE-EXTERNAL-SERVICES', 'INPUT', 'kubernetes externally-visible service portals', [NEW]),
  jumpTo('filter', 'KUBE-EXTERNAL-SERVICES', 'FORWARD', 'kubernetes externally-visible service portals', [
    NEW,
  ]),
  jumpTo('filter', 'KUBE-NODEPORTS', 'INPUT', 'kubernetes health check service ports'),
  jumpTo('filter', 'KUBE-SERVICES', 'FORWARD', 'kubernetes service portals', [NEW]),
  jumpTo('filter', 'KUBE-SERVICES', 'OUTPUT', 'kubernetes service portals', [NEW]),
  jumpTo('filter', 'KUBE-FORWARD', 'FORWARD', 'kubernetes forwarding rules'),
  jumpTo('filter', 'KUBE-PROXY-FIREWALL', 'INPUT', 'kubernetes load balancer firewall', [NEW]),
  jumpTo('filter', 'KUBE-PROXY-FIREWALL', 'OUTPUT', 'kubernetes load balancer firewall', [NEW]),
  jumpTo('filter', 'KUBE-PROXY-FIREWALL', 'FORWARD', 'kubernetes load balancer firewall', [NEW]),
  jumpTo('filter', 'KUBE-FIREWALL', 'INPUT', ''),
  jumpTo('filter', 'KUBE-FIREWALL', 'OUTPUT', ''),
  jumpTo('nat', 'KUBE-SERVICES', 'OUTPUT', 'kubernetes service portals'),
  jumpTo('nat', 'KUBE-SERVICES', 'PREROUTING', 'kubernetes service portals'),
  jumpTo('nat', 'KUBE-POSTROUTING', 'POSTROUTING', 'kubernetes postrouting rules'),
];
