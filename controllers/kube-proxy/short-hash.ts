import { hash } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first characters of the base32 (RFC 4648 §6) of a text's SHA-256, as kube-proxy names its chains. */
export function shortHash(text: string, characters: number): string {
  const digest = hash('sha256', text, 'buffer');
  let bits = 0;
  let held = 0;
  let short = '';
  for (let i = 0; short.length < characters; i++) {
    held = (held << 8) | digest[i]!;
    bits += 8;
    while (bits >= 5 && short.length < characters) {
      bits -= 5;
      short += BASE32[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return short;
}
