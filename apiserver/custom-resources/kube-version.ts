const PATTERN = /^v(\d{1,9})(?:(alpha|beta)(\d{1,9}))?$/;
const STABILITY: Readonly<Record<string, number>> = { alpha: 0, beta: 1 };

/**
 * The order in which clients prefer versions: v10, v2, v1, v11beta2, v3beta1, v12alpha1, and what is no such
 * version last (k8s apimachinery/pkg/version/helpers.go).
 */
export function byPreference(a: string, b: string): number {
  const [first, second] = [rank(a), rank(b)];
  if (!first || !second) return first ? -1 : second ? 1 : a < b ? -1 : a > b ? 1 : 0;
  for (const [index, value] of first.entries()) {
    if (value !== second[index]) return second[index]! - value;
  }
  return 0;
}

function rank(version: string): readonly number[] | undefined {
  const match = PATTERN.exec(version);
  if (!match) return undefined;
  const stability = match[2] === undefined ? 2 : STABILITY[match[2]]!;
  return [stability, Number(match[1]), Number(match[3] ?? 0)];
}
