import type { NatRange } from '../conntrack/nat.ts';
import type { IpAddress } from '../ip-address.ts';
import type { SetSide } from '../ipset/set-match.ts';
import type { ConnlimitMatch } from './connlimit.ts';
import type { HeaderMatch } from './header-match.ts';
import type { HeaderTarget } from './header-target.ts';
import type { U32Match } from './u32.ts';

/** What an iptables rule says, apart from its text (rule-printer.ts) and its meaning (match-compiler.ts). */

export interface AddressMatch {
  readonly invert: boolean;
  readonly address: IpAddress;
  /** Usually contiguous; any mask is allowed. Of the address's family. */
  readonly mask: number | bigint;
}

export interface InterfaceMatch {
  readonly invert: boolean;
  /** A trailing + matches every name that begins so. */
  readonly name: string;
}

export interface PortRange {
  readonly invert: boolean;
  readonly low: number;
  readonly high: number;
}

export interface CommentMatch {
  readonly kind: 'comment';
  readonly text: string;
}

export const CT_STATES = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'] as const;
export type CtState = (typeof CT_STATES)[number];
export const CT_STATUSES = ['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'] as const;
export type CtStatus = (typeof CT_STATUSES)[number];
export type CtTupleField = 'ctorigsrc' | 'ctorigdst' | 'ctreplsrc' | 'ctrepldst';
export type CtPortField = 'ctorigsrcport' | 'ctorigdstport' | 'ctreplsrcport' | 'ctrepldstport';

export interface ConntrackMatch {
  readonly kind: 'conntrack';
  readonly states?: { readonly invert: boolean; readonly of: readonly CtState[] };
  readonly statuses?: { readonly invert: boolean; readonly of: readonly CtStatus[] };
  readonly protocol?: { readonly invert: boolean; readonly number: number };
  readonly addresses: readonly (AddressMatch & { readonly field: CtTupleField })[];
  readonly ports: readonly (PortRange & { readonly field: CtPortField })[];
  readonly direction?: 'ORIGINAL' | 'REPLY';
}

/** The old `state` match; printed as itself. */
export interface StateMatch {
  readonly kind: 'state';
  readonly invert: boolean;
  readonly of: readonly CtState[];
}

export const ADDRESS_TYPES = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
] as const;
export type AddressType = (typeof ADDRESS_TYPES)[number];

export interface AddrtypeMatch {
  readonly kind: 'addrtype';
  readonly source?: { readonly invert: boolean; readonly of: readonly AddressType[] };
  readonly destination?: { readonly invert: boolean; readonly of: readonly AddressType[] };
  readonly limitInterface?: 'in' | 'out';
}

export interface MarkMatch {
  readonly kind: 'mark' | 'connmark';
  readonly invert: boolean;
  readonly value: number;
  readonly mask: number;
}

export type StatisticMatch =
  | {
      readonly kind: 'statistic';
      readonly mode: 'random';
      readonly invert: boolean /** In 1/2^31. */;
      readonly probability: number;
    }
  | {
      readonly kind: 'statistic';
      readonly mode: 'nth';
      readonly invert: boolean;
      readonly every: number;
      readonly packet: number;
    };

export interface RecentMatch {
  readonly kind: 'recent';
  readonly invert: boolean;
  readonly action: 'set' | 'rcheck' | 'update' | 'remove';
  readonly seconds?: number;
  readonly reap: boolean;
  readonly hitcount?: number;
  readonly rttl: boolean;
  readonly name: string;
  readonly mask: number | bigint;
  readonly side: 'rsource' | 'rdest';
}

export interface TcpMatch {
  readonly kind: 'tcp';
  readonly source?: PortRange;
  readonly destination?: PortRange;
  readonly flags?: { readonly invert: boolean; readonly mask: number; readonly set: number };
  readonly option?: { readonly invert: boolean; readonly number: number };
}

export interface PortsMatch {
  readonly kind: 'udp' | 'sctp';
  readonly source?: PortRange;
  readonly destination?: PortRange;
}

export interface IcmpMatch {
  readonly kind: 'icmp' | 'icmp6';
  readonly invert: boolean;
  /** 255 is any. */
  readonly type: number;
  readonly code?: number;
}

export interface MultiportMatch {
  readonly kind: 'multiport';
  readonly side: 'sports' | 'dports' | 'ports';
  readonly invert: boolean;
  readonly ranges: readonly { readonly low: number; readonly high: number }[];
}

export interface PhysdevMatch {
  readonly kind: 'physdev';
  readonly input?: InterfaceMatch;
  readonly output?: InterfaceMatch;
  readonly isIn?: boolean;
  readonly isOut?: boolean;
  readonly isBridged?: boolean;
}

export interface MacMatch {
  readonly kind: 'mac';
  readonly invert: boolean;
  readonly address: number;
}

export interface LimitMatch {
  readonly kind: 'limit';
  /** Tokens in `per`. */
  readonly count: number;
  readonly per: 'sec' | 'min' | 'hour' | 'day';
  readonly burst: number;
}

/** What IPVS knows of a packet that it has seen to (net/netfilter/xt_ipvs.c). */
export interface IpvsMatch {
  readonly kind: 'ipvs';
  /** `--ipvs`: whether it has at all. */
  readonly property?: { readonly invert: boolean };
  readonly protocol?: { readonly number: number; readonly invert: boolean };
  readonly address?: AddressMatch;
  readonly port?: { readonly number: number; readonly invert: boolean };
}

export interface SetMatch {
  readonly kind: 'set';
  readonly invert: boolean;
  readonly name: string;
  readonly sides: readonly SetSide[];
}

/** Whether there is a way back to where a packet came from (net/ipv4/netfilter/ipt_rpfilter.c). */
export interface RpfilterMatch {
  readonly kind: 'rpfilter';
  /** Any way will do, not only the device that the packet came in by. */
  readonly loose: boolean;
  /** The packet's mark counts in routing rules. */
  readonly validMark: boolean;
  /** The node's own addresses are no wrong sources. */
  readonly acceptLocal: boolean;
  readonly invert: boolean;
}

/** Counts what comes so far in an accounting object. */
export interface NfacctMatch {
  readonly kind: 'nfacct';
  readonly name: string;
}

export type Match =
  | CommentMatch
  | ConntrackMatch
  | StateMatch
  | AddrtypeMatch
  | MarkMatch
  | StatisticMatch
  | RecentMatch
  | TcpMatch
  | PortsMatch
  | IcmpMatch
  | MultiportMatch
  | PhysdevMatch
  | MacMatch
  | LimitMatch
  | SetMatch
  | RpfilterMatch
  | IpvsMatch
  | ConnlimitMatch
  | U32Match
  | NfacctMatch
  | HeaderMatch;

export const REJECT_TYPES = [
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'tcp-reset',
  'icmp-admin-prohibited',
] as const;
/** Of IPv6 (libip6t_REJECT). */
export const REJECT_TYPES_6 = [
  'icmp6-no-route',
  'icmp6-adm-prohibited',
  'icmp6-addr-unreachable',
  'icmp6-port-unreachable',
  'tcp-reset',
  'icmp6-policy-fail',
  'icmp6-reject-route',
] as const;
export type RejectType = (typeof REJECT_TYPES)[number] | (typeof REJECT_TYPES_6)[number];

export type Target =
  | { readonly kind: 'none' }
  | { readonly kind: 'ACCEPT' | 'DROP' | 'RETURN' | 'NOTRACK' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'DNAT' | 'SNAT' | 'MASQUERADE' | 'REDIRECT'; readonly range: NatRange }
  | { readonly kind: 'MARK'; readonly value: number; readonly mask: number }
  | {
      readonly kind: 'CONNMARK';
      readonly operation: 'set' | 'save' | 'restore';
      readonly value: number;
      readonly mask: number;
      readonly nfMask: number;
      readonly ctMask: number;
    }
  | { readonly kind: 'REJECT'; readonly with: RejectType }
  | {
      readonly kind: 'LOG';
      readonly prefix: string;
      readonly level: number;
      readonly flags: readonly string[];
    }
  | {
      readonly kind: 'NFLOG';
      readonly group: number;
      readonly prefix: string;
      /** Bytes of each packet that are passed on; undefined: all. */
      readonly size: number | undefined;
      /** What was taken for the size, and has never had an effect. */
      readonly oldSize: number | undefined;
      readonly threshold: number | undefined;
    }
  | { readonly kind: 'CT'; readonly notrack: boolean }
  | HeaderTarget;

export interface Rule {
  readonly source?: AddressMatch;
  readonly destination?: AddressMatch;
  readonly input?: InterfaceMatch;
  readonly output?: InterfaceMatch;
  readonly protocol?: { readonly invert: boolean; readonly number: number };
  readonly fragment?: { readonly invert: boolean };
  readonly matches: readonly Match[];
  readonly target: Target;
}
