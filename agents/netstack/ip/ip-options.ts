const END = 0;
const NO_OPERATION = 1;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;
const LOOSE_ROUTE = 131;
const STRICT_ROUTE = 137;
const ROUTER_ALERT = 148;
/** The least length, and the least pointer, of those that have them. */
const SMALLEST: Readonly<Record<number, readonly [number, number]>> = {
  [RECORD_ROUTE]: [3, 4],
  [TIMESTAMP]: [4, 5],
  [LOOSE_ROUTE]: [3, 4],
  [STRICT_ROUTE]: [3, 4],
  [ROUTER_ALERT]: [4, 0],
};

/**
 * What is wrong with a header's options (__ip_options_compile, net/ipv4/ip_options.c): the offset in the header
 * of the byte at fault, or `source route` for a packet that wants to choose its way, which Linux refuses by
 * default. Undefined if the packet may go on. Routes and times are not recorded.
 */
export function optionsFault(
  bytes: Uint8Array,
  l3: number,
  headerLength: number,
): number | 'source route' | undefined {
  const end = l3 + headerLength;
  const seen = new Set<number>();
  let isRouted = false;
  for (let at = l3 + 20; at < end; ) {
    const option = bytes[at]!;
    if (option === END) break;
    if (option === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 1 < end ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > end) return at - l3;
    const [shortest, firstPointer] = SMALLEST[option] ?? [2, 0];
    const isRoute = option === LOOSE_ROUTE || option === STRICT_ROUTE;
    const kind = isRoute ? LOOSE_ROUTE : option;
    if (kind in SMALLEST && kind !== ROUTER_ALERT && seen.has(kind)) return at - l3;
    if (length < shortest) return at + 1 - l3;
    if (bytes[at + 2]! < firstPointer) return at + 2 - l3;
    if (!isRoute && hasNoRoom(bytes, at, length, option)) return at + 2 - l3;
    isRouted ||= isRoute;
    seen.add(kind);
    at += length;
  }
  return isRouted ? 'source route' : undefined;
}

/** Whether there is room left, but less than the next entry needs. */
function hasNoRoom(bytes: Uint8Array, at: number, length: number, option: number): boolean {
  if (option !== RECORD_ROUTE && option !== TIMESTAMP) return false;
  const pointer = bytes[at + 2]!;
  return pointer <= length && pointer + 3 > length;
}
