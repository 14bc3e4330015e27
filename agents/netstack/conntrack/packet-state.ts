import { CT_ESTABLISHED, CT_NEW, CT_RELATED, CT_UNTRACKED, type Packet } from '../packet.ts';

/** NF_CT_STATE_BIT, include/uapi/linux/netfilter/nf_conntrack_common.h. */
export const STATE_INVALID = 1;
export const STATE_ESTABLISHED = 2;
export const STATE_RELATED = 4;
export const STATE_NEW = 8;
export const STATE_UNTRACKED = 64;

/** What tracking made of a packet: the one bit that `--ctstate` and `ct state` look at. */
export function stateOf(packet: Packet): number {
  if (packet.connection === undefined)
    return packet.ctInfo === CT_UNTRACKED ? STATE_UNTRACKED : STATE_INVALID;
  switch (packet.ctInfo) {
    case CT_ESTABLISHED:
      return STATE_ESTABLISHED;
    case CT_RELATED:
      return STATE_RELATED;
    case CT_NEW:
      return STATE_NEW;
    default:
      return STATE_INVALID;
  }
}
