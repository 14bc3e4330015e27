/** One endpoint as DNS shows it. */
export interface DnsEndpoint {
  readonly ip: string;
  /** Its label below the Service: its hostname, else its address with dashes. */
  readonly label: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** One Service as DNS shows it. */
export interface DnsService {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'cluster-ip' | 'headless' | 'external-name';
  readonly clusterIps: readonly string[];
  readonly externalName: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** What the kubernetes plugin knows of the cluster. Every look-up costs O(answers). */
export interface DnsState {
  readonly synced: boolean;
  hasNamespace(namespace: string): boolean;
  service(namespace: string, name: string): DnsService | undefined;
  /** Only those that DNS shows: ready, or published although they are not. */
  endpoints(service: DnsService): readonly DnsEndpoint[];
  servicesAt(ip: string): readonly DnsService[];
  endpointsAt(ip: string): readonly { readonly service: DnsService; readonly endpoint: DnsEndpoint }[];
}
