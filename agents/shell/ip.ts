import { isNetError } from '../netstack/net-error.ts';
import { type Command, type CommandResult, failure, type ShellNode, success, UsageError } from './command.ts';
import { ipAddress } from './ip-address.ts';
import { ipLink } from './ip-link.ts';
import { ipNeighbour } from './ip-neighbour.ts';
import { ipRoute } from './ip-route.ts';
import { ipRule } from './ip-rule.ts';

const OBJECTS: readonly (readonly [name: string, least: number, command: Command])[] = [
  ['address', 1, ipAddress],
  ['link', 1, ipLink],
  ['route', 1, ipRoute],
  ['rule', 2, ipRule],
  ['neighbour', 1, ipNeighbour],
  ['neighbor', 1, ipNeighbour],
];

/** `ip [-4|-6] [-j] OBJECT COMMAND` of iproute2, and `ip -batch -`; objects may be shortened as there. */
export const ip: Command = (args, stdin, node) => {
  const batch = args.findIndex((arg) => arg === '-b' || arg === '-batch');
  if (batch >= 0) return runBatch(stdin, args.includes('-force'), node);
  const flags = args.filter((arg) => /^-/.test(arg) && args.indexOf(arg) < objectIndex(args));
  const at = objectIndex(args);
  const object = args[at];
  if (flags.includes('-V')) return success('ip utility, iproute2-6.1.0\n');
  if (object === undefined) throw new UsageError('Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }', 255);
  const command = OBJECTS.find(([name, least]) => object.length >= least && name.startsWith(object))?.[2];
  if (!command) throw new UsageError(`Object "${object}" is unknown, try "ip help".`, 1);
  const json = flags.includes('-j') || flags.includes('-json');
  const family = flags.find((flag) => flag === '-4' || flag === '-6');
  return command([...(json ? ['-j'] : []), ...(family ? [family] : []), ...args.slice(at + 1)], stdin, node);
};

/** One command a line; the first that fails ends it, unless it goes on with `-force`. */
async function runBatch(text: string, force: boolean, node: ShellNode): Promise<CommandResult> {
  let [stdout, stderr] = ['', ''];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const fault = await Promise.resolve()
      .then(() => ip(line.trim().split(/\s+/), '', node))
      .then(
        (result) => {
          stdout += result.stdout;
          return undefined;
        },
        (error: unknown) => {
          if (!(error instanceof UsageError) && !isNetError(error)) throw error;
          return error;
        },
      );
    if (!fault) continue;
    stderr += `${fault.message}\nCommand failed -:${index + 1}\n`;
    if (!force) return failure(1, stderr, stdout);
  }
  return stderr === '' ? success(stdout) : failure(1, stderr, stdout);
}

function objectIndex(args: readonly string[]): number {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  return at < 0 ? args.length : at;
}
