import ipaddr from 'ipaddr.js';

/** A network of either family: its first address as a number, and its prefix length. */
export interface Cidr {
  readonly base: bigint;
  readonly bits: number;
  /** How long an address is: 32 bits, or 128. */
  readonly width: 32 | 128;
}

/** Parses `10.0.0.0/8` or `fd00::/8`; bits below the prefix are dropped. Throws on anything else. */
export function parseCidr(text: string): Cidr {
  const [host = '', length = '', ...more] = text.split('/');
  const isWhole =
    ipaddr.IPv4.isValidFourPartDecimal(host) || (host.includes(':') && ipaddr.IPv6.isValid(host));
  if (!isWhole || !/^\d{1,3}$/.test(length) || more.length > 0) throw new Error(`not a CIDR: ${text}`);
  const { value, width } = toNumber(host);
  const bits = Number(length);
  if (bits > width) throw new Error(`not a CIDR: ${text}`);
  const hosts = BigInt(width - bits);
  return { base: (value >> hosts) << hosts, bits, width };
}

function toNumber(host: string): { value: bigint; width: 32 | 128 } {
  const bytes = ipaddr.parse(host).toByteArray();
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { value, width: bytes.length === 4 ? 32 : 128 };
}

/** The address that is `offset` addresses after a network's first. */
export function addressAt({ base, width }: Cidr, offset: number | bigint): string {
  return format(base + BigInt(offset), width);
}

function format(address: bigint, width: number): string {
  const bytes = Array.from({ length: width / 8 }, (_, i) =>
    Number((address >> BigInt(width - 8 * (i + 1))) & 255n),
  );
  return ipaddr.fromByteArray(bytes).toString();
}

export function formatCidr(cidr: Cidr): string {
  return `${addressAt(cidr, 0)}/${cidr.bits}`;
}

/** How many addresses it holds. */
export function cidrSize({ bits, width }: Cidr): bigint {
  return 1n << BigInt(width - bits);
}

/** False for an address of the other family, and for what is none. */
export function cidrContains(cidr: Cidr, address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const { value, width } = toNumber(address);
  return width === cidr.width && value >= cidr.base && value < cidr.base + cidrSize(cidr);
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.width === b.width && a.base < b.base + cidrSize(b) && b.base < a.base + cidrSize(a);
}

/** How many networks of a longer prefix there are in it; none if the prefix is no longer. */
export function subnetCount(cidr: Cidr, bits: number): number {
  return bits < cidr.bits ? 0 : 2 ** (bits - cidr.bits);
}

export function subnet({ base, width }: Cidr, bits: number, index: number): Cidr {
  return { base: base + (BigInt(index) << BigInt(width - bits)), bits, width };
}
