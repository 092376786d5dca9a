import { changeNode } from './change-node.js';
import { requireNetrestrict } from './netrestrict.js';
import { readNodeFolder } from './node-folder.js';

/** Keeps which addresses a node talks to, from its next start on. Throws `misconfigured` as `requireNetrestrict` does. */
export async function setNetrestrict(folder: string, masks: string): Promise<void> {
  const settings = await readNodeFolder(folder);
  const members = [settings.enode, ...settings.peers].map((enode) => new URL(enode).hostname);
  const netrestrict = requireNetrestrict(masks, members);
  await changeNode(folder, { ...settings, netrestrict }, (join) => ({ ...join, netrestrict }));
}
