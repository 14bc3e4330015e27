import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatIpv4 } from '../netstack/ipv4.ts';
import { serveHttp } from '../sockets/http-server.ts';
import { type Image, type ProcessContext, untilTerminated } from './image.ts';
import { listenAddress } from './listen-address.ts';
import { pause } from './pause.ts';

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

async function netexec(context: ProcessContext, options: ReadonlyMap<string, string>): Promise<number> {
  const address = listenAddress(context);
  const httpPort = Number(options.get('http-port') ?? 8080);
  const udpPort = Number(options.get('udp-port') ?? 8081);
  let requestedExit: (code: number) => void = () => {};
  const exited = new Promise<number>((resolve) => {
    requestedExit = resolve;
  });
  const stopHttp = serveHttp(context.netns, { address, port: httpPort }, (request, response) => {
    answerNetexec(context, request, response, requestedExit);
  });
  const udp = udpPort > 0 ? context.netns.udp.bind({ address, port: udpPort }) : undefined;
  if (udp) {
    udp.onMessage = (payload, from, local) => {
      const answer = netexecUdp(
        context,
        Buffer.from(payload).toString(),
        `${formatIpv4(from.address)}:${from.port}`,
      );
      if (answer !== '') udp.send(Buffer.from(answer), from, local);
    };
  }
  context.log(`Started HTTP server on port ${httpPort}`);
  const code = await Promise.race([exited, untilTerminated(context).then(() => 0)]);
  stopHttp();
  udp?.close();
  return code;
}

/** The paths of netexec that clients of a network use (k8s test/images/agnhost/README.md, "netexec"). */
function answerNetexec(
  context: ProcessContext,
  request: IncomingMessage,
  response: ServerResponse,
  exit: (code: number) => void,
): void {
  const url = new URL(request.url ?? '/', 'http://netexec');
  const client = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
  context.log(`${request.method} ${url.pathname} from ${client}`);
  const reply = (body: string, status = 200): void => {
    response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
  switch (url.pathname.toLowerCase()) {
    case '/':
      return reply(`NOW: ${new Date(context.clock.now()).toISOString()}\n`);
    case '/clientip':
      return reply(client);
    case '/echo':
      return reply(url.searchParams.get('msg') ?? '', Number(url.searchParams.get('code')) || 200);
    case '/header':
      return reply(String(request.headers[(url.searchParams.get('key') ?? '').toLowerCase()] ?? ''));
    case '/healthz':
    case '/readyz':
      return reply('OK');
    case '/hostname':
      return reply(context.hostname);
    case '/exit':
    case '/shutdown':
      reply('');
      return exit(Number(url.searchParams.get('code')) || 0);
    default:
      return reply('404 page not found\n', 404);
  }
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
  const address = listenAddress(context);
  const port = Number(options.get('port') ?? 9376);
  const closers: (() => void)[] = [];
  if (options.get('udp') === 'true') {
    const socket = context.netns.udp.bind({ address, port });
    socket.onMessage = (_, from, local) => socket.send(Buffer.from(context.hostname), from, local);
    closers.push(() => socket.close());
  }
  if (options.get('tcp') === 'true') {
    const listener = context.netns.tcp.listen({ address, port }, (socket) => {
      socket.write(Buffer.from(context.hostname));
      socket.end();
    });
    closers.push(() => listener.close());
  } else if (options.get('http') !== 'false') {
    closers.push(
      serveHttp(context.netns, { address, port }, (_, response) => response.end(context.hostname)),
    );
  }
  await untilTerminated(context);
  for (const close of closers) close();
  return 0;
}
