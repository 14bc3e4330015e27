import { randomUUID } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCK = /^lock-(\d{8})$/;

interface Owner {
  readonly pid: number;
  /** When the process began, in the system's own words: pids are used again. Empty where there is no /proc. */
  readonly began: string;
}

/**
 * A directory that one process uses at a time. Locks are numbered and the highest one counts: who finds its
 * owner dead makes the next one, which succeeds for one process only, and nobody ever removes a lock that
 * counts. So a lock left by a killed process is no hindrance and no race.
 */
export class DirectoryLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static acquire(directory: string): DirectoryLock {
    for (;;) {
      const highest = lockNumbers(directory).at(-1) ?? 0;
      const owner = readOwner(lockPath(directory, highest));
      if (owner && isAlive(owner)) {
        throw new Error(`the directory ${directory} is in use by process ${owner.pid}; stop that one first`);
      }
      const path = lockPath(directory, highest + 1);
      if (!make(directory, path, { pid: process.pid, began: beginningOf(process.pid) })) continue;
      if (lockNumbers(directory).at(-1) === highest + 1) {
        for (const old of lockNumbers(directory)) {
          if (old <= highest) rmSync(lockPath(directory, old), { force: true });
        }
        return new DirectoryLock(path);
      }
      // Somebody went on from a lock beyond ours while we looked.
      rmSync(path, { force: true });
    }
  }

  /** The file stays, without an owner, so that its number is not used again. */
  release(): void {
    writeFileSync(this.#path, '');
  }
}

function lockPath(directory: string, number: number): string {
  return join(directory, `lock-${String(number).padStart(8, '0')}`);
}

function lockNumbers(directory: string): number[] {
  return readdirSync(directory)
    .map((name) => Number(LOCK.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
}

/** Undefined when nobody owns it. */
function readOwner(path: string): Owner | undefined {
  try {
    const { pid, began } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Owner>;
    return Number.isInteger(pid) && typeof began === 'string' ? { pid: pid as number, began } : undefined;
  } catch {
    return undefined;
  }
}

/** False when the lock is there already; it appears with its owner in it. */
function make(directory: string, path: string, owner: Owner): boolean {
  const own = join(directory, `lock.${process.pid}.${randomUUID()}`);
  writeFileSync(own, JSON.stringify(owner), { mode: 0o600 });
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own);
  }
}

function isAlive({ pid, began }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not ours to signal, but there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return began === '' || beginningOf(pid) === began;
}

/**
 * proc(5): the 22nd field of stat, the 20th after the name in brackets. A process that is dead and only waits
 * for its parent to notice (state Z) still has a number, but holds nothing.
 */
function beginningOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
