import { type DecodedPacket, decode } from 'dns-packet';
import { Counter, type Registry } from 'prom-client';
import type { HostEndpoint, HostNetwork, HostStream } from '../../platform/host-network.ts';
import type { Logger } from '../../platform/logger.ts';
import { encodeReply, type QueryHeader } from './encode-reply.ts';
import { type DnsPlugin, type DnsReply, emptyReply, serveChain } from './plugin.ts';

export interface DnsServerOptions {
  readonly network: HostNetwork;
  readonly listen: HostEndpoint;
  readonly plugins: readonly DnsPlugin[];
  readonly metrics: Registry;
  readonly logger: Logger;
}

export interface DnsServer {
  readonly local: HostEndpoint;
  close(): Promise<void>;
}

/** Without EDNS a client takes 512 bytes over UDP (RFC 1035 §4.2.1). */
const PLAIN_UDP_SIZE = 512;
const LARGEST_UDP_SIZE = 4096;
const TCP_SIZE = 65535;
const HEADER_BYTES = 12;

/** Serves one chain of plugins over UDP and TCP on the same port. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { network, listen, metrics } = options;
  const responses = new Counter({
    name: 'coredns_dns_responses_total',
    help: 'Responses by code',
    labelNames: ['rcode'],
    registers: [metrics],
  });
  const answer = async (message: Uint8Array, udp: boolean): Promise<Uint8Array | undefined> => {
    const reply = await answerMessage(message, udp, options);
    if (reply) responses.inc({ rcode: reply.rcode });
    return reply?.bytes;
  };
  const socket = await network.bindUdp(listen);
  socket.onDatagram = (payload, from) => {
    void answer(payload, true).then((bytes) => bytes && socket.send(bytes, from));
  };
  const listener = await network.listenTcp(socket.local, (stream) =>
    serveStream(stream, (bytes) => answer(bytes, false)),
  );
  return {
    local: socket.local,
    close: async () => {
      await Promise.all([socket.close(), listener.close()]);
    },
  };
}

/** A message that cannot be read is answered FORMERR if at least its header is there, else dropped. */
async function answerMessage(
  message: Uint8Array,
  udp: boolean,
  { plugins, logger }: DnsServerOptions,
): Promise<{ bytes: Uint8Array; rcode: string } | undefined> {
  if (message.length < HEADER_BYTES) return undefined;
  const isResponse = (message[2]! & 0x80) !== 0;
  if (isResponse) return undefined;
  const query = tryDecode(message);
  if (!query) {
    const id = (message[0]! << 8) | message[1]!;
    const header: QueryHeader = { id, recursionDesired: false, questions: [], edns: false };
    return { bytes: encodeReply(header, emptyReply('FORMERR'), PLAIN_UDP_SIZE), rcode: 'FORMERR' };
  }
  const reply = await replyTo(query, plugins).catch((error) => {
    logger.error({ error: String(error), question: query.questions?.[0] }, 'a DNS plugin failed');
    return emptyReply('SERVFAIL');
  });
  const opt = query.additionals?.find(({ type }) => type === 'OPT');
  const header = {
    id: query.id ?? 0,
    recursionDesired: query.flag_rd,
    questions: query.questions ?? [],
    edns: opt !== undefined,
  };
  const asked = opt?.type === 'OPT' ? opt.udpPayloadSize : PLAIN_UDP_SIZE;
  const udpLimit = Math.min(Math.max(asked, PLAIN_UDP_SIZE), LARGEST_UDP_SIZE);
  return { bytes: encodeReply(header, reply, udp ? udpLimit : TCP_SIZE), rcode: reply.rcode };
}

function tryDecode(message: Uint8Array): DecodedPacket | undefined {
  try {
    return decode(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
  } catch {
    return undefined;
  }
}

async function replyTo(query: DecodedPacket, plugins: readonly DnsPlugin[]): Promise<DnsReply> {
  const [question, ...more] = query.questions ?? [];
  if (opcodeOf(query) !== 'QUERY') return emptyReply('NOTIMP');
  if (!question || more.length > 0) return emptyReply('FORMERR');
  if ((question.class ?? 'IN') !== 'IN') return emptyReply('REFUSED');
  return serveChain(plugins, question);
}

/** The codec sets these, though its types do not say so. */
function opcodeOf(query: DecodedPacket): string {
  return (query as DecodedPacket & { opcode: string }).opcode;
}

/** Messages over TCP carry their length in two bytes (RFC 1035 §4.2.2); several may come on one connection. */
function serveStream(
  stream: HostStream,
  answer: (message: Uint8Array) => Promise<Uint8Array | undefined>,
): void {
  let pending = Buffer.alloc(0);
  let turn: Promise<void> = Promise.resolve();
  stream.onData = (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE()) {
      const size = pending.readUInt16BE();
      const message = pending.subarray(2, 2 + size);
      pending = pending.subarray(2 + size);
      turn = turn.then(() => answer(message)).then((bytes) => bytes && respond(stream, bytes));
    }
  };
  stream.onEnd = () => {
    turn = turn.then(() => stream.end());
  };
}

function respond(stream: HostStream, bytes: Uint8Array): void {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  stream.write(Buffer.concat([length, bytes]));
}
