import { printLines } from '../bench-line.ts';
import { benchAcross } from './across.ts';
import { benchEstablished } from './established.ts';
import { benchRules } from './rules.ts';

const say = (what: string): void => void process.stderr.write(`${what}…\n`);
const SECONDS = 2;

say('an established flow');
const lines = await benchEstablished(SECONDS);
say('two agents');
lines.push(...(await benchAcross(SECONDS)));
say('rules for many Services');
lines.push(...(await benchRules([10, 1000, 10_000, 30_000])));
printLines(lines);
process.exit(0);
