import { formatIp, type IpAddress, parseIp } from '../../../agents/netstack/ip-address.ts';
import type { Netns } from '../../../agents/netstack/netns.ts';
import type { TwoNodes } from './two-nodes.ts';

/** Answers every connection to `port` with "NAME saw CLIENT" and closes. */
export function serve(ns: Netns, port: number, name: string): void {
  ns.tcp.listen({ port }, (socket) => {
    socket.write(new TextEncoder().encode(`${name} saw ${formatIp(socket.remote.address)}`));
    socket.end();
  });
}

/** What a connection gets within three seconds: the text, or the code of its fault, or TIMEOUT. */
export async function get(lab: TwoNodes, from: Netns, to: string | IpAddress, port: number): Promise<string> {
  const socket = from.tcp.connect({ address: typeof to === 'string' ? parseIp(to)! : to, port });
  let text = '';
  let outcome: string | undefined;
  socket.onData = (chunk) => {
    text += new TextDecoder().decode(chunk);
  };
  socket.onEnd = () => {
    outcome = text;
    socket.end();
  };
  socket.onClose = (error) => {
    outcome ??= error?.code ?? text;
  };
  await lab.clock.runUntil(() => outcome !== undefined, 3000);
  outcome ??= 'TIMEOUT';
  socket.destroy();
  return outcome;
}
