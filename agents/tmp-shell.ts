import type { NodeShell } from '../client/node-shell.ts';
import type { Netns } from './netstack/netns.ts';

export function nodeShell({ ns }: { ns: Netns }): NodeShell {
  return {
    run: async (argv, stdin = '') => {
      if (argv[0] === 'iptables-save') return { exitCode: 0, stdout: ns.iptables.save({}), stderr: '' };
      if (argv[0] === 'iptables-restore') {
        const result = ns.iptables.restore(stdin, { noflush: true, counters: true });
        return result.ok ? { exitCode: 0, stdout: '', stderr: '' } : { exitCode: 2, stdout: '', stderr: result.error };
      }
      return { exitCode: 127, stdout: '', stderr: '' };
    },
  };
}
