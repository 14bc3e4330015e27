/** A part of an input text, for messages that point at it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A mistake in nft's input, or a command that the ruleset does not allow. */
export class NftError extends Error {
  readonly span: Span | undefined;

  constructor(message: string, span?: Span) {
    super(message);
    this.span = span;
  }
}

/** The kernel's refusals, in nft's words. */
export const REFUSALS = {
  ENOENT: 'Could not process rule: No such file or directory',
  EEXIST: 'Could not process rule: File exists',
  EBUSY: 'Could not process rule: Device or resource busy',
  EOPNOTSUPP: 'Could not process rule: Operation not supported',
  EMLINK: 'Could not process rule: Too many links',
  ENFILE: 'Could not process rule: Too many open files in system',
  EINVAL: 'Could not process rule: Invalid argument',
} as const;

/** The message as nft prints it: with the file's name and position if it came from one, and the line marked. */
export function formatError(error: NftError, text: string, file: string | undefined): string {
  if (!error.span) return `Error: ${error.message}\n`;
  const { start, end } = error.span;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', lineStart);
  const line = text.slice(lineStart, newline < 0 ? undefined : newline);
  const column = start - lineStart;
  const width = Math.max(1, Math.min(end - start, line.length - column));
  const number = text.slice(0, lineStart).split('\n').length;
  const where = file === undefined ? '' : `${file}:${number}:${column + 1}-${column + width}: `;
  return `${where}Error: ${error.message}\n${line}\n${' '.repeat(column)}${'^'.repeat(width)}\n`;
}
