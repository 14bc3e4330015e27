import type { Answer, Question } from 'dns-packet';
import type { Rng } from '../../platform/rng.ts';
import { type DnsPlugin, type DnsReply, serveChain } from './plugin.ts';

/** Shuffles the addresses in the answers of the plugins behind it, so that clients spread. */
export class LoadBalancePlugin implements DnsPlugin {
  readonly name = 'loadbalance';
  readonly #rng: Rng;
  readonly #next: readonly DnsPlugin[];

  constructor(rng: Rng, next: readonly DnsPlugin[]) {
    this.#rng = rng;
    this.#next = next;
  }

  async serve(question: Question): Promise<DnsReply> {
    const reply = await serveChain(this.#next, question);
    return reply.answers.length < 2 ? reply : { ...reply, answers: this.#shuffled(reply.answers) };
  }

  /** CNAMEs stay first, in order: clients follow them as they come. */
  #shuffled(answers: readonly Answer[]): Answer[] {
    const aliases = answers.filter(({ type }) => type === 'CNAME');
    const rest = answers.filter(({ type }) => type !== 'CNAME');
    for (let index = rest.length - 1; index > 0; index--) {
      const other = this.#rng.int(index + 1);
      [rest[index], rest[other]] = [rest[other]!, rest[index]!];
    }
    return [...aliases, ...rest];
  }
}
