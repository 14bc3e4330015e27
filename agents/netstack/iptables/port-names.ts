import { portOfService } from '../service-names.ts';
import { RuleError } from './option-reader.ts';
import type { PortRange } from './rule.ts';

export function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : portOfService(text);
  if (port === undefined || port > 65535) throw new RuleError(`invalid port/service \`${text}' specified`);
  return port;
}

/** `80`, `80:90`, `:90`, `80:`. */
export function parsePortRange(text: string, invert: boolean): PortRange {
  const [first, second] = text.split(':');
  const low = first ? parsePort(first) : 0;
  const high = second === undefined ? low : second ? parsePort(second) : 65535;
  if (low > high) throw new RuleError(`invalid portrange (min > max)`);
  return { invert, low, high };
}
