import { classOf, ipDestination, ipSource } from '../header/ip-header.ts';
import { type HookFunction, NF_ACCEPT } from './hooks.ts';

/**
 * A function at OUTPUT after which a packet is routed anew if it changed what routes depend on (ipt_mangle_out,
 * net/ipv4/netfilter/iptable_mangle.c; nf_route_table_hook4, net/netfilter/nft_chain_route.c): it takes the
 * packet's route away, and whoever sends the packet finds the next one.
 */
export function rerouting(run: HookFunction): HookFunction {
  return (packet, input, output) => {
    const { bytes, l3, mark } = packet;
    const [source, destination, tos] = [ipSource(bytes, l3), ipDestination(bytes, l3), classOf(bytes, l3)];
    const verdict = run(packet, input, output);
    const isSame =
      packet.mark === mark &&
      ipSource(packet.bytes, packet.l3) === source &&
      ipDestination(packet.bytes, packet.l3) === destination &&
      classOf(packet.bytes, packet.l3) === tos;
    if (verdict === NF_ACCEPT && !isSame) packet.route = undefined;
    return verdict;
  };
}
