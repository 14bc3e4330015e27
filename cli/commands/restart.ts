import { Command } from 'commander';
import { sendControl } from '../../cluster/control-server.ts';
import { runningCluster, stateOption } from '../state-option.ts';

export function restartCommand(): Command {
  return new Command('restart')
    .description('start a process again, such as an agent that was killed')
    .argument('<process>', 'its name in "podwire status"')
    .addOption(stateOption())
    .action(async (name: string, { stateDir }: { stateDir: string }) => {
      await sendControl(runningCluster(stateDir).directory.controlSocket, `/restart/${name}`);
      process.stdout.write(`${name} restarted\n`);
    });
}
