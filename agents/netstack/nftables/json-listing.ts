import type { Chain } from './chain.ts';
import type { NftSet } from './nft-set.ts';
import type { Table } from './table.ts';

const METAINFO = { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } };

/** A listing as `nft -j` writes it, with names and properties but without rules and elements (libnftables-json). */
export function jsonListing(objects: readonly object[]): string {
  return `${JSON.stringify({ nftables: [METAINFO, ...objects] })}\n`;
}

export function jsonTable({ family, name, handle }: Table): object {
  return { table: { family, name, handle } };
}

export function jsonChain(table: Table, { name, handle, base, policy }: Chain): object {
  const hook = base && { type: base.type, hook: base.hook, prio: base.priority, policy };
  return { chain: { family: table.family, table: table.name, name, handle, ...hook } };
}

export function jsonSet(table: Table, { name, handle, spec }: NftSet): object {
  const nameOf = (types: readonly { readonly name: string }[]) =>
    types.length === 1 ? types[0]!.name : types.map((type) => type.name);
  const data = spec.isVerdictMap ? 'verdict' : spec.data && nameOf(spec.data);
  return {
    [spec.isMap ? 'map' : 'set']: {
      family: table.family,
      name,
      table: table.name,
      type: nameOf(spec.key),
      handle,
      ...(data !== undefined && { map: data }),
      ...(spec.flags.length > 0 && { flags: spec.flags }),
      ...(spec.timeoutMs !== undefined && { timeout: spec.timeoutMs / 1000 }),
    },
  };
}
