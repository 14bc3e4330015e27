import { KeyTable } from '../key-table.ts';
import type { IpvsConnection } from './ipvs-connection.ts';

const WORDS = 4;
const key = new Int32Array(WORDS);

function keyOf(a: number, b: number, portA: number, portB: number, protocol: number): Int32Array {
  key[0] = a;
  key[1] = b;
  key[2] = (portA << 16) | portB;
  key[3] = protocol;
  return key;
}

/** Balanced connections, found by the packets of either side, and templates, found by client and service. */
export class ConnectionTable {
  readonly #fromClient = new KeyTable<IpvsConnection>(WORDS);
  readonly #fromServer = new KeyTable<IpvsConnection>(WORDS);
  readonly #templates = new KeyTable<IpvsConnection>(WORDS);

  get size(): number {
    return this.#fromClient.size + this.#templates.size;
  }

  all(): IpvsConnection[] {
    return [...this.#fromClient.values(), ...this.#templates.values()];
  }

  fromClient(client: number, virtual: number, clientPort: number, port: number, protocol: number) {
    return this.#fromClient.get(keyOf(client, virtual, clientPort, port, protocol));
  }

  fromServer(server: number, client: number, port: number, clientPort: number, protocol: number) {
    return this.#fromServer.get(keyOf(server, client, port, clientPort, protocol));
  }

  /** `client` as the service's netmask leaves it. */
  template(client: number, virtual: number, port: number, protocol: number) {
    return this.#templates.get(keyOf(client, virtual, 0, port, protocol));
  }

  add(connection: IpvsConnection): void {
    const { service, destination, clientAddress, clientPort, isTemplate } = connection;
    const { address, port, protocol } = service;
    const table = isTemplate ? this.#templates : this.#fromClient;
    table.set(keyOf(clientAddress, address, clientPort, port, protocol), connection);
    if (isTemplate) return;
    const reply = keyOf(destination.address, clientAddress, destination.port, clientPort, protocol);
    this.#fromServer.set(reply, connection);
  }

  remove(connection: IpvsConnection): void {
    const { service, destination, clientAddress, clientPort, isTemplate } = connection;
    const { address, port, protocol } = service;
    const table = isTemplate ? this.#templates : this.#fromClient;
    table.delete(keyOf(clientAddress, address, clientPort, port, protocol));
    if (isTemplate) return;
    const reply = keyOf(destination.address, clientAddress, destination.port, clientPort, protocol);
    if (this.#fromServer.get(reply) === connection) this.#fromServer.delete(reply);
  }
}
