/**
 * Milliseconds that this process has computed, whatever else the machine does meanwhile: for work that waits for
 * nothing, both sides of a ratio.
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
