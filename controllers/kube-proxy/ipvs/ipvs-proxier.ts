import type { IpvsConfig } from '../configuration/proxy-config.ts';
import type { RuleSettings } from '../configuration/rule-settings.ts';
import { readSavedRules } from '../iptables/saved-rules.ts';
import { heldAddresses, localAddresses, nodePortIps } from '../local-addresses.ts';
import { Programs } from '../programs.ts';
import type { NewProxier, Proxier, ProxierOptions, SyncReport } from '../proxier.ts';
import { runInShell } from '../run-in-shell.ts';
import type { ProxiedPort } from '../service-port.ts';
import { type Changes, changesBetween, type NodeObjects } from './changes.ts';
import { createSetsText, ipSetNames } from './ip-sets.ts';
import { ipvsRulesText, outFilterText } from './ipvs-rules.ts';
import { readSavedServices } from './saved-services.ts';
import { type IpvsNodeFacts, type ServiceObjects, serviceObjects } from './service-objects.ts';

export interface IpvsModeOptions {
  readonly settings: RuleSettings;
  readonly ipvs: Pick<IpvsConfig, 'scheduler' | 'excludeCidrs'>;
}

type IpvsPrograms = Programs<IpvsNodeFacts, ServiceObjects, NodeObjects, Changes>;

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

class IpvsProxier implements Proxier {
  readonly #programs: IpvsPrograms;
  readonly #mode: IpvsModeOptions;
  readonly #node: ProxierOptions;
  /** Undefined: unknown, so everything is written. */
  #written: NodeObjects | undefined;
  /** Real servers without weight that still had connections when last looked at. */
  readonly #quiescent = new Set<string>();

  constructor(programs: IpvsPrograms, mode: IpvsModeOptions, node: ProxierOptions) {
    this.#programs = programs;
    this.#mode = mode;
    this.#node = node;
  }

  get isFullSyncDue(): boolean {
    return this.#written === undefined;
  }

  async sync(ports: readonly ProxiedPort[]): Promise<SyncReport> {
    const isFull = this.isFullSyncDue;
    const before = this.#written ?? (await this.#prepare());
    const wanted = this.#programs.of(ports, await this.#facts(ports));
    const changes = this.#programs.difference(before, wanted);
    this.#written = undefined;
    await this.#run(['ip', '-force', '-batch', '-'], changes.newAddresses);
    await this.#run(['ipset', 'restore'], changes.entries);
    if (changes.outFilter) await this.#restore(outFilterText(changes.outFilter));
    await this.#revive(changes.services);
    await this.#run(['ipvsadm', '-R'], changes.services);
    await this.#run(['ip', '-force', '-batch', '-'], changes.oldAddresses);
    for (const server of changes.quiescent) this.#quiescent.add(server);
    await this.#removeIdle();
    this.#written = wanted;
    return { isFull };
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

  /** Device, sets and rules; gives what an earlier kube-proxy serves, and takes its entries out. */
  async #prepare(): Promise<NodeObjects> {
    const { settings, ipvs } = this.#mode;
    const { family } = settings;
    const links = await runInShell(this.#node, ['ip', 'link', 'show']);
    if (!/^\d+: kube-ipvs0:/m.test(links))
      await runInShell(this.#node, ['ip', 'link', 'add', 'kube-ipvs0', 'type', 'dummy']);
    const flush = ipSetNames(family).map((set) => `flush ${set}\n`);
    await this.#run(['ipset', 'restore'], createSetsText(family) + flush.join(''));
    const saved = await runInShell(this.#node, [`${family.iptables}-save`]);
    await this.#restore(ipvsRulesText(settings, readSavedRules(saved).jumps));
    const served = await runInShell(this.#node, ['ipvsadm', '-S', '-n']);
    const { services, servers, quiescent } = readSavedServices(served, family, ipvs.excludeCidrs);
    this.#quiescent.clear();
    for (const server of quiescent) this.#quiescent.add(server);
    const addresses = new Set(await heldAddresses(this.#node, family));
    const nothing = { entries: new Set<string>(), outFilter: [] };
    return new Map([['', { key: '', addresses, services, servers, ...nothing }]]);
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

  /** Takes out real servers without weight that no connection needs any more (graceful_termination.go). */
  async #removeIdle(): Promise<void> {
    if (this.#quiescent.size === 0) return;
    const listed = await runInShell(this.#node, ['ipvsadm', '-L', '-n']);
    const busy = new Set<string>();
    let service = '';
    for (const line of listed.split('\n')) {
      const [, protocol, address] = /^(TCP|UDP|SCTP) +(\S+) /.exec(line) ?? [];
      if (protocol && address)
        service = `${{ TCP: '-t', UDP: '-u', SCTP: '--sctp-service' }[protocol]} ${address}`;
      const [, server, active, inactive] = /^ {2}-> (\S+) +Masq +\d+ +(\d+) +(\d+)/.exec(line) ?? [];
      if (server && Number(active) + Number(inactive) > 0) busy.add(`${service} ${server}`);
    }
    const idle = [...this.#quiescent].filter((each) => !busy.has(each));
    for (const each of idle) this.#quiescent.delete(each);
    const text = idle.map(
      (each) => `-d ${each.slice(0, each.lastIndexOf(' '))} -r ${each.slice(each.lastIndexOf(' ') + 1)}\n`,
    );
    await this.#run(['ipvsadm', '-R'], text.join(''));
  }

  #restore(text: string): Promise<void> {
    return this.#run([`${this.#mode.settings.family.iptables}-restore`, '--noflush'], text);
  }

  async #run(argv: readonly string[], text: string): Promise<void> {
    if (text !== '') await runInShell(this.#node, argv, text);
  }
}
