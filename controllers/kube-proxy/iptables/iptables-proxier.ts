import { dependsOnPlace } from '../choose-endpoints.ts';
import { Programs } from '../programs.ts';
import type { NewProxier, Proxier, ProxierOptions } from '../proxier.ts';
import { runInShell } from '../run-in-shell.ts';
import type { ProxiedPort } from '../service-port.ts';
import { JUMPS } from './jumps.ts';
import { type NodeProgram, nodeProgram } from './node-program.ts';
import { NOTHING_WRITTEN, restoreText } from './restore-text.ts';
import { type ServiceText, serviceText } from './service-text.ts';

type IptablesPrograms = Programs<ServiceText, NodeProgram, string>;

/** kube-proxy's iptables mode. */
export function iptablesMode(clusterCidr: string): NewProxier {
  const programs: IptablesPrograms = new Programs({
    compile: (port, { nodeName, zone }) => serviceText(port, { nodeName, zone, clusterCidr }),
    dependsOnNode: dependsOnPlace,
    assemble: nodeProgram,
    difference: (before, after) => restoreText(after, before, []),
  });
  return (options) => new IptablesProxier(programs, options);
}

class IptablesProxier implements Proxier {
  readonly #programs: IptablesPrograms;
  readonly #options: ProxierOptions;
  /** Undefined: unknown, so everything is written and the jumps are looked for. */
  #written: NodeProgram | undefined;

  constructor(programs: IptablesPrograms, options: ProxierOptions) {
    this.#programs = programs;
    this.#options = options;
  }

  async sync(ports: readonly ProxiedPort[]): Promise<void> {
    const program = this.#programs.of(ports, this.#options);
    const text = this.#written
      ? this.#programs.difference(this.#written, program)
      : await this.#fullText(program);
    this.#written = undefined;
    if (text !== '') await runInShell(this.#options, ['iptables-restore', '--noflush', '--counters'], text);
    this.#written = program;
  }

  /** Everything, with the jumps that the node lacks, in place of what an earlier kube-proxy left. */
  async #fullText(program: NodeProgram): Promise<string> {
    const saved = await runInShell(this.#options, ['iptables-save']);
    const leftover = new Set<string>();
    const present = new Set<string>();
    let table = '';
    for (const line of saved.split('\n')) {
      if (line.startsWith('*')) table = line.slice(1);
      const chain = /^:(KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+) /.exec(line)?.[1];
      if (chain && table === 'nat') leftover.add(chain);
      const jump = /^-A (\S+) .*-j (KUBE-\S+)$/.exec(line);
      if (jump) present.add(`${table} ${jump[1]} ${jump[2]}`);
    }
    const jumps = JUMPS.filter(({ table, from, rule }) => {
      const target = rule.slice(rule.lastIndexOf(' ') + 1);
      return !present.has(`${table} ${from} ${target}`);
    });
    return restoreText(program, leftover.size === 0 ? NOTHING_WRITTEN : { chains: leftover }, jumps);
  }
}
