import type { IpvsConfig, SyncPeriods } from '../configuration/proxy-config.ts';
import type { RuleSettings } from '../configuration/rule-settings.ts';
import { readSavedRules } from '../iptables/saved-rules.ts';
import { heldAddresses, localAddresses, nodePortIps } from '../local-addresses.ts';
import { Programs } from '../programs.ts';
import type { NewProxier, Proxier, ProxierOptions, SyncReport } from '../proxier.ts';
import { runInShell } from '../run-in-shell.ts';
import type { ProxiedPort } from '../service-port.ts';
import { type Changes, changesBetween, type NodeObjects } from './changes.ts';
import { idleServers } from './idle-servers.ts';
import { createSetsText, ipSetNames } from './ip-sets.ts';
import { ipvsRulesText, type PresentJumps } from './ipvs-rules.ts';
import { readSavedEntries } from './saved-entries.ts';
import { readSavedServices } from './saved-services.ts';
import { type IpvsNodeFacts, type ServiceObjects, serviceObjects } from './service-objects.ts';

export interface IpvsModeOptions {
  readonly settings: RuleSettings;
  readonly ipvs: Pick<IpvsConfig, 'scheduler' | 'excludeCidrs'>;
  readonly periods: Pick<SyncPeriods, 'syncMs'>;
  /** Milliseconds. */
  readonly now: () => number;
}

type IpvsPrograms = Programs<IpvsNodeFacts, ServiceObjects, NodeObjects, Changes>;

/** With more ports than these, or without any, a node is read anew this seldom and not in every period. */
const LARGE = 1000;
const RARE_LOOK_MS = 3_600_000;
/** How often real servers without weight are looked at (rsCheckDeleteInterval). */
const IDLE_LOOK_MS = 60_000;

/** kube-proxy's IPVS mode. */
export function ipvsMode(options: IpvsModeOptions): NewProxier {
  const programs: IpvsPrograms = new Programs({
    compile: (port, node) => serviceObjects(port, node, options.ipvs.scheduler),
    // Local endpoints are entered for hairpins, and node ports at the node's own addresses.
    partKey: (_, { nodeName, nodeIp, zone, addresses }) => `${nodeName} ${nodeIp} ${zone} ${addresses}`,
    assemble: (parts) => new Map(parts.map((part) => [part.key, part])),
    programKey: () => '',
    difference: changesBetween,
  });
  return (node) => new IpvsProxier(programs, options, node);
}

/** What a node has, and what it lacks. */
interface Observed {
  readonly objects: NodeObjects;
  readonly jumps: PresentJumps;
}

class IpvsProxier implements Proxier {
  readonly #programs: IpvsPrograms;
  readonly #mode: IpvsModeOptions;
  readonly #node: ProxierOptions;
  /** Undefined: unknown, so that the node is read first. */
  #written: { readonly objects: NodeObjects; readonly ports: readonly ProxiedPort[] } | undefined;
  #lastLook = Number.NEGATIVE_INFINITY;
  #lastIdleLook = Number.NEGATIVE_INFINITY;
  /** Real servers without weight that still had connections when last looked at. */
  readonly #quiescent = new Set<string>();

  constructor(programs: IpvsPrograms, mode: IpvsModeOptions, node: ProxierOptions) {
    this.#programs = programs;
    this.#mode = mode;
    this.#node = node;
  }

  get isFullSyncDue(): boolean {
    if (this.#written === undefined) return true;
    const { periods, now } = this.#mode;
    const { length } = this.#written.ports;
    const isRare = length === 0 || length > LARGE;
    return now() - this.#lastLook >= (isRare ? RARE_LOOK_MS : periods.syncMs);
  }

  async sync(ports: readonly ProxiedPort[]): Promise<SyncReport | undefined> {
    const isFull = this.isFullSyncDue;
    const isDue = isFull || this.#written?.ports !== ports;
    if (isDue) await this.#write(ports, isFull);
    await this.#removeIdle();
    return isDue ? { isFull } : undefined;
  }

  async #write(ports: readonly ProxiedPort[], isFull: boolean): Promise<void> {
    const observed = isFull ? await this.#observe() : undefined;
    const before = observed?.objects ?? this.#written!.objects;
    const objects = this.#programs.of(ports, await this.#facts(ports));
    const changes = this.#programs.difference(before, objects);
    this.#written = undefined;
    await this.#run(['ip', '-force', '-batch', '-'], changes.newAddresses);
    await this.#run(['ipset', 'restore'], changes.entries);
    await this.#restoreRules(objects, observed?.jumps);
    await this.#revive(changes.services);
    await this.#run(['ipvsadm', '-R'], changes.services);
    await this.#run(['ip', '-force', '-batch', '-'], changes.oldAddresses);
    for (const server of changes.quiescent) this.#quiescent.add(server);
    await this.#remove(await this.#idleOf(changes.quiescent));
    this.#written = { objects, ports };
    if (isFull) this.#lastLook = this.#mode.now();
  }

  async #facts(ports: readonly ProxiedPort[]): Promise<IpvsNodeFacts> {
    const { family, nodePortAddresses } = this.#mode.settings;
    const { nodeIp } = this.#node;
    const isExternal = ports.some(
      ({ service: { nodePort, externalIps, loadBalancerIps } }) =>
        nodePort > 0 || externalIps.length + loadBalancerIps.length > 0,
    );
    const found = isExternal ? await localAddresses(this.#node, family) : [];
    const addresses = found.includes(nodeIp) || nodeIp === '' ? found : [nodeIp, ...found];
    const withPorts = nodePortIps(nodePortAddresses, nodeIp, addresses) ?? addresses;
    return {
      ...this.#node,
      family,
      addresses,
      nodePortIps: withPorts.filter((ip) => !ip.startsWith('127.') && ip !== '::1'),
    };
  }

  /** Makes device and sets where they lack, and gives what is there, an earlier kube-proxy's too. */
  async #observe(): Promise<Observed> {
    const { settings, ipvs } = this.#mode;
    const { family } = settings;
    const links = await runInShell(this.#node, ['ip', 'link', 'show']);
    if (!/^\d+: kube-ipvs0:/m.test(links))
      await runInShell(this.#node, ['ip', 'link', 'add', 'kube-ipvs0', 'type', 'dummy']);
    await this.#run(['ipset', 'restore'], createSetsText(family));
    const saved = await runInShell(this.#node, [`${family.iptables}-save`]);
    const entries = readSavedEntries(await runInShell(this.#node, ['ipset', 'save']), ipSetNames(family));
    const served = await runInShell(this.#node, ['ipvsadm', '-S', '-n']);
    const { services, servers, quiescent } = readSavedServices(served, family, ipvs.excludeCidrs);
    this.#quiescent.clear();
    for (const server of quiescent) this.#quiescent.add(server);
    const addresses = new Set(await heldAddresses(this.#node, family));
    const objects = { key: '', addresses, services, servers, entries, outFilter: [] };
    return { objects: new Map([['', objects]]), jumps: readSavedRules(saved).jumps };
  }

  async #restoreRules(objects: NodeObjects, jumps: PresentJumps | undefined): Promise<void> {
    const { settings } = this.#mode;
    const filled = new Set<string>();
    const outFilter: string[] = [];
    for (const part of objects.values()) {
      for (const entry of part.entries) filled.add(entry.slice(0, entry.indexOf(' ')));
      outFilter.push(...part.outFilter);
    }
    const text = ipvsRulesText({ settings, node: this.#node, filled, outFilter }, jumps);
    await this.#run([`${settings.family.iptables}-restore`, '--noflush', '--counters'], text);
  }

  /** A server that is added again while it still lingers is taken out first. */
  async #revive(services: string): Promise<void> {
    let text = '';
    for (const [, name, server] of services.matchAll(/^-a (\S+ \S+) -r (\S+) /gm)) {
      if (this.#quiescent.delete(`${name} ${server}`)) text += `-d ${name} -r ${server}\n`;
    }
    for (const [, name] of services.matchAll(/^-D (\S+ \S+)$/gm)) {
      for (const each of this.#quiescent) if (each.startsWith(`${name} `)) this.#quiescent.delete(each);
    }
    await this.#run(['ipvsadm', '-R'], text);
  }

  /** Now and then: the real servers without weight that no connection needs any more (graceful_termination.go). */
  async #removeIdle(): Promise<void> {
    const now = this.#mode.now();
    if (now - this.#lastIdleLook < IDLE_LOOK_MS) return;
    this.#lastIdleLook = now;
    await this.#remove(await this.#idleOf([...this.#quiescent]));
  }

  async #idleOf(servers: readonly string[]): Promise<readonly string[]> {
    if (servers.length === 0) return [];
    return idleServers(servers, await runInShell(this.#node, ['ipvsadm', '-L', '-n']));
  }

  async #remove(servers: readonly string[]): Promise<void> {
    for (const each of servers) this.#quiescent.delete(each);
    const text = servers.map((each) => {
      const space = each.lastIndexOf(' ');
      return `-d ${each.slice(0, space)} -r ${each.slice(space + 1)}\n`;
    });
    await this.#run(['ipvsadm', '-R'], text.join(''));
  }

  async #run(argv: readonly string[], text: string): Promise<void> {
    if (text !== '') await runInShell(this.#node, argv, text);
  }
}
