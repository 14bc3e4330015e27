/** What a service or a destination has seen (struct ip_vs_kstats): bytes from the IP header on. */
export class IpvsStats {
  connections = 0;
  readonly incoming = { packets: 0, bytes: 0 };
  readonly outgoing = { packets: 0, bytes: 0 };

  clear(): void {
    this.connections = 0;
    for (const each of [this.incoming, this.outgoing]) {
      each.packets = 0;
      each.bytes = 0;
    }
  }
}
