import type { NodeShell } from '../../client/node-shell.ts';
import type { IpFamily } from './ip-family.ts';
import { listUdpFlows, staleUdpFlows, type UdpServers } from './stale-udp-flows.ts';

/** Takes the flows out of a node's conntrack that no server answers any more; gives how many they were. */
export async function forgetStaleFlows(
  shell: NodeShell,
  family: IpFamily,
  servers: UdpServers,
): Promise<number> {
  const { stdout } = await shell.run(listUdpFlows(family));
  let deleted = 0;
  for (const argv of staleUdpFlows(stdout, servers, family)) {
    const { stderr } = await shell.run(argv);
    deleted += Number(/: (\d+) flow entries have been deleted/.exec(stderr)?.[1] ?? 0);
  }
  return deleted;
}
