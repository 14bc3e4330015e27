import type { Node } from '../../openapi/generated/types.ts';
import type { HostEndpoint } from '../../platform/host-network.ts';
import { parseIpv4 } from '../netstack/ipv4.ts';
import type { Mac } from '../netstack/mac.ts';
import type { Lan } from './lan.ts';
import { lanMac } from './lan-mac.ts';

/** The annotation under which a node says where its end of the segment is reached. */
const WIRE_ANNOTATION = 'podwire.dev/wire';

/** What a node writes there of itself. */
export function wireAnnotation({ address, port }: HostEndpoint): Record<string, string> {
  return { [WIRE_ANNOTATION]: `${address}:${port}` };
}

/** Keeps a segment's peers as the other nodes describe themselves. What makes no sense there is no peer. */
export class LanPeers {
  readonly #lan: Lan;
  readonly #macs = new Map<string, Mac>();

  constructor(lan: Lan) {
    this.#lan = lan;
  }

  observe(node: Node): void {
    const name = node.metadata.name ?? '';
    const endpoint = readEndpoint(node.metadata.annotations?.[WIRE_ANNOTATION]);
    const mac = endpoint && segmentMac(node);
    if (this.#macs.get(name) !== mac) this.#forget(name);
    if (mac === undefined || endpoint === undefined) return;
    this.#macs.set(name, mac);
    this.#lan.setPeer(mac, endpoint);
  }

  forget({ metadata }: Node): void {
    this.#forget(metadata.name ?? '');
  }

  #forget(name: string): void {
    const mac = this.#macs.get(name);
    this.#macs.delete(name);
    if (mac !== undefined && ![...this.#macs.values()].includes(mac)) this.#lan.removePeer(mac);
  }
}

function segmentMac({ status }: Node): Mac | undefined {
  const text = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  const address = parseIpv4(text ?? '');
  return address === undefined ? undefined : lanMac(address);
}

function readEndpoint(text: string | undefined): HostEndpoint | undefined {
  const [address = '', port = '', ...rest] = (text ?? '').split(':');
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (parseIpv4(address) === undefined || number < 1 || number > 65535 || rest.length > 0) return undefined;
  return { address, port: number };
}
