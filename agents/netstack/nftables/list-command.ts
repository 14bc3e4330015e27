import { type ListOptions, listChain, listSet, listTable, listWithin } from './listing.ts';
import { NftError, NO_SUCH } from './nft-error.ts';
import type { NftTable } from './nft-table.ts';

const FAMILIES = new Set(['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']);

/** `nft list ruleset|tables|table|chains|chain|sets|set|maps|map …`: `words` are what follows `list`. */
export function list(tables: readonly NftTable[], words: readonly string[], options: ListOptions): string {
  const [object = '', ...rest] = words;
  const family = FAMILIES.has(rest[0] ?? '') ? rest.shift() : undefined;
  const some = tables.filter((table) => family === undefined || table.family === family);
  const [tableName, name] = rest;
  switch (object) {
    case 'ruleset':
      return some.map((table) => listTable(table, options)).join('');
    case 'tables':
      return some.map((table) => `table ${table.family} ${table.name}\n`).join('');
    case 'table':
      return listTable(find(some, family, tableName), options);
    case 'chains':
    case 'sets':
    case 'maps':
      return some
        .filter((table) => tableName === undefined || table.name === tableName)
        .map((table) => listWithin(table, partsOf(table, object, options)))
        .join('');
    case 'chain':
    case 'set':
    case 'map': {
      const table = find(some, family, tableName);
      const found = object === 'chain' ? table.chains.get(name ?? '') : table.sets.get(name ?? '');
      if (!found) throw new NftError(NO_SUCH);
      return listWithin(table, 'rules' in found ? listChain(found, options) : listSet(found, options));
    }
    default:
      throw new NftError(`syntax error, unexpected ${object || 'end of file'}, expecting an object to list`);
  }
}

function find(tables: readonly NftTable[], family = 'ip', name = ''): NftTable {
  const table = tables.find((each) => each.family === family && each.name === name);
  if (!table) throw new NftError(NO_SUCH);
  return table;
}

/** Chains without their rules, sets without their elements. */
function partsOf(table: NftTable, object: 'chains' | 'sets' | 'maps', options: ListOptions): string {
  if (object === 'chains') {
    return [...table.chains.values()].map((chain) => listChain({ ...chain, rules: [] }, options)).join('');
  }
  return [...table.sets.values()]
    .filter((set) => (set.declaration.dataTypes === undefined) === (object === 'sets'))
    .map((set) => listSet(set, { ...options, terse: true }))
    .join('');
}
