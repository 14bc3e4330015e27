import { printLines } from '../bench-line.ts';
import { benchAcross } from './across.ts';
import { benchEstablished } from './established.ts';
import { benchPodToPod } from './pod-to-pod.ts';
import { benchRules } from './rules.ts';

const say = (what: string): void => void process.stderr.write(`${what}…\n`);
const SECONDS = 2;

say('an established flow');
printLines(await benchEstablished(SECONDS));
say('two pods');
printLines(await benchPodToPod(SECONDS));
say('two agents');
printLines(await benchAcross(SECONDS));
for (const services of [10, 1000, 10_000, 30_000]) {
  say(`${services} Services`);
  printLines(await benchRules(services));
}
process.exit(0);
