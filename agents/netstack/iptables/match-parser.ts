import type { IpVersion } from '../ip-address.ts';
import * as connections from './connection-match-drafts.ts';
import { draftConnlimit } from './connlimit.ts';
import * as devices from './device-match-drafts.ts';
import * as headers from './header-match-drafts.ts';
import type { MatchDraft } from './match-draft.ts';
import * as objects from './object-match-drafts.ts';
import { RuleError } from './option-reader.ts';
import * as ports from './port-match-drafts.ts';
import * as rates from './rate-match-drafts.ts';
import { draftU32 } from './u32.ts';

const OF_VERSION: Readonly<Record<IpVersion, readonly string[]>> = { 4: ['icmp', 'ttl'], 6: ['icmp6', 'hl'] };

/** The matches that `-m` knows; undefined for one it does not. */
export function openMatch(name: string, version: IpVersion): MatchDraft | undefined {
  if (OF_VERSION[version === 6 ? 4 : 6].includes(name)) return undefined;
  return Object.hasOwn(DRAFTS, name) ? DRAFTS[name]!(version) : undefined;
}

function comment(): MatchDraft {
  let text: string | undefined;
  return {
    name: 'comment',
    option(option, reader) {
      if (option !== '--comment') return false;
      text = reader.value(option);
      if (text.length > 255) throw new RuleError('COMMENT must be shorter than 256 characters');
      return true;
    },
    finish() {
      if (text === undefined) throw new RuleError('comment: option "--comment" must be specified\n');
      return { kind: 'comment', text };
    },
  };
}

const DRAFTS: Readonly<Record<string, (version: IpVersion) => MatchDraft>> = {
  comment,
  conntrack: connections.conntrack,
  state: connections.state,
  addrtype: devices.addrtype,
  mark: () => connections.mark('mark'),
  connmark: () => connections.mark('connmark'),
  statistic: rates.statistic,
  recent: rates.recent,
  tcp: ports.tcp,
  udp: () => ports.ports('udp'),
  sctp: () => ports.ports('sctp'),
  icmp: () => ports.icmp('icmp'),
  icmp6: () => ports.icmp('icmp6'),
  multiport: ports.multiport,
  physdev: devices.physdev,
  mac: devices.macSource,
  limit: rates.limit,
  set: objects.set,
  rpfilter: devices.rpfilter,
  ipvs: objects.ipvs,
  connlimit: draftConnlimit,
  u32: draftU32,
  nfacct: objects.nfacct,
  length: headers.length,
  ttl: () => headers.hops('ttl'),
  hl: () => headers.hops('hl'),
  dscp: headers.dscp,
  tos: headers.tos,
  iprange: headers.iprange,
  pkttype: headers.pkttype,
};
