import type { Clock } from '../../platform/clock.ts';
import { type HttpAnswer, type HttpCall, httpOverStream } from '../../platform/http-over-stream.ts';
import type { IpAddress } from '../netstack/ip-address.ts';
import type { Netns } from '../netstack/netns.ts';
import { tcpDuplex } from './tcp-duplex.ts';

/** One HTTP request from a simulated namespace. */
export function fetchHttp(
  netns: Netns,
  clock: Clock,
  call: HttpCall & { readonly address: IpAddress; readonly port: number },
): Promise<HttpAnswer> {
  const socket = netns.tcp.connect({ address: call.address, port: call.port });
  return httpOverStream(tcpDuplex(socket), clock, call);
}
