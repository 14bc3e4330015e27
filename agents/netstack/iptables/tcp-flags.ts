import { RuleError } from './option-reader.ts';

const FLAGS: readonly (readonly [string, number])[] = [
  ['FIN', 0x01],
  ['SYN', 0x02],
  ['RST', 0x04],
  ['PSH', 0x08],
  ['ACK', 0x10],
  ['URG', 0x20],
];

export function parseTcpFlags(text: string): number {
  let bits = 0;
  for (const word of text.split(',')) {
    if (word === 'ALL') bits |= 0x3f;
    else if (word !== 'NONE') {
      const flag = FLAGS.find(([name]) => name === word);
      if (!flag) throw new RuleError(`Unknown TCP flag \`${word}'`);
      bits |= flag[1];
    }
  }
  return bits;
}

/** As iptables-save prints: in the order of the bits, NONE for none; a full mask stays spelt out. */
export function formatTcpFlags(bits: number): string {
  const names = FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
  return names.length === 0 ? 'NONE' : names.join(',');
}
