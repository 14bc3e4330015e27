import { Programs } from '../programs.ts';
import type { NewProxier, Proxier, ProxierOptions } from '../proxier.ts';
import { runInShell } from '../run-in-shell.ts';
import type { ProxiedPort } from '../service-port.ts';
import { type Changes, changesBetween, type NodeObjects } from './changes.ts';
import { createSetsText, IP_SETS } from './ip-sets.ts';
import { ipvsRulesText, outFilterText } from './ipvs-rules.ts';
import { type ServiceObjects, serviceObjects } from './service-objects.ts';

export interface IpvsModeOptions {
  readonly clusterCidr: string;
  /** One of ipvsadm's; kube-proxy's default is rr. */
  readonly scheduler: string;
}

type IpvsPrograms = Programs<ServiceObjects, NodeObjects, Changes>;

const SYSCTLS = [
  'net.ipv4.vs.conntrack=1',
  'net.ipv4.vs.expire_nodest_conn=1',
  'net.ipv4.vs.expire_quiescent_template=1',
  'net.ipv4.ip_forward=1',
];

/** kube-proxy's IPVS mode. */
export function ipvsMode({ clusterCidr, scheduler }: IpvsModeOptions): NewProxier {
  const programs: IpvsPrograms = new Programs({
    compile: (port, node) => serviceObjects(port, node, scheduler),
    // Local endpoints are entered for hairpins, and node ports at the node's own address.
    dependsOnNode: () => true,
    assemble: (parts) => new Map(parts.map((part) => [part.key, part])),
    difference: changesBetween,
  });
  return (node) => new IpvsProxier(programs, clusterCidr, node);
}

class IpvsProxier implements Proxier {
  readonly #programs: IpvsPrograms;
  readonly #clusterCidr: string;
  readonly #node: ProxierOptions;
  /** Undefined: unknown, so everything is written. */
  #written: NodeObjects | undefined;
  /** Real servers without weight that still had connections when last looked at. */
  readonly #quiescent = new Set<string>();

  constructor(programs: IpvsPrograms, clusterCidr: string, node: ProxierOptions) {
    this.#programs = programs;
    this.#clusterCidr = clusterCidr;
    this.#node = node;
  }

  async sync(ports: readonly ProxiedPort[]): Promise<void> {
    const wanted = this.#programs.of(ports, this.#node);
    if (!this.#written) await this.#prepare();
    const changes = this.#programs.difference(this.#written ?? new Map(), wanted);
    this.#written = undefined;
    await this.#run(['ip', '-force', '-batch', '-'], changes.newAddresses);
    await this.#run(['ipset', 'restore'], changes.entries);
    if (changes.outFilter)
      await this.#run(['iptables-restore', '--noflush'], outFilterText(changes.outFilter));
    await this.#revive(changes.services);
    await this.#run(['ipvsadm', '-R'], changes.services);
    await this.#run(['ip', '-force', '-batch', '-'], changes.oldAddresses);
    for (const server of changes.quiescent) this.#quiescent.add(server);
    await this.#removeIdle();
    this.#written = wanted;
  }

  /** Device, sysctls, sets and rules; what an earlier kube-proxy entered and served is taken out. */
  async #prepare(): Promise<void> {
    const links = await runInShell(this.#node, ['ip', 'link', 'show']);
    if (!/^\d+: kube-ipvs0:/m.test(links))
      await runInShell(this.#node, ['ip', 'link', 'add', 'kube-ipvs0', 'type', 'dummy']);
    for (const setting of SYSCTLS) await runInShell(this.#node, ['sysctl', '-w', setting]);
    const flush = Object.keys(IP_SETS).map((set) => `flush ${set}\n`);
    await this.#run(['ipset', 'restore'], createSetsText() + flush.join(''));
    await runInShell(this.#node, ['ipvsadm', '-C']);
    const shown = await runInShell(this.#node, ['ip', 'addr', 'show', 'dev', 'kube-ipvs0']);
    const old = [...shown.matchAll(/^ +inet (\S+) /gm)].map(
      ([, prefix]) => `addr del ${prefix} dev kube-ipvs0\n`,
    );
    await this.#run(['ip', '-force', '-batch', '-'], old.join(''));
    const saved = await runInShell(this.#node, ['iptables-save']);
    await this.#run(['iptables-restore', '--noflush'], ipvsRulesText(this.#clusterCidr, jumpsIn(saved)));
    this.#quiescent.clear();
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

  async #run(argv: readonly string[], text: string): Promise<void> {
    if (text !== '') await runInShell(this.#node, argv, text);
  }
}

/** The jumps to kube-proxy's chains in saved rules, as `table FROM TO`. */
function jumpsIn(saved: string): Set<string> {
  const present = new Set<string>();
  let table = '';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const jump = /^-A (\S+) .*-j (KUBE-\S+)$/.exec(line);
    if (jump) present.add(`${table} ${jump[1]} ${jump[2]}`);
  }
  return present;
}
