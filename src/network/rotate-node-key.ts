import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';
import { newKey } from '../ledger/keys/keys.js';
import { changeNode, doesRun, withEnode } from './change-node.js';
import { parseEnode } from './enode.js';
import { LEAST_EDITION } from './geth-edition.js';
import { nodeKeyFile, publicKeyOf, readNodeFolder } from './node-folder.js';

/**
 * Gives a node that does not run a new key, hence a new enode, and forgets the old one. Returns both enodes. Throws `locked` while it
 * runs, `misconfigured` where there is no node. Cut off on the way, it is to be run again.
 */
export async function rotateNodeKey(folder: string): Promise<{ former: string; enode: string }> {
  const settings = await readNodeFolder(folder);
  if (await doesRun(folder))
    throw new LedgerError(
      'locked',
      `The node of ${folder} runs: stop it, then give it a new key, then start it again.`,
    );
  const { address, port } = parseEnode(settings.enode);
  const key = newKey();
  const enode = `enode://${publicKeyOf(key)}@${address}:${port}`;
  await writeDurably(nodeKeyFile(folder), key.toString('hex'), { mode: 0o600 });
  await changeNode(folder, { ...settings, enode, nodeKeyEdition: LEAST_EDITION }, withEnode(enode, [settings.enode]));
  return { former: settings.enode, enode };
}
