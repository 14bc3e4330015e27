import { parseInteger, RuleError } from './option-reader.ts';

/** RFC 2474, RFC 2597, RFC 3246. */
const CLASSES: Readonly<Record<string, number>> = {
  CS0: 0x00,
  CS1: 0x08,
  CS2: 0x10,
  CS3: 0x18,
  CS4: 0x20,
  CS5: 0x28,
  CS6: 0x30,
  CS7: 0x38,
  BE: 0x00,
  AF11: 0x0a,
  AF12: 0x0c,
  AF13: 0x0e,
  AF21: 0x12,
  AF22: 0x14,
  AF23: 0x16,
  AF31: 0x1a,
  AF32: 0x1c,
  AF33: 0x1e,
  AF41: 0x22,
  AF42: 0x24,
  AF43: 0x26,
  EF: 0x2e,
};

/** A differentiated services code point by its class. */
export function parseClass(text: string): number {
  const name = text.toUpperCase();
  if (!Object.hasOwn(CLASSES, name)) throw new RuleError(`Invalid DSCP value \`${text}'`);
  return CLASSES[name]!;
}

/** RFC 1349; ECN's bits are no part of them. */
const SERVICES: Readonly<Record<string, number>> = {
  'minimize-delay': 0x10,
  'maximize-throughput': 0x08,
  'maximize-reliability': 0x04,
  'minimize-cost': 0x02,
  'normal-service': 0x00,
};
const SERVICE_MASK = 0x3f;

/** `value[/mask]` of eight bits, or a type of service by its name. */
export function parseTos(text: string, option: string): { value: number; mask: number } {
  const name = text.toLowerCase();
  if (Object.hasOwn(SERVICES, name)) return { value: SERVICES[name]!, mask: SERVICE_MASK };
  const [value, mask] = text.split('/');
  return {
    value: parseInteger(value!, 0, 0xff, option),
    mask: mask === undefined ? 0xff : parseInteger(mask, 0, 0xff, option),
  };
}

export const formatByte = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;
