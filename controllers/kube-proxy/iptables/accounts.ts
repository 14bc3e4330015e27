/** The accounting objects that rules count in (k8s pkg/proxy/metrics/metrics.go). */
export const INVALID_DROPPED = 'ct_state_invalid_dropped_pkts';
export const LOCALHOST_ACCEPTED = 'localhost_nps_accepted_pkts';
export const ACCOUNTS = [INVALID_DROPPED, LOCALHOST_ACCEPTED] as const;
export type AccountName = (typeof ACCOUNTS)[number];

/** The packets that each has counted, from what `nfacct list` prints; only those that are there. */
export function readAccounts(text: string): ReadonlyMap<AccountName, number> {
  const packets = new Map<AccountName, number>();
  for (const [, count, name] of text.matchAll(/^\{ pkts = (\d+), .*\} = (\S+);$/gm)) {
    const account = ACCOUNTS.find((each) => each === name);
    if (account) packets.set(account, Number(count));
  }
  return packets;
}
