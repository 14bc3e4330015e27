import type { Proxier, ProxierOptions } from '../proxier.ts';
import type { ProxiedPort } from '../service-port.ts';
import { compileRules } from './compile-rules.ts';
import { JUMPS } from './jumps.ts';
import { NOTHING_WRITTEN, restoreText, type WrittenChains } from './restore-text.ts';

/** kube-proxy's iptables mode for one node. */
export class IptablesProxier implements Proxier {
  readonly #options: ProxierOptions;
  /** Undefined: unknown, so everything is written and the jumps are looked for. */
  #written: WrittenChains | undefined;

  constructor(options: ProxierOptions) {
    this.#options = options;
  }

  async sync(ports: readonly ProxiedPort[]): Promise<void> {
    const rules = compileRules(ports, this.#options);
    const present = this.#written;
    const { jumps, leftover } = present ? { jumps: [], leftover: present } : await this.#inspect();
    const restore = restoreText(rules, leftover, jumps);
    this.#written = undefined;
    if (restore.text !== '') await this.#run(['iptables-restore', '--noflush', '--counters'], restore.text);
    this.#written = restore.written;
  }

  forget(): void {
    this.#written = undefined;
  }

  /** Which jumps the node lacks, and which chains of an earlier kube-proxy it still has. */
  async #inspect(): Promise<{ jumps: typeof JUMPS; leftover: WrittenChains }> {
    const saved = await this.#run(['iptables-save']);
    const leftover = { filter: new Map<string, string>(), nat: new Map<string, string>() };
    const present = new Set<string>();
    let table = '';
    for (const line of saved.split('\n')) {
      if (line.startsWith('*')) table = line.slice(1);
      const chain = /^:(KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+) /.exec(line)?.[1];
      if (chain && table === 'nat') leftover.nat.set(chain, '');
      const jump = /^-A (\S+) .*-j (KUBE-\S+)$/.exec(line);
      if (jump) present.add(`${table} ${jump[1]} ${jump[2]}`);
    }
    const jumps = JUMPS.filter(({ table, from, rule }) => {
      const target = rule.slice(rule.lastIndexOf(' ') + 1);
      return !present.has(`${table} ${from} ${target}`);
    });
    return { jumps, leftover: present.size === 0 ? NOTHING_WRITTEN : leftover };
  }

  async #run(argv: readonly string[], stdin?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#options.shell.run(argv, stdin);
    if (exitCode !== 0) {
      throw new Error(`${argv.join(' ')} on ${this.#options.nodeName} exited ${exitCode}: ${stderr.trim()}`);
    }
    return stdout;
  }
}
