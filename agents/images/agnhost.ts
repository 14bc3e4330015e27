import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatEndpoint, type IpAddress } from '../netstack/ip-address.ts';
import { requestPath } from '../sockets/request-path.ts';
import { type Image, type ProcessContext, untilTerminated } from './image.ts';
import { listenAddress } from './listen-address.ts';
import { pause } from './pause.ts';
import { remoteOf } from './remote-of.ts';

/** Kubernetes' end-to-end test image (k8s test/images/agnhost): one program, a subcommand a purpose. */
export const agnhost: Image = async (context) => {
  const [subcommand = 'pause', ...args] = [...context.command, ...context.args].filter(
    (arg) => arg !== '/agnhost',
  );
  switch (subcommand) {
    case 'netexec':
      return netexec(context, flags(args));
    case 'serve-hostname':
      return serveHostname(context, flags(args));
    case 'pause':
      return pause(context);
    default:
      context.log(`agnhost ${subcommand}: podwire knows netexec, serve-hostname and pause`);
      return 1;
  }
};

/** `--name=value` and `--name value`; a flag without a value is `true`. */
function flags(args: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let index = 0; index < args.length; index++) {
    const match = /^--?([^=]+)(?:=(.*))?$/.exec(args[index]!);
    if (!match) continue;
    const next = args[index + 1];
    if (match[2] !== undefined) found.set(match[1]!, match[2]);
    else if (next !== undefined && !next.startsWith('-')) {
      found.set(match[1]!, next);
      index++;
    } else found.set(match[1]!, 'true');
  }
  return found;
}

/** A port given by a flag; 0 or less where the flag turns the server off. */
function portFlag(options: ReadonlyMap<string, string>, name: string, byDefault: number): number {
  const text = options.get(name) ?? String(byDefault);
  const port = Number(text);
  if (!Number.isInteger(port) || port > 65535) throw new Error(`invalid argument "${text}" for "--${name}"`);
  return port;
}

async function netexec(context: ProcessContext, options: ReadonlyMap<string, string>): Promise<number> {
  const { sockets, log } = context;
  const address = listenAddress(context);
  const httpPort = portFlag(options, 'http-port', 8080);
  const udpPort = portFlag(options, 'udp-port', 8081);
  let requestedExit: (code: number) => void = () => {};
  const exited = new Promise<number>((resolve) => {
    requestedExit = resolve;
  });
  sockets.serveHttp({ address, port: httpPort }, (request, response) => {
    answerNetexec(context, request, response, requestedExit);
  });
  if (udpPort > 0) serveNetexecUdp(context, { address, port: udpPort });
  log(`Started HTTP server on port ${httpPort}`);
  return Promise.race([exited, untilTerminated(context).then(() => 0)]);
}

function serveNetexecUdp(context: ProcessContext, local: { address: IpAddress; port: number }): void {
  const udp = context.sockets.bindUdp(local);
  udp.onMessage = (payload, from, to) => {
    const client = formatEndpoint(from);
    const answer = netexecUdp(context, Buffer.from(payload).toString(), client);
    if (answer !== '') udp.send(Buffer.from(answer), from, to);
  };
}

/** The paths of netexec that clients of a network use (k8s test/images/agnhost/README.md, "netexec"). */
function answerNetexec(
  context: ProcessContext,
  request: IncomingMessage,
  response: ServerResponse,
  exit: (code: number) => void,
): void {
  const { path, query } = requestPath(request);
  const client = remoteOf(request.socket);
  context.log(`${request.method} ${path} from ${client}`);
  const reply = (body: string, status = 200): void => {
    response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
  switch (path.toLowerCase()) {
    case '/':
      return reply(`NOW: ${new Date(context.clock.now()).toISOString()}\n`);
    case '/clientip':
      return reply(client);
    case '/echo':
      return echoMessage(query, reply);
    case '/header':
      return reply(String(request.headers[(query.get('key') ?? '').toLowerCase()] ?? ''));
    case '/healthz':
    case '/readyz':
      return reply('OK');
    case '/hostname':
      return reply(context.hostname);
    case '/exit':
    case '/shutdown':
      reply('');
      return exit(Number(query.get('code')) || 0);
    default:
      return reply('404 page not found\n', 404);
  }
}

function echoMessage(query: URLSearchParams, reply: (body: string, status?: number) => void): void {
  const code = query.get('code') ?? '';
  if (code !== '' && !/^[2-9]\d\d$/.test(code)) {
    return reply(
      `argument 'code' must be an integer from 200 to 999 or empty, got ${JSON.stringify(code)}\n`,
    );
  }
  reply(query.get('msg') ?? '', Number(code) || 200);
}

function netexecUdp(context: ProcessContext, line: string, client: string): string {
  const [command = '', ...rest] = line.trim().split(' ');
  switch (command.toLowerCase()) {
    case 'hostname':
      return context.hostname;
    case 'echo':
      return rest.join(' ');
    case 'clientip':
      return client;
    default:
      return '';
  }
}

/** Tells its host name to whoever asks, over HTTP, TCP or UDP. */
async function serveHostname(context: ProcessContext, options: ReadonlyMap<string, string>): Promise<number> {
  const { hostname, sockets } = context;
  const local = { address: listenAddress(context), port: portFlag(options, 'port', 9376) };
  if (options.get('udp') === 'true') {
    const socket = sockets.bindUdp(local);
    socket.onMessage = (_, from, to) => socket.send(Buffer.from(hostname), from, to);
  }
  if (options.get('tcp') === 'true') {
    sockets.listen(local, (socket) => {
      socket.write(Buffer.from(hostname));
      socket.end();
    });
  } else if (options.get('http') !== 'false') {
    sockets.serveHttp(local, (_, response) => {
      response.end(hostname);
    });
  }
  await untilTerminated(context);
  return 0;
}
