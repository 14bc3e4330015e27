import { printLines } from '../bench-line.ts';
import { benchEstablished } from './established.ts';

printLines(await benchEstablished(Number(process.argv[2] ?? 2)));
process.exit(0);
