import type { Netns } from '../netstack/netns.ts';
import { type Command, type CommandResult, failure, success } from './command.ts';

/** `sysctl [-n] [-q] [-w] [-a] NAME[=VALUE]…` of procps. */
export const sysctl: Command = (args, _stdin, { ns }) => {
  const flags = new Set(args.filter((arg) => arg.startsWith('-')).flatMap((arg) => [...arg.slice(1)]));
  if (flags.has('a'))
    return success(
      ns.sysctl
        .entries()
        .map(([name, value]) => `${name} = ${value}\n`)
        .join(''),
    );
  const result = { stdout: '', stderr: '' };
  for (const word of args.filter((arg) => !arg.startsWith('-'))) {
    const { stdout, stderr } = one(ns, word, flags);
    result.stdout += stdout;
    result.stderr += stderr;
  }
  return result.stderr === '' ? success(result.stdout) : failure(1, result.stderr, result.stdout);
};

function one(ns: Netns, word: string, flags: ReadonlySet<string>): Omit<CommandResult, 'exitCode'> {
  const [key = '', value] = word.split('=', 2).map((part) => part.trim());
  const name = key.includes('.') ? key : key.replaceAll('/', '.');
  if (!exists(ns, name)) {
    return {
      stdout: '',
      stderr: `sysctl: cannot stat /proc/sys/${name.replaceAll('.', '/')}: No such file or directory\n`,
    };
  }
  if (value !== undefined) ns.sysctl.set(name, value);
  if (value !== undefined && flags.has('q')) return { stdout: '', stderr: '' };
  const current = ns.sysctl.get(name) ?? 0;
  return { stdout: flags.has('n') ? `${current}\n` : `${name} = ${current}\n`, stderr: '' };
}

/** A link's own settings exist with the link. */
function exists(ns: Netns, name: string): boolean {
  if (ns.sysctl.get(name) !== undefined) return true;
  const match = /^net\.(ipv[46])\.(conf|neigh)\.(.+)\.(\w+)$/.exec(name);
  if (match === null) return false;
  const [, family, kind, link, setting] = match;
  const general = kind === 'conf' ? 'all' : 'default';
  const isLink = link === 'default' || ns.link(link!.replace('/', '.')) !== undefined;
  return isLink && ns.sysctl.get(`net.${family}.${kind}.${general}.${setting}`) !== undefined;
}
