const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d{1,3})?$/;

/** Longer text is not a quantity: parsing must stay cheap. */
const MAX_LENGTH = 64;

const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const DECIMAL_SUFFIXES = Object.entries(DECIMAL).sort(([, a], [, b]) => b - a);
const BINARY_SUFFIXES = Object.entries(BINARY).sort(([, a], [, b]) => b - a);

/** A quantity's value in billionths, rounded up; undefined for text that is no quantity. */
export function quantityNanos(text: string): bigint | undefined {
  return parse(text)?.nanos;
}

/**
 * A quantity as Kubernetes stores it: no fraction, the largest suffix of its own family that fits
 * (k8s apimachinery/pkg/api/resource/quantity.go). Undefined for text that is no quantity.
 */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text);
  if (!parsed) return undefined;
  const { nanos, format } = parsed;
  if (nanos === 0n) return '0';
  if (format === 'binary' && nanos % NANO === 0n) {
    const value = nanos / NANO;
    // Below 1024 binary and decimal look the same.
    for (const [suffix, bits] of BINARY_SUFFIXES) {
      if (value % (1n << BigInt(bits)) === 0n) return `${value >> BigInt(bits)}${suffix}`;
    }
    return `${value}`;
  }
  for (const [suffix, exponent] of DECIMAL_SUFFIXES) {
    const unit = 10n ** BigInt(exponent + 9);
    if (nanos % unit !== 0n) continue;
    return format === 'exponent' && exponent !== 0
      ? `${nanos / unit}e${exponent}`
      : `${nanos / unit}${suffix}`;
  }
  return undefined;
}

const NANO = 10n ** 9n;

interface Parsed {
  readonly nanos: bigint;
  readonly format: 'binary' | 'decimal' | 'exponent';
}

function parse(text: string): Parsed | undefined {
  const match = text.length <= MAX_LENGTH ? QUANTITY.exec(text) : null;
  if (!match) return undefined;
  const [, sign = '', digits = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  const scaled = BigInt(`${whole}${fraction}` || '0');
  const bits = BINARY[suffix];
  const exponent = bits !== undefined ? 0 : (DECIMAL[suffix] ?? Number(suffix.slice(1)));
  if (Math.abs(exponent) > 40) return undefined;
  const nanos = shift(
    scaled * (bits === undefined ? 1n : 1n << BigInt(bits)),
    exponent + 9 - fraction.length,
  );
  const format =
    bits !== undefined ? 'binary' : suffix !== '' && DECIMAL[suffix] === undefined ? 'exponent' : 'decimal';
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

/** value × 10^exponent, rounded away from zero as Kubernetes rounds up what is finer than a billionth. */
function shift(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (value + divisor - 1n) / divisor;
}
