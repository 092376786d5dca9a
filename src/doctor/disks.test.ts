import { describe, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../config.js';
import { deviceOf, disks } from './disks.js';
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
