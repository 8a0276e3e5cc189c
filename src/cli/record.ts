import { environment } from '../../experiments/environment.js';
import type { LoadedModule } from '../../experiments/modules.js';
import type { Json } from '../json.js';

/** The command of this process, as it was typed. */
export const commandLine = (): readonly string[] => ['bfn', ...process.argv.slice(2)];

/** What is needed to make a result again: the command, the versions, the machine and the modules of the user. */
export const recordOf = async (run: {
  modules: readonly LoadedModule[];
  seconds: number;
  workers: number;
}): Promise<Record<string, Json>> => ({
  command: commandLine(),
  ...(await environment()),
  workers: run.workers,
  seconds: run.seconds,
  modules: run.modules.map(({ path, sha256 }) => ({ path, sha256 })),
});
