import type { Places } from '../netfilter/callers.ts';
import type { BaseSpec } from './base-spec.ts';
import type { RuleProgram } from './compile-rule.ts';
import type { NftSet } from './nft-set.ts';
import { placeOf } from './places.ts';
import type { Rule } from './rule.ts';

export type Policy = 'accept' | 'drop';

/** What a rule leads to and asks for. */
export interface BoundRule {
  readonly references: readonly (Chain | NftSet)[];
  /** Sets that it brings along: each has a handle of its own, before the rule's. */
  readonly anonymousSets: number;
  /** Whether it asks what connection a packet belongs to, or tells it something. */
  readonly asksForConnections: boolean;
  /** From where it may be called. */
  readonly places: Places;
}

/** A rule in a chain. */
export class RuleEntry {
  readonly handle: number;
  readonly rule: Rule;
  /** The chains and sets that it names. */
  readonly references: readonly (Chain | NftSet)[];
  /** From where it may be called. */
  readonly places: Places;
  /** Made when a packet first meets the rule: most rules of a large cluster never see one. */
  program: RuleProgram | undefined;

  constructor(handle: number, rule: Rule, { references, places }: BoundRule) {
    this.handle = handle;
    this.rule = rule;
    this.references = references;
    this.places = places;
  }
}

export class Chain {
  name: string;
  readonly handle: number;
  readonly base: BaseSpec | undefined;
  readonly comment: string | undefined;
  policy: Policy = 'accept';
  rules: RuleEntry[] = [];
  /** Rules and elements that lead here. */
  uses = 0;
  /** From where it is called, or was: see Callers. */
  places: Places;
  /** Takes a base chain from its hook. */
  unregister: (() => void) | undefined;

  constructor(name: string, handle: number, base: BaseSpec | undefined, comment: string | undefined) {
    this.name = name;
    this.handle = handle;
    this.base = base;
    this.places = base ? placeOf(base) : 0;
    this.comment = comment;
  }
}
