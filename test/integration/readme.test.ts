import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, hasTool } from './running-cluster.ts';

const TOUR = [...readFileSync('README.md', 'utf8').matchAll(/<!-- tour -->\n```sh\n([^`]+)```/g)].map(
  ([, block]) => block!,
);
const TOOLS = ['kubectl', 'curl', 'dig'];

let up: ChildProcess;

beforeAll(async () => {
  let output = '';
  up = spawn(process.execPath, ['dist/podwire.js', 'up'], { stdio: ['ignore', 'pipe', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    for (const stream of [up.stdout, up.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('The cluster works')) resolve();
      });
    }
    up.once('exit', () => reject(new Error(output)));
  });
});

afterAll(async () => {
  rmSync('node-1.pcap', { force: true });
  const ended = new Promise((resolve) => up.once('exit', resolve));
  up.kill('SIGINT');
  await ended;
});

describe.runIf(TOOLS.every(hasTool))("the README's tour", () => {
  it('has steps', () => expect(TOUR.length).toBeGreaterThan(5));

  it('can be pasted', { timeout: 90_000 }, async () => {
    const script = `set -euo pipefail\n${TOUR.join('\n')}`;
    const { exitCode, stdout, stderr } = await command('bash', ['-c', script]);
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toContain('deployment "web" successfully rolled out');
    expect(stdout).toMatch(/0 100 80 web\.default\.svc\.cluster\.local\./);
    expect(stdout.match(/"pod": "web-/g)!.length).toBe(12);
    expect(stdout).toMatch(/10\.96\.\d+\.\d+ \. tcp \. 80 : goto service-/);
    expect(stdout).toContain('my-ingress');
  });
});
