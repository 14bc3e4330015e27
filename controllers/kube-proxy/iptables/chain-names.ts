import { hash } from 'node:crypto';
import type { EndpointInfo, ServicePortInfo } from '../service-port.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const HASH_CHARACTERS = 16;

/** The kinds of per-service chains, by prefix. */
export type ServiceChainPrefix = 'KUBE-SVC-' | 'KUBE-SVL-' | 'KUBE-EXT-' | 'KUBE-FW-';

export function serviceChain(prefix: ServiceChainPrefix, { name, protocol }: ServicePortInfo): string {
  return prefix + shortHash(name + protocol);
}

export function endpointChain({ name, protocol }: ServicePortInfo, { ip, port }: EndpointInfo): string {
  return `KUBE-SEP-${shortHash(`${name}${protocol}${ip}:${port}`)}`;
}

/** The first 16 characters of the base32 (RFC 4648 §6) of SHA-256: chain names have room for 28 in all. */
function shortHash(text: string): string {
  const digest = hash('sha256', text, 'buffer');
  let bits = 0;
  let held = 0;
  let short = '';
  for (const byte of digest) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5 && short.length < HASH_CHARACTERS) {
      bits -= 5;
      short += BASE32[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return short;
}
