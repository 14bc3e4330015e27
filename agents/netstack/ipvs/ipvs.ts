import { ADDRESS_WORDS, putAddress } from '../address-words.ts';
import { masked, maskFor } from '../cidr.ts';
import { bitsOf, type IpAddress } from '../ip-address.ts';
import { KeyTable } from '../key-table.ts';
import type { Netns } from '../netns.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import { ConnectionTable } from './connection-table.ts';
import { Destination } from './destination.ts';
import { IpvsConnection } from './ipvs-connection.ts';
import { IpvsError } from './ipvs-error.ts';
import { registerIpvsHooks } from './ipvs-hooks.ts';
import type { Client } from './scheduler.ts';
import { IPVS_ESTABLISHED, nextTcpState, TCP_STATE_SECONDS } from './tcp-states.ts';
import { type ServiceKey, type ServiceSettings, VirtualService } from './virtual-service.ts';

const SERVICE_WORDS = ADDRESS_WORDS + 2;
const key = new Int32Array(SERVICE_WORDS);
const MAX_SERVICES = 1 << 17;
const MAX_DESTINATIONS = 1 << 16;
const MAX_CONNECTIONS = 1 << 18;
/** How often connections whose time is over are taken away; look-ups do not see them anyway. */
const GC_MS = 5000;
/** A template whose connections still are lives on (ip_vs_conn_expire). */
const CONTROLLING_MS = 60_000;

export interface IpvsTimeouts {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}

/**
 * IPVS of one namespace (net/netfilter/ipvs), forwarding by address translation: virtual services, the destinations
 * behind them, and the connections between. Refusals are IpvsErrors in ipvsadm's words.
 *
 *     ns.ipvs.addService({ protocol: 6, address, port: 80 }, { scheduler: 'rr', … });
 *     ns.ipvs.addDestination(key, ipv4('10.244.1.2'), 8080, 1);
 */
export class Ipvs {
  readonly #ns: Netns;
  readonly #services = new KeyTable<VirtualService>(SERVICE_WORDS);
  /** In the order in which they came. */
  readonly #inOrder = new Set<VirtualService>();
  readonly #connections = new ConnectionTable();
  /** Seconds, as `ipvsadm --set` gives them. */
  timeouts: IpvsTimeouts = { tcp: 900, tcpFin: 120, udp: 300 };
  #registered = false;
  #gcTimer: unknown;

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  services(): VirtualService[] {
    return [...this.#inOrder];
  }

  service(protocol: number, address: IpAddress, port: number): VirtualService | undefined {
    return this.#services.get(serviceKey({ protocol, address, port }));
  }

  addService(name: ServiceKey, settings: ServiceSettings): void {
    if (this.service(name.protocol, name.address, name.port)) throw new IpvsError('Service already exists');
    if (this.#inOrder.size >= MAX_SERVICES) throw new IpvsError('Memory allocation problem');
    if (!this.#registered) {
      this.#registered = true;
      registerIpvsHooks(this.#ns);
    }
    const service = new VirtualService(name, settings);
    this.#services.set(serviceKey(name), service);
    this.#inOrder.add(service);
    this.#ns.changed();
  }

  editService(key: ServiceKey, settings: ServiceSettings): void {
    const service = this.#require(key);
    service.settings = settings;
    service.changed();
    this.#ns.changed();
  }

  deleteService(name: ServiceKey): void {
    const service = this.#require(name);
    for (const each of service.destinations) each.isAvailable = false;
    this.#services.delete(serviceKey(name));
    this.#inOrder.delete(service);
    this.#ns.changed();
  }

  clear(): void {
    for (const service of this.services()) this.deleteService(service);
  }

  addDestination(key: ServiceKey, address: IpAddress, port: number, weight: number): void {
    const service = this.#require(key);
    if (service.find(address, port)) throw new IpvsError('Destination already exists');
    if (service.destinations.length >= MAX_DESTINATIONS) throw new IpvsError('Memory allocation problem');
    service.destinations = [new Destination(address, port, weight), ...service.destinations];
    this.#ns.changed();
  }

  editDestination(key: ServiceKey, address: IpAddress, port: number, weight: number): void {
    const service = this.#require(key);
    this.#requireDestination(service, address, port).weight = weight;
    service.changed();
    this.#ns.changed();
  }

  /** Its connections end with their next packet if `net.ipv4.vs.expire_nodest_conn` is set, else they starve. */
  deleteDestination(key: ServiceKey, address: IpAddress, port: number): void {
    const service = this.#require(key);
    const destination = this.#requireDestination(service, address, port);
    destination.isAvailable = false;
    service.destinations = service.destinations.filter((each) => each !== destination);
    this.#ns.changed();
  }

  /** The connections that have not expired; templates too. */
  connections(): IpvsConnection[] {
    this.#collect();
    return this.#connections.all();
  }

  close(): void {
    this.#ns.clock.clearTimeout(this.#gcTimer);
  }

  // --- for the hooks

  fromClient(client: IpAddress, virtual: IpAddress, clientPort: number, port: number, protocol: number) {
    return this.#alive(this.#connections.fromClient(client, virtual, clientPort, port, protocol));
  }

  fromServer(server: IpAddress, client: IpAddress, port: number, clientPort: number, protocol: number) {
    return this.#alive(this.#connections.fromServer(server, client, port, clientPort, protocol));
  }

  /** ip_vs_schedule: a new connection of a client, or undefined if nobody can take it. */
  open(service: VirtualService, client: Client): IpvsConnection | undefined {
    const template = service.settings.persistentSeconds > 0 ? this.#template(service, client) : undefined;
    const destination = template?.destination ?? service.schedule(client);
    if (destination === undefined) return undefined;
    if (this.#connections.size >= MAX_CONNECTIONS) this.#collect();
    if (this.#connections.size >= MAX_CONNECTIONS) return undefined;
    const connection = new IpvsConnection(service, destination, client, false);
    destination.inactive++;
    destination.stats.connections++;
    service.stats.connections++;
    if (template) {
      connection.template = template;
      template.controlled++;
    } else if (service.settings.persistentSeconds > 0) this.#remember(connection);
    this.#connections.add(connection);
    this.#gcTimer ??= this.#ns.clock.setTimeout(this.#onTimer, GC_MS);
    return connection;
  }

  /** A packet of the connection went by: its state and its time follow. */
  touch(connection: IpvsConnection, tcpFlags: number, fromServer: boolean): void {
    const { now } = this.#ns.softirq;
    if (connection.service.protocol !== PROTO_TCP) {
      connection.lifetimeMs = this.timeouts.udp * 1000;
      connection.expiresAt = now + connection.lifetimeMs;
      return;
    }
    connection.state = nextTcpState(connection.state, tcpFlags, fromServer);
    const isActive = connection.state === IPVS_ESTABLISHED;
    if (isActive !== connection.isActive) {
      connection.isActive = isActive;
      connection.destination.active += isActive ? 1 : -1;
      connection.destination.inactive += isActive ? -1 : 1;
    }
    connection.lifetimeMs = this.#stateSeconds(connection.state) * 1000;
    connection.expiresAt = now + connection.lifetimeMs;
  }

  /** Ends a connection, and what conntrack knows of it. */
  end(connection: IpvsConnection): void {
    this.#connections.remove(connection);
    const { destination, tracked, template } = connection;
    if (!connection.isTemplate) {
      if (connection.isActive) destination.active--;
      else destination.inactive--;
    }
    if (template) template.controlled--;
    if (tracked?.confirmed) this.#ns.conntrack.delete(tracked);
  }

  #alive(connection: IpvsConnection | undefined): IpvsConnection | undefined {
    if (connection === undefined || connection.expiresAt > this.#ns.softirq.now) return connection;
    this.end(connection);
    return undefined;
  }

  /** Where the client went before, if that still takes it. */
  #template(service: VirtualService, { address }: Client): IpvsConnection | undefined {
    const client = masked(address, netmaskOf(service, address));
    const { now } = this.#ns.softirq;
    const found = this.#connections.template(client, service.address, service.port, service.protocol);
    if (found === undefined) return undefined;
    const { destination } = found;
    const expiresQuiescent = this.#ns.sysctl.number('net.ipv4.vs.expire_quiescent_template') !== 0;
    const isGone = !destination.isAvailable || (destination.weight === 0 && expiresQuiescent);
    if (isGone || (found.expiresAt <= now && found.controlled === 0)) {
      this.end(found);
      return undefined;
    }
    found.expiresAt = now + service.settings.persistentSeconds * 1000;
    return found;
  }

  #remember(connection: IpvsConnection): void {
    const { service, destination } = connection;
    const { persistentSeconds } = service.settings;
    const { clientAddress } = connection;
    const client = { address: masked(clientAddress, netmaskOf(service, clientAddress)), port: 0 };
    const template = new IpvsConnection(service, destination, client, true);
    template.expiresAt = this.#ns.softirq.now + persistentSeconds * 1000;
    template.controlled = 1;
    connection.template = template;
    this.#connections.add(template);
  }

  #stateSeconds(state: number): number {
    if (state === IPVS_ESTABLISHED) return this.timeouts.tcp;
    return state === 4 ? this.timeouts.tcpFin : TCP_STATE_SECONDS[state]!;
  }

  #collect(): void {
    const { now } = this.#ns.softirq;
    for (const each of this.#connections.all()) {
      if (each.expiresAt > now) continue;
      if (each.isTemplate && each.controlled > 0) each.expiresAt = now + CONTROLLING_MS;
      else this.end(each);
    }
  }

  readonly #onTimer = (): void => {
    this.#collect();
    this.#gcTimer = this.#connections.size > 0 ? this.#ns.clock.setTimeout(this.#onTimer, GC_MS) : undefined;
  };

  #require({ protocol, address, port }: ServiceKey): VirtualService {
    const service = this.service(protocol, address, port);
    if (!service) throw new IpvsError('No such service');
    return service;
  }

  #requireDestination(service: VirtualService, address: IpAddress, port: number): Destination {
    const destination = service.find(address, port);
    if (!destination) throw new IpvsError('No such destination');
    return destination;
  }
}

function serviceKey({ protocol, address, port }: ServiceKey): Int32Array {
  putAddress(key, 0, address);
  key[SERVICE_WORDS - 2] = port;
  key[SERVICE_WORDS - 1] = protocol;
  return key;
}

/** Without one of its own a service leaves every client for itself. */
const netmaskOf = ({ settings }: VirtualService, client: IpAddress): number | bigint =>
  maskFor(client, settings.prefixLength ?? bitsOf(client));
