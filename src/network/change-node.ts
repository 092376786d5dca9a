import { existsSync } from 'node:fs';
import { LedgerError } from '../base/errors.js';
import { callGethIpc, ipcPathOf } from './geth-ipc.js';
import { joinFileIn, readJoinFile, writeJoinFile, type JoinFile } from './join-file.js';
import { writeNodeFolder, type NodeSettings } from './node-folder.js';

/** Writes `node.json`, and the join file where the folder has one. */
export async function changeNode(
  folder: string,
  settings: NodeSettings,
  join: (file: JoinFile) => JoinFile,
): Promise<void> {
  await writeNodeFolder(folder, settings);
  const file = joinFileIn(folder);
  if (existsSync(file)) await writeJoinFile(folder, join(await readJoinFile(file)));
}

/** Puts an enode into a join file, in place of others. */
export const withEnode =
  (enode: string, former: readonly string[]) =>
  (join: JoinFile): JoinFile => ({
    ...join,
    enodes: [...join.enodes.filter((other) => !former.includes(other)), enode],
  });

/** Whether the node of a folder runs, as far as its IPC socket tells. */
export async function doesRun(folder: string): Promise<boolean> {
  try {
    await callGethIpc(ipcPathOf(folder), 'eth_chainId', []);
    return true;
  } catch (error) {
    // Nobody listens: what else keeps it from answering is no sign that it has ended.
    if (error instanceof LedgerError && /ENOENT|ECONNREFUSED/.test(error.message)) return false;
    throw error;
  }
}
