import type { Answer, Question } from 'dns-packet';

export type Rcode = 'NOERROR' | 'SERVFAIL' | 'NXDOMAIN' | 'REFUSED' | 'NOTIMP' | 'FORMERR';

/** An answer before it is encoded. */
export interface DnsReply {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  readonly additionals: readonly Answer[];
  readonly truncated?: boolean;
}

/** One link of the chain that a query passes (coredns plugin/plugin.go). */
export interface DnsPlugin {
  readonly name: string;
  /** Answers, or hands the question to the next plugin by answering undefined. */
  serve(question: Question): Promise<DnsReply | undefined> | DnsReply | undefined;
}

/** Asks each plugin in order; a question that nobody answers is refused, one that breaks a plugin fails. */
export async function serveChain(plugins: readonly DnsPlugin[], question: Question): Promise<DnsReply> {
  for (const plugin of plugins) {
    const reply = await plugin.serve(question);
    if (reply) return reply;
  }
  return emptyReply('REFUSED');
}

export function emptyReply(rcode: Rcode): DnsReply {
  return { rcode, authoritative: false, answers: [], authorities: [], additionals: [] };
}
