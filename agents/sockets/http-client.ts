import type { Clock } from '../../platform/clock.ts';
import { type HttpAnswer, type HttpCall, httpOverStream } from '../../platform/http-over-stream.ts';
import type { Ipv4 } from '../netstack/ipv4.ts';
import type { Netns } from '../netstack/netns.ts';
import { tcpDuplex } from './tcp-duplex.ts';

/** One HTTP request from a simulated namespace. */
export function fetchHttp(
  netns: Netns,
  clock: Clock,
  call: HttpCall & { readonly address: Ipv4; readonly port: number },
): Promise<HttpAnswer> {
  const socket = netns.tcp.connect({ address: call.address, port: call.port });
  return httpOverStream(tcpDuplex(socket), clock, call);
}
