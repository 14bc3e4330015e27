import { benchApi } from './api.ts';
import { startBenchCluster } from './bench-cluster.ts';
import { printLines } from './bench-line.ts';
import { benchNodePort } from './node-port.ts';
import { benchStartup } from './startup.ts';
import { benchStory } from './story.ts';

const say = (what: string): void => void process.stderr.write(`${what}…\n`);

say('starting clusters');
const startup = await benchStartup();
say('the story on a virtual clock');
const story = await benchStory();
const cluster = await startBenchCluster();
try {
  say('the API server');
  const api = await benchApi(cluster);
  say('a node port');
  const nodePort = await benchNodePort(cluster);
  printLines([...startup, ...story, ...api, ...nodePort]);
} finally {
  await cluster.stop();
}
process.exit(0);
