import type { IpVersion } from '../ip-address.ts';
import type { RejectType } from '../iptables/rule.ts';
import { NftError } from './nft-error.ts';
import { accept, expect } from './parse-value.ts';
import { rejectCodes } from './reject-codes.ts';
import type { RejectStatement } from './rule.ts';
import type { Scanner } from './scanner.ts';
import type { Table } from './table.ts';

/** What follows `reject`. */
export function parseReject(scanner: Scanner, family: Table['family']): RejectStatement {
  if (!accept(scanner, 'with'))
    return {
      kind: 'reject',
      with: family === 'ip6' ? 'icmp6-port-unreachable' : 'icmp-port-unreachable',
      isPlain: true,
    };
  if (accept(scanner, 'tcp')) {
    expect(scanner, 'reset');
    return refusal('tcp-reset');
  }
  const version = accept(scanner, 'icmpv6') ? 6 : accept(scanner, 'icmp') ? 4 : undefined;
  if (version === undefined) expect(scanner, 'icmpx');
  accept(scanner, 'type');
  if (version === undefined && family !== 'inet')
    throw new NftError('abstracted ICMP unreachable not supported', scanner.span());
  const codes = rejectCodes(version);
  if (!Object.hasOwn(codes, scanner.token)) throw scanner.unexpected();
  return refusal(codes[scanner.take()]!, version);
}

const refusal = (type: RejectType, version?: IpVersion): RejectStatement => ({
  kind: 'reject',
  with: type,
  ...(version && { version }),
});
