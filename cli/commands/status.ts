import { Command } from 'commander';
import { isAlive, runningCluster, stateOption } from '../state-option.ts';

export function statusCommand(): Command {
  return new Command('status')
    .description('show what runs')
    .addOption(stateOption())
    .option('-o, --output <format>', 'json, or a table')
    .action(({ stateDir, output }: { stateDir: string; output?: string }) => {
      const { state } = runningCluster(stateDir);
      const processes = state.processes.map((process) => ({ ...process, running: isAlive(process.pid) }));
      if (output === 'json') {
        process.stdout.write(`${JSON.stringify({ ...state, processes }, undefined, 2)}\n`);
        return;
      }
      const rows = [
        ['PROCESS', 'PID', 'STATE', 'HEALTH'],
        ...processes.map(({ name, pid, running, health }) => [
          name,
          String(pid),
          running ? 'running' : 'dead',
          health ?? '',
        ]),
      ];
      const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
      const lines = rows.map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column]! + 3))
          .join('')
          .trimEnd(),
      );
      process.stdout.write(`apiserver ${state.apiserver}\ndns       ${state.dns}\n\n${lines.join('\n')}\n`);
      if (processes.some(({ running }) => !running)) process.exitCode = 1;
    });
}
