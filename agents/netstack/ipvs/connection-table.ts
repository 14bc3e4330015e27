import { ADDRESS_WORDS, putAddress } from '../address-words.ts';
import type { IpAddress } from '../ip-address.ts';
import { KeyTable } from '../key-table.ts';
import type { IpvsConnection } from './ipvs-connection.ts';

const WORDS = 2 * ADDRESS_WORDS + 2;
const key = new Int32Array(WORDS);

function keyOf(a: IpAddress, b: IpAddress, portA: number, portB: number, protocol: number): Int32Array {
  putAddress(key, 0, a);
  putAddress(key, ADDRESS_WORDS, b);
  key[WORDS - 2] = (portA << 16) | portB;
  key[WORDS - 1] = protocol;
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

  fromClient(client: IpAddress, virtual: IpAddress, clientPort: number, port: number, protocol: number) {
    return this.#fromClient.get(keyOf(client, virtual, clientPort, port, protocol));
  }

  fromServer(server: IpAddress, client: IpAddress, port: number, clientPort: number, protocol: number) {
    return this.#fromServer.get(keyOf(server, client, port, clientPort, protocol));
  }

  /** `client` as the service's netmask leaves it. */
  template(client: IpAddress, virtual: IpAddress, port: number, protocol: number) {
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
