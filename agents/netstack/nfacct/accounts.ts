import type { Netns } from '../netns.ts';
import { AccountError } from './account-error.ts';

/** NFACCT_NAME_MAX, without the zero at the end. */
const MAX_NAME = 31;
const MAX_ACCOUNTS = 4096;

/** What rules that name it have counted. */
export interface Account {
  readonly name: string;
  packets: number;
  bytes: number;
}

/** The accounting objects of one namespace (nfnetlink_acct). Refusals are AccountErrors. */
export class Accounts {
  readonly #ns: Netns;
  readonly #byName = new Map<string, Account>();

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** In the order in which they came. */
  all(): readonly Account[] {
    return [...this.#byName.values()];
  }

  get(name: string): Account | undefined {
    return this.#byName.get(accountName(name));
  }

  require(name: string): Account {
    const account = this.get(name);
    if (!account) throw new AccountError('No such file or directory');
    return account;
  }

  add(name: string, packets = 0, bytes = 0): void {
    if (this.get(name)) throw new AccountError('Device or resource busy');
    if (this.#byName.size >= MAX_ACCOUNTS) throw new AccountError('Cannot allocate memory');
    const kept = accountName(name);
    this.#byName.set(kept, { name: kept, packets, bytes });
  }

  delete(name: string): void {
    const account = this.require(name);
    if (this.#isNamed(account)) throw new AccountError('Device or resource busy');
    this.#byName.delete(account.name);
  }

  /** All that no rule names. */
  flush(): void {
    for (const account of this.all()) if (!this.#isNamed(account)) this.#byName.delete(account.name);
  }

  #isNamed({ name }: Account): boolean {
    for (const table of [...this.#ns.iptables.tables(), ...this.#ns.ip6tables.tables()])
      for (const chain of table.chains.values())
        for (const { rule } of chain.rules)
          if (rule.matches.some((match) => match.kind === 'nfacct' && match.name === name)) return true;
    return false;
  }
}

/** A name that is too long is cut. */
export function accountName(text: string): string {
  return text.slice(0, MAX_NAME);
}
