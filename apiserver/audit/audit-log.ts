import { createWriteStream, fstatSync, openSync, renameSync, type WriteStream } from 'node:fs';
import type { Logger } from '../../platform/logger.ts';
import { type AuditedRequest, auditEvent } from './audit-event.ts';

/** Where events of the audit go. */
export interface AuditLog {
  write(audited: AuditedRequest): void;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

export interface AuditFileOptions {
  readonly path: string;
  /** The file is moved to `<path>.1` when it is as large; that one is replaced. */
  readonly maxBytes: number;
  readonly logger: Logger;
}

/** What may wait for the disk. */
const MOST_WAITING = 16 * 1024 * 1024;

/** JSON lines in a file. A disk that is full or slow costs lines, never requests; what is lost is said. */
export function auditFile({ path, maxBytes, logger }: AuditFileOptions): AuditLog {
  let lost = 0;
  let size = 0;
  const open = (): WriteStream => {
    const fd = openSync(path, 'a', 0o600);
    ({ size } = fstatSync(fd));
    const stream = createWriteStream('', { fd });
    stream.on('error', (error) =>
      logger.error({ error: String(error), path }, 'the audit log is not written'),
    );
    return stream;
  };
  let file = open();
  return {
    write(audited) {
      if (file.destroyed || file.writableLength > MOST_WAITING) {
        if (lost++ === 0)
          logger.error({ path }, 'lines of the audit log are lost: the disk does not keep up');
        return;
      }
      const line = `${JSON.stringify(auditEvent(audited))}\n`;
      if (size + line.length > maxBytes && size > 0) {
        file.end();
        renameSync(path, `${path}.1`);
        file = open();
      }
      size += line.length;
      file.write(line);
    },
    close() {
      if (lost > 0) logger.warn({ path, lost }, 'lines of the audit log were lost');
      return new Promise((resolve) => file.end(() => resolve()));
    },
  };
}
