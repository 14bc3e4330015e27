import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { etherFrame } from './plain-frames.ts';

const PROGRAM = fileURLToPath(new URL('reflector.py', import.meta.url));
/** No frame's source may be a group: a bridge looks no further. */
const SOURCE = '03:fe:fe:fe:fe:fe';
const ETHERTYPE = 0x88b6;

/** Inside a namespace: a mark that comes in by one of its devices goes out of all of them that are up. */
export class Reflector {
  readonly #process: ChildProcess;
  /** By mark: where it has gone out. */
  readonly #gone = new Map<number, readonly string[]>();
  #isReady = false;

  constructor(pid: number, devices: readonly string[], onLine: () => void) {
    const inside = ['-t', String(pid), '-n', 'python3', PROGRAM, ...devices];
    this.#process = spawn('nsenter', inside, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      const said = JSON.parse(line) as 'ready' | { tag: number; devices: string[] };
      if (said === 'ready') this.#isReady = true;
      else this.#gone.set(said.tag, said.devices);
      onLine();
    });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** To be sent into a device. */
  mark(tag: number): Uint8Array {
    const body = new Uint8Array(46);
    new DataView(body.buffer).setUint32(0, tag);
    return etherFrame('02:fe:fe:fe:fe:fe', SOURCE, ETHERTYPE, body);
  }

  /** Lets a mark go out without one having come in. */
  reflect(tag: number): void {
    this.#process.stdin!.write(`${tag}\n`);
  }

  /** Undefined as long as the mark has not come in. */
  devicesOf(tag: number): readonly string[] | undefined {
    return this.#gone.get(tag);
  }

  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    if (this.#process.kill('SIGKILL')) await exited;
  }
}

/** Undefined for what is no mark. */
export function markOf(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset);
  const isMark =
    frame.length >= 18 && frame[6] === 3 && view.getUint16(12) === ETHERTYPE && frame[7] === 0xfe;
  return isMark ? view.getUint32(14) : undefined;
}
