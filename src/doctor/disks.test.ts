import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../config.js';
import { deviceOf, disks, hasCrypt } from './disks.js';
import { foundBy } from './testing/found-by.js';

describe('disks', () => {
  it('finds room, also for a folder that is still to be made', async () => {
    const found = await foundBy(
      disks(readConfig({ DATA_DIR: path.join(tmpdir(), 'not', 'there'), MIN_FREE_BYTES: '0' })),
    );
    expect(found[0]).toMatch(/^(ok|warning): The disk of DATA_DIR has [\d.]+ of [\d.]+ GiB free\./);
    expect(found[1]).toMatch(/^(ok|warning): DATA_DIR ".*" lies on (an encrypted disk|no disk that can be seen)/);
  });

  it('finds a disk that is full, and a folder of a node that is not there', async () => {
    const found = await foundBy(disks(readConfig({ DATA_DIR: tmpdir(), NODE_DATA_DIR: '/not/there', MIN_FREE_BYTES: String(2 ** 50) }))); // prettier-ignore
    expect(found[0]).toMatch(/^fault: The disk of DATA_DIR .* nothing is stored\. -> Make room\.$/);
    expect(found).toContainEqual(expect.stringMatching(/^fault: There is no folder NODE_DATA_DIR "\/not\/there"/));
  });
});

describe('deviceOf', () => {
  const mountinfo = [
    '22 1 253:1 / / rw,relatime - ext4 /dev/vda1 rw',
    '23 22 0:20 / /proc rw - proc proc rw',
    '30 22 253:2 / /srv rw - ext4 /dev/mapper/srv rw',
    '31 30 253:3 / /srv/with\\040space rw - ext4 /dev/mapper/x rw',
    '32 22 253:4 / /srv rw - ext4 /dev/mapper/over rw',
  ].join('\n');

  it.each([
    ['/', '253:1'],
    ['/srvx', '253:1'],
    ['/srv', '253:4'],
    ['/srv/data', '253:4'],
    ['/srv/with space/data', '253:3'],
  ])('tells the device of %s: %s', (folder, expected) => {
    expect(deviceOf(mountinfo, folder)).toBe(expected);
  });
});

describe('hasCrypt', () => {
  const sysfs = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-sysfs-'));
  /** A device as sysfs shows it: the kernel's Documentation/ABI/testing/sysfs-block-dm, and `slaves` of sysfs-block. */
  const lay = (block: string, { uuid, slaves = [] }: { uuid?: string; slaves?: string[] }): void => {
    for (const slave of slaves) mkdirSync(path.join(sysfs, block, 'slaves', slave), { recursive: true });
    if (uuid === undefined) return;
    mkdirSync(path.join(sysfs, block, 'dm'), { recursive: true });
    writeFileSync(path.join(sysfs, block, 'dm/uuid'), `${uuid}\n`);
  };
  beforeAll(() => {
    lay('dev/block/254:0', { uuid: 'CRYPT-LUKS2-1b0d2a5c-data', slaves: ['sda2'] });
    lay('dev/block/254:1', { uuid: 'LVM-of-a-volume', slaves: ['dm-0'] });
    lay('class/block/dm-0', { uuid: 'CRYPT-LUKS1-5f-root', slaves: ['sda3'] });
    lay('dev/block/254:2', { uuid: 'LVM-of-another', slaves: ['sda4'] });
  });
  afterAll(() => rmSync(sysfs, { recursive: true }));

  it.each([
    ['254:0', true, 'LUKS'],
    ['254:1', true, 'LVM on LUKS'],
    ['254:2', false, 'LVM on a disk'],
    ['8:1', false, 'a partition'],
    ['0:20', false, 'no block device'],
  ])('tells of %s: %s (%s)', async (device, expected) => {
    expect(await hasCrypt(device, { sysfs })).toBe(expected);
  });
});
