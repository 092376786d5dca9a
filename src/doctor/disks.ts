import { readFile, readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config.js';
import type { Check, Findings } from './finding.js';

const GIB = 2 ** 30;

/** Whether the disks of DATA_DIR and NODE_DATA_DIR have room, and are encrypted as far as this machine shows. */
export function disks({ DATA_DIR, NODE_DATA_DIR, MIN_FREE_BYTES }: Config): Check {
  return {
    name: 'disk',
    look: async (findings) => {
      for (const [name, folder] of Object.entries({ DATA_DIR, NODE_DATA_DIR })) {
        if (folder === undefined) continue;
        const there = await nearestFolder(path.resolve(folder));
        const isMissing = there !== path.resolve(folder);
        if (isMissing && name === 'NODE_DATA_DIR')
          findings.fault(
            `There is no folder NODE_DATA_DIR "${folder}".`,
            'Set it to the folder of the node on this machine.',
          );
        await judgeRoom(findings, { name, folder: there, leastBytes: MIN_FREE_BYTES });
        if (await isEncrypted(there)) findings.ok(`${name} "${folder}" lies on an encrypted disk.`);
        else
          findings.warning(
            `${name} "${folder}" lies on no disk that can be seen to be encrypted by this machine.`,
            'Use LUKS (cryptsetup), unless the disk or the host below encrypts: names of patients are in the catalogue.',
          );
      }
    },
  };
}

/** The folder itself, or what is there of the way to it: its disk is where it will be. */
async function nearestFolder(folder: string): Promise<string> {
  const isThere = await stat(folder).catch(() => undefined);
  return isThere || folder === '/' ? folder : nearestFolder(path.dirname(folder));
}

async function judgeRoom(
  findings: Findings,
  { name, folder, leastBytes }: { name: string; folder: string; leastBytes: number },
): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(folder);
  const free = bavail * bsize;
  const says = `The disk of ${name} has ${(free / GIB).toFixed(1)} of ${((blocks * bsize) / GIB).toFixed(1)} GiB free.`;
  if (free < leastBytes)
    findings.fault(`${says} Below ${(leastBytes / GIB).toFixed(1)} GiB (MIN_FREE_BYTES) nothing is stored.`, 'Make room.'); // prettier-ignore
  else if (free < 3 * leastBytes || bavail < blocks / 20)
    findings.warning(`${says} Storing ends soon.`, 'Make room (docs/operations/backup.md says how much a site needs).');
  else findings.ok(says);
}

/** Whether the block device of a folder, or one below it, is one of dm-crypt. */
async function isEncrypted(folder: string): Promise<boolean> {
  const device = deviceOf(await readFile('/proc/self/mountinfo', 'utf8'), folder);
  return device !== undefined && hasCrypt(device);
}

/** `major:minor` of the mount that a folder lies on (proc(5)); undefined for none. */
export function deviceOf(mountinfo: string, folder: string): string | undefined {
  let found: { place: string; device: string } | undefined;
  for (const line of mountinfo.split('\n')) {
    const [, , device, , escaped] = line.split(' ');
    if (device === undefined || escaped === undefined) continue;
    const place = escaped.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    const isAbove = folder === place || folder.startsWith(place.endsWith('/') ? place : `${place}/`);
    // The later of two at one place hides the earlier one.
    if (isAbove && place.length >= (found?.place.length ?? 0)) found = { place, device };
  }
  return found?.device;
}

/** Whether a block device (`major:minor`), or one that it consists of, is one of dm-crypt, as sysfs tells (sysfs-block-dm). */
export async function hasCrypt(device: string, { sysfs = '/sys' } = {}): Promise<boolean> {
  return isCrypt(path.join(sysfs, 'dev/block', device));

  async function isCrypt(block: string): Promise<boolean> {
    const uuid = await readFile(path.join(block, 'dm', 'uuid'), 'utf8').catch(() => '');
    if (uuid.startsWith('CRYPT-')) return true;
    const below = await readdir(path.join(block, 'slaves')).catch((): string[] => []);
    for (const name of below) if (await isCrypt(path.join(sysfs, 'class/block', name))) return true;
    return false;
  }
}
