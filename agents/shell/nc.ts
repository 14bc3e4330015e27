import type { IpAddress } from '../netstack/ip-address.ts';
import { type Command, type CommandResult, failure, type ShellNode, success, UsageError } from './command.ts';
import { resolveHost } from './resolve-host.ts';

/** Without -w an answer is waited for this long. */
const DEFAULT_WAIT_MS = 10_000;

interface NcOptions {
  readonly zero: boolean;
  readonly udp: boolean;
  readonly verbose: boolean;
  readonly waitMs: number;
  readonly host: string;
  readonly port: number;
}

/** `nc [-z] [-u] [-v] [-w S] HOST PORT` of OpenBSD netcat: sends stdin, prints what comes back. */
export const nc: Command = async (args, stdin, node) => {
  const options = readOptions(args);
  const address = await resolveHost(node, options.host);
  if (address === undefined)
    return failure(
      1,
      `nc: getaddrinfo for host "${options.host}" port ${options.port}: Name or service not known\n`,
    );
  return options.udp ? datagram(node, options, address, stdin) : stream(node, options, address, stdin);
};

function readOptions(args: readonly string[]): NcOptions {
  const words: string[] = [];
  let flags = '';
  let waitMs = DEFAULT_WAIT_MS;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-w') waitMs = Number(args[++i]) * 1000;
    else if (/^-\w*w\d+$/.test(arg)) {
      waitMs = Number(arg.replace(/^-\w*w/, '')) * 1000;
      flags += arg.slice(1);
    } else if (arg.startsWith('-')) flags += arg.slice(1);
    else words.push(arg);
  }
  const [host, port] = words;
  if (host === undefined || !(Number(port) > 0))
    throw new UsageError('usage: nc [-uvz] [-w timeout] destination port', 1);
  return {
    zero: flags.includes('z'),
    udp: flags.includes('u'),
    verbose: flags.includes('v'),
    waitMs,
    host,
    port: Number(port),
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connection timed out',
};

function stream(
  node: ShellNode,
  options: NcOptions,
  address: IpAddress,
  stdin: string,
): Promise<CommandResult> {
  const { clock, tcp } = node.ns;
  const socket = tcp.connect({ address, port: options.port });
  const decoder = new TextDecoder();
  let output = '';
  let connected = false;
  return new Promise((resolve) => {
    const finish = (result: CommandResult) => {
      clock.clearTimeout(timer);
      socket.onClose = () => {};
      socket.destroy();
      resolve(result);
    };
    const said = () =>
      options.verbose ? `Connection to ${options.host} ${options.port} port [tcp/*] succeeded!\n` : '';
    const refuse = (reason: string) =>
      finish(failure(1, `nc: connect to ${options.host} port ${options.port} (tcp) failed: ${reason}\n`));
    const timer = clock.setTimeout(
      () => (connected ? finish(success(output, said())) : refuse('Operation timed out')),
      options.waitMs,
    );
    socket.onConnect = () => {
      connected = true;
      if (options.zero) return finish(success('', said()));
      if (stdin !== '') socket.write(new TextEncoder().encode(stdin));
      socket.end();
    };
    socket.onData = (chunk) => {
      output += decoder.decode(chunk, { stream: true });
    };
    socket.onEnd = () => finish(success(output, said()));
    socket.onClose = (error) =>
      connected
        ? finish(success(output, said()))
        : refuse(REASONS[error?.code ?? ''] ?? 'Connection refused');
  });
}

/** The first answer ends it; a port unreachable is a failure. */
function datagram(
  node: ShellNode,
  options: NcOptions,
  address: IpAddress,
  stdin: string,
): Promise<CommandResult> {
  const { clock, udp } = node.ns;
  const socket = udp.bind();
  return new Promise((resolve) => {
    const finish = (result: CommandResult) => {
      clock.clearTimeout(timer);
      socket.close();
      resolve(result);
    };
    const timer = clock.setTimeout(() => finish(options.zero ? success() : failure(1, '')), options.waitMs);
    socket.onMessage = (payload) => finish(success(new TextDecoder().decode(payload)));
    socket.onFault = () => finish(failure(1, `nc: read failed(0/0): Connection refused\n`));
    socket.send(new TextEncoder().encode(stdin), { address, port: options.port });
  });
}
