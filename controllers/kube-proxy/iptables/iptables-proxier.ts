import type { NewProxier, Proxier, ProxierOptions } from '../proxier.ts';
import type { ProxiedPort } from '../service-port.ts';
import { JUMPS } from './jumps.ts';
import { type NodeProgram, nodeProgram } from './node-program.ts';
import { NOTHING_WRITTEN, restoreText, type Written } from './restore-text.ts';
import { dependsOnNode, ServiceTexts } from './service-text.ts';

/** kube-proxy's iptables mode. Its nodes share what is the same for all of them. */
export function iptablesMode(clusterCidr: string): NewProxier {
  const programs = new Programs(clusterCidr);
  return (options) => new IptablesProxier(programs, options);
}

/** Programs and the differences between them, made once for all nodes that need the same. */
class Programs {
  readonly #texts: ServiceTexts;
  #latest: { readonly ports: readonly ProxiedPort[]; readonly program: NodeProgram } | undefined;
  #step: { readonly before: Written; readonly after: NodeProgram; readonly text: string } | undefined;

  constructor(clusterCidr: string) {
    this.#texts = new ServiceTexts(clusterCidr);
  }

  of(ports: readonly ProxiedPort[], nodeName: string): NodeProgram {
    if (this.#latest?.ports === ports) return this.#latest.program;
    const program = nodeProgram(ports.map((port) => this.#texts.of(port, nodeName)));
    if (!ports.some(dependsOnNode)) this.#latest = { ports, program };
    return program;
  }

  difference(before: NodeProgram, after: NodeProgram): string {
    if (this.#step?.before !== before || this.#step.after !== after) {
      this.#step = { before, after, text: restoreText(after, before, []) };
    }
    return this.#step.text;
  }
}

class IptablesProxier implements Proxier {
  readonly #programs: Programs;
  readonly #options: ProxierOptions;
  /** Undefined: unknown, so everything is written and the jumps are looked for. */
  #written: NodeProgram | undefined;

  constructor(programs: Programs, options: ProxierOptions) {
    this.#programs = programs;
    this.#options = options;
  }

  async sync(ports: readonly ProxiedPort[]): Promise<void> {
    const program = this.#programs.of(ports, this.#options.nodeName);
    const text = this.#written
      ? this.#programs.difference(this.#written, program)
      : await this.#fullText(program);
    this.#written = undefined;
    if (text !== '') await this.#run(['iptables-restore', '--noflush', '--counters'], text);
    this.#written = program;
  }

  forget(): void {
    this.#written = undefined;
  }

  /** Everything, with the jumps that the node lacks, in place of what an earlier kube-proxy left. */
  async #fullText(program: NodeProgram): Promise<string> {
    const saved = await this.#run(['iptables-save']);
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

  async #run(argv: readonly string[], stdin?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#options.shell.run(argv, stdin);
    if (exitCode !== 0) {
      throw new Error(`${argv.join(' ')} on ${this.#options.nodeName} exited ${exitCode}: ${stderr.trim()}`);
    }
    return stdout;
  }
}
