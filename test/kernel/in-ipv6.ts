/** The addresses of the tests in IPv6, by those in IPv4. */
const ADDRESSES: Readonly<Record<string, string>> = {
  '10.96.0.10': 'fd00:10:96::a',
  '10.96.0.99': 'fd00:10:96::63',
  '10.244.1.1': 'fd00:10:244:1::1',
  '10.244.1.2': 'fd00:10:244:1::2',
  '10.244.1.3': 'fd00:10:244:1::3',
  '10.244.2.2': 'fd00:10:244:2::2',
  '10.244.2.77': 'fd00:10:244:2::4d',
  '172.18.0.2': 'fd00:172:18::2',
  '172.18.0.3': 'fd00:172:18::3',
  '172.18.0.100': 'fd00:172:18::64',
  '172.18.0.64/26': 'fd00:172:18::40/122',
  '192.0.2.1': 'fd00:192:0:2::1',
  '192.0.2.2': 'fd00:192:0:2::2',
  '198.51.100.0/24': '2001:db8:51::/48',
  '203.0.113.7': '2001:db8::7',
};

/** The same with the addresses of the same hosts in IPv6. */
export function inIpv6<T>(what: T): T {
  if (typeof what === 'string') {
    if (/^\d+(\.\d+){3}/.test(what) && !(what in ADDRESSES))
      throw new Error(`${what} has no address in IPv6`);
    return (ADDRESSES[what] ?? what) as T;
  }
  if (Array.isArray(what)) return what.map(inIpv6) as T;
  if (typeof what !== 'object' || what === null) return what;
  return Object.fromEntries(Object.entries(what).map(([key, value]) => [key, inIpv6(value)])) as T;
}
