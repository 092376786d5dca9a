import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Grant, openGrants } from './open-grants.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-grants-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const grant = (change: Partial<Grant> = {}): Grant => ({
  ...{ ringId: 'ab'.repeat(16), toSite: 2, studyKey: '18446744073709551615', mayAdd: false },
  ...{ allowedBy: 'Dr. Grey', allowedAt: 1_800_000_000_000 },
  ...change,
});

describe('openGrants', () => {
  it('has after a restart what was given, the last of each study and site', async () => {
    const grants = await openGrants(folder);
    expect(grants.all()).toEqual([]);
    await Promise.all([grants.add([grant(), grant({ toSite: 3 })]), grants.add([grant({ studyKey: '0' })])]);
    await grants.add([grant({ mayAdd: true, allowedBy: 'Dr. Brown' })]);
    const all = [grant({ mayAdd: true, allowedBy: 'Dr. Brown' }), grant({ toSite: 3 }), grant({ studyKey: '0' })];
    expect(grants.all()).toEqual(all);
    expect((await openGrants(folder)).all()).toEqual(all);
    for (const name of readdirSync(folder)) expect(statSync(path.join(folder, name)).mode & 0o077).toBe(0);
  });

  it.each([
    ['no JSON', ''],
    ['another format', JSON.stringify({ format: 2, grants: [] })],
    ['no list', JSON.stringify({ format: 1, grants: {} })],
    ['a ring that is none', JSON.stringify({ format: 1, grants: [grant({ ringId: '../x' })] })],
    ['a number that is none', JSON.stringify({ format: 1, grants: [grant({ studyKey: '1n' })] })],
  ])('refuses %s, and says what to do', async (_, text) => {
    writeFileSync(path.join(folder, 'grants.json'), text);
    await expect(openGrants(folder)).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringContaining('Move it away') }); // prettier-ignore
  });
});
