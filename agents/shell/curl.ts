import { formatIp, type IpVersion } from '../netstack/ip-address.ts';
import type { TcpSocket } from '../netstack/tcp/tcp-socket.ts';
import { type Command, type CommandResult, failure, type ShellNode, success } from './command.ts';
import { HttpResponse } from './http-response.ts';
import { resolveHost } from './resolve-host.ts';

interface CurlOptions {
  url: string;
  method: string;
  headers: string[];
  data: string | undefined;
  silent: boolean;
  showError: boolean;
  include: boolean;
  fail: boolean;
  discard: boolean;
  writeOut: string;
  version: IpVersion | undefined;
  timeoutMs: number;
  connectTimeoutMs: number;
}

/** A fault of curl's own catalogue: its exit code and text. */
class CurlError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** `curl [-4|-6] [-s] [-S] [-i] [-f] [-I] [-X M] [-H L] [-d D] [-m S] [--connect-timeout S] [-o /dev/null] [-w F] URL`, plain HTTP. */
export const curl: Command = async (args, _stdin, node) => {
  const options = readOptions(args);
  try {
    return await request(node, options);
  } catch (error) {
    if (!(error instanceof CurlError)) throw error;
    const text = options.silent && !options.showError ? '' : `curl: (${error.exitCode}) ${error.message}\n`;
    return failure(error.exitCode, text, writeOut(options, undefined, 0));
  }
};

const SHORT_FLAGS: Readonly<Record<string, (options: CurlOptions) => void>> = {
  s: (options) => {
    options.silent = true;
  },
  S: (options) => {
    options.showError = true;
  },
  i: (options) => {
    options.include = true;
  },
  4: (options) => {
    options.version = 4;
  },
  6: (options) => {
    options.version = 6;
  },
  f: (options) => {
    options.fail = true;
  },
  I: (options) => {
    options.method = 'HEAD';
    options.include = true;
  },
};

const LONG_FLAGS: Readonly<Record<string, string>> = {
  '--silent': 's',
  '--show-error': 'S',
  '--include': 'i',
  '--fail': 'f',
  '--head': 'I',
  '--ipv4': '4',
  '--ipv6': '6',
};

const VALUES: Readonly<Record<string, (options: CurlOptions, value: string) => void>> = {
  '-X': (options, value) => {
    options.method = value;
  },
  '-H': (options, value) => {
    options.headers.push(value);
  },
  '-d': (options, value) => {
    options.data = value;
    if (options.method === 'GET') options.method = 'POST';
  },
  '-m': (options, value) => {
    options.timeoutMs = Number(value) * 1000;
  },
  '--connect-timeout': (options, value) => {
    options.connectTimeoutMs = Number(value) * 1000;
  },
  '-o': (options, value) => {
    options.discard = value === '/dev/null';
  },
  '-w': (options, value) => {
    options.writeOut = value;
  },
};

const LONG_VALUES: Readonly<Record<string, string>> = {
  '--request': '-X',
  '--header': '-H',
  '--data': '-d',
  '--max-time': '-m',
  '--output': '-o',
  '--write-out': '-w',
};

/** What a user names may also be a property that every object has. */
function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function readOptions(args: readonly string[]): CurlOptions {
  const options: CurlOptions = {
    url: '',
    method: 'GET',
    headers: [],
    data: undefined,
    silent: false,
    showError: false,
    include: false,
    fail: false,
    discard: false,
    writeOut: '',
    version: undefined,
    timeoutMs: Number.POSITIVE_INFINITY,
    connectTimeoutMs: 300_000,
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const valued = own(VALUES, own(LONG_VALUES, arg) ?? arg);
    if (valued) valued(options, args[++i] ?? '');
    else if (/^-[A-Za-z46]/.test(arg)) i += readCluster(options, arg, args[i + 1]);
    else if (arg.startsWith('--')) own(SHORT_FLAGS, own(LONG_FLAGS, arg) ?? '')?.(options);
    else options.url = arg;
  }
  return options;
}

/** `-sS`, `-sm5`, `-so /dev/null`: returns how many further words were taken. */
function readCluster(options: CurlOptions, arg: string, next: string | undefined): number {
  for (let at = 1; at < arg.length; at++) {
    const valued = VALUES[`-${arg[at]}`];
    if (valued) {
      const inline = arg.slice(at + 1);
      valued(options, inline === '' ? (next ?? '') : inline);
      return inline === '' ? 1 : 0;
    }
    SHORT_FLAGS[arg[at]!]?.(options);
  }
  return 0;
}

const URL_PARTS = /^(?:(\w+):\/\/)?(\[[^\]]*\]|[^/:?#]+)(?::(\d+))?([^#]*)/;

async function request(node: ShellNode, options: CurlOptions): Promise<CommandResult> {
  const match = URL_PARTS.exec(options.url);
  if (!match)
    throw new CurlError(
      options.url === '' ? 2 : 3,
      options.url === '' ? 'no URL specified!' : 'URL using bad/illegal format or missing URL',
    );
  const [, scheme = 'http', host = '', portText, rest = ''] = match;
  if (scheme !== 'http') throw new CurlError(1, `Protocol "${scheme}" not supported or disabled in libcurl`);
  const address = await resolveHost(node, host, options.version);
  if (address === undefined) throw new CurlError(6, `Could not resolve host: ${host}`);
  const port = Number(portText ?? 80);
  const started = node.ns.clock.now();
  const socket = node.ns.tcp.connect({ address, port });
  const response = await exchange(node, socket, options, host, port, rest);
  const body = new TextDecoder().decode(response.body);
  if (options.fail && response.status >= 400)
    throw new CurlError(22, `The requested URL returned error: ${response.status}`);
  const shown = (options.include ? response.head : '') + (options.discard ? '' : body);
  return success(shown + writeOut(options, response, node.ns.clock.now() - started, formatIp(address)));
}

function exchange(
  node: ShellNode,
  socket: TcpSocket,
  options: CurlOptions,
  host: string,
  port: number,
  path: string,
): Promise<HttpResponse> {
  const { clock } = node.ns;
  const response = new HttpResponse();
  const started = clock.now();
  let connected = false;
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clock.clearTimeout(connectTimer);
      clock.clearTimeout(totalTimer);
      socket.onClose = () => {};
      socket.destroy();
      settle();
    };
    const expire = () => {
      const elapsed = Math.round(clock.now() - started);
      const what = connected
        ? `Operation timed out after ${elapsed} milliseconds with 0 bytes received`
        : `Connection timed out after ${elapsed} milliseconds`;
      finish(() => reject(new CurlError(28, what)));
    };
    const connectTimer = clock.setTimeout(() => connected || expire(), options.connectTimeoutMs);
    const totalTimer = Number.isFinite(options.timeoutMs)
      ? clock.setTimeout(expire, options.timeoutMs)
      : undefined;
    socket.onConnect = () => {
      connected = true;
      socket.write(new TextEncoder().encode(requestText(options, host, port, path)));
    };
    socket.onData = (chunk) => {
      response.push(chunk);
      if (response.complete || (options.method === 'HEAD' && response.hasHead))
        finish(() => resolve(response));
    };
    socket.onEnd = () => {
      if (response.hasHead) finish(() => resolve(response));
      else finish(() => reject(new CurlError(52, 'Empty reply from server')));
    };
    socket.onClose = (error) => {
      const elapsed = Math.round(clock.now() - started);
      const fault = connected
        ? new CurlError(56, 'Recv failure: Connection reset by peer')
        : new CurlError(
            error?.code === 'ETIMEDOUT' ? 28 : 7,
            `Failed to connect to ${host} port ${port} after ${elapsed} ms: Couldn't connect to server`,
          );
      finish(() => reject(fault));
    };
  });
}

function requestText(options: CurlOptions, host: string, port: number, path: string): string {
  const given = new Set(options.headers.map((line) => line.split(':')[0]!.toLowerCase()));
  const target = path === '' ? '/' : path.startsWith('/') ? path : `/${path}`;
  const lines = [`${options.method} ${target} HTTP/1.1`];
  if (!given.has('host')) lines.push(`Host: ${port === 80 ? host : `${host}:${port}`}`);
  if (!given.has('user-agent')) lines.push('User-Agent: curl/7.88.1');
  if (!given.has('accept')) lines.push('Accept: */*');
  lines.push(...options.headers);
  if (options.data !== undefined) {
    lines.push(`Content-Length: ${new TextEncoder().encode(options.data).length}`);
    if (!given.has('content-type')) lines.push('Content-Type: application/x-www-form-urlencoded');
  }
  return `${lines.join('\r\n')}\r\n\r\n${options.data ?? ''}`;
}

function writeOut(
  options: CurlOptions,
  response: HttpResponse | undefined,
  elapsedMs: number,
  remote = '',
): string {
  const variables: Readonly<Record<string, string>> = {
    http_code: `${response?.status ?? 0}`.padStart(3, '0'),
    response_code: `${response?.status ?? 0}`.padStart(3, '0'),
    size_download: `${response?.body.length ?? 0}`,
    time_total: (elapsedMs / 1000).toFixed(6),
    remote_ip: remote,
  };
  return options.writeOut
    .replace(/%\{(\w+)\}/g, (_, name: string) => variables[name] ?? '')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t');
}
