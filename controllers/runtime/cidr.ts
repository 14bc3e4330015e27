/** An IPv4 network: its first address as an unsigned 32-bit number, and its prefix length. */
export interface Cidr {
  readonly base: number;
  readonly bits: number;
}

/** Parses `a.b.c.d/n`; bits below the prefix are dropped. Throws on anything else. */
export function parseCidr(text: string): Cidr {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const numbers = match?.slice(1).map(Number) ?? [];
  const bits = numbers[4] ?? 33;
  if (bits > 32 || numbers.slice(0, 4).some((byte) => byte > 255))
    throw new Error(`not an IPv4 CIDR: ${text}`);
  const address = numbers.slice(0, 4).reduce((value, byte) => value * 256 + byte, 0);
  const size = 2 ** (32 - bits);
  return { base: Math.floor(address / size) * size, bits };
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function parseAddress(text: string): number {
  return parseCidr(`${text}/32`).base;
}

export function formatCidr({ base, bits }: Cidr): string {
  return `${formatAddress(base)}/${bits}`;
}

/** How many addresses it holds. */
export function cidrSize({ bits }: Cidr): number {
  return 2 ** (32 - bits);
}

export function cidrContains(cidr: Cidr, address: number): boolean {
  return address >= cidr.base && address < cidr.base + cidrSize(cidr);
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + cidrSize(b) && b.base < a.base + cidrSize(a);
}

export function subnetCount(cidr: Cidr, bits: number): number {
  return bits < cidr.bits ? 0 : 2 ** (bits - cidr.bits);
}

export function subnet(cidr: Cidr, bits: number, index: number): Cidr {
  return { base: cidr.base + index * 2 ** (32 - bits), bits };
}
