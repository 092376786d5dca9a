import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLog } from '../base/log.js';
import { createAccessFile } from './access-file.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'access-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(content: unknown): string {
  const file = path.join(folder, 'access.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return file;
}
const open = (content: unknown) => createAccessFile({ file: write(content), log: silentLog });

const roles = {
  radiologist: { permissions: ['read', 'write'], mayBreakGlass: true },
  researcher: { permissions: ['read'], sees: ['trial-7'] },
  modality: { permissions: ['write'] },
};

describe('createAccessFile', () => {
  it('gives nobody a role without a file', () => {
    const none = createAccessFile({ file: undefined, log: silentLog });
    expect(none.rolesOf({ sub: 'anna', roles: ['radiologist'] })).toBeUndefined();
    expect([none.rolesOfKey('a'), none.rolesOfCertificate('CN=a')]).toEqual([undefined, undefined]);
  });

  it.each([
    [undefined, { roles: ['radiologist'] }],
    ['groups', { groups: 'radiologist' }],
    ['realm_access.roles', { realm_access: { roles: ['x', 'radiologist'] } }],
    ['https://hospital.example/roles', { 'https://hospital.example/roles': ['radiologist'] }],
  ])('finds the roles in the claim %s', (claim, claims) => {
    const grant = open({ ...(claim && { claim }), roles }).rolesOf(claims);
    expect(grant).toEqual({ permissions: new Set(['read', 'write']), sees: 'everything', mayBreakGlass: true });
  });

  it('leads from groups, people, certificates and keys to roles', () => {
    const file = open({
      roles,
      groups: { 'PACS readers': ['researcher'], radiologist: ['modality'] },
      people: { anna: ['radiologist'] },
      certificates: { 'CN=ct-1,O=Hospital': ['modality'] },
      keys: { '0123456789ab': ['researcher'] },
    });
    expect(file.rolesOf({ roles: ['PACS readers'] })).toMatchObject({ sees: { labels: ['trial-7'] } });
    expect(file.rolesOf({ roles: ['radiologist'] })).toMatchObject({ permissions: new Set(['write']) });
    expect(file.rolesOf({ sub: 'anna' })).toMatchObject({ permissions: new Set(['read', 'write']) });
    expect(file.rolesOfCertificate('CN=ct-1,O=Hospital')).toMatchObject({ permissions: new Set(['write']) });
    expect(file.rolesOfKey('0123456789ab')).toMatchObject({ permissions: new Set(['read']) });
  });

  it.each([
    { sub: 'ben' },
    { roles: ['constructor'] },
    { roles: { radiologist: true } },
    { sub: ['anna'] },
    { roles: [['radiologist']] },
    {},
  ])('gives no role for %j', (claims) =>
    expect(open({ roles, people: { anna: ['radiologist'] } }).rolesOf(claims)).toBeUndefined(),
  );

  it('lets a role that stores show nothing more of what another one may read', () => {
    expect(open({ roles }).rolesOf({ roles: ['researcher', 'modality'] })).toEqual({
      permissions: new Set(['read', 'write']),
      sees: { labels: ['trial-7'] },
    });
    expect(open({ roles }).rolesOf({ roles: ['researcher', 'radiologist'] })).toMatchObject({ sees: 'everything' });
  });

  it('names every fault together', () => {
    const faulty = {
      claim: 7,
      extra: 1,
      roles: {
        a: { permissions: ['read', 'delete'], sees: ['with space'], admin: true },
        b: [],
        c: { permissions: 'read', mayBreakGlass: 'yes' },
      },
      groups: { g: ['nobody'], h: 'a' },
      people: [],
    };
    expect(() => open(faulty)).toThrow(
      expect.objectContaining({
        code: 'misconfigured',
        message: expect.stringMatching(
          new RegExp(
            [
              'it has "extra"',
              '"claim" is not',
              'roles\\.a has "admin"',
              'roles\\.a\\.permissions has "delete"',
              'roles\\.a\\.sees has "with space"',
              'roles\\.b is not an object',
              'roles\\.c\\.permissions is not a list',
              'roles\\.c\\.mayBreakGlass',
              'groups\\.g has "nobody"',
              'groups\\.h is not a list',
              '"people" is not an object',
            ].join('.*'),
          ),
        ) as unknown,
      }),
    );
  });

  it.each(['', '{', 'null', '[]', '{}'])('refuses %j', (content) => {
    expect(() => open(content)).toThrow(expect.objectContaining({ code: 'misconfigured' }));
  });

  it('refuses a file that others may change, with the command to mend it', () => {
    const file = write({ roles });
    chmodSync(file, 0o620);
    expect(() => createAccessFile({ file, log: silentLog })).toThrow(`run "chmod go-w ${file}"`);
    chmodSync(file, 0o600);
  });

  it('takes over what was changed when it reads again, and keeps what it had when that has faults', () => {
    const file = open({ roles });
    write({ roles: { radiologist: { permissions: ['read'] } } });
    file.reload();
    expect(file.rolesOf({ roles: ['radiologist'] })).toMatchObject({ permissions: new Set(['read']) });
    write('{');
    file.reload();
    expect(file.rolesOf({ roles: ['radiologist'] })).toMatchObject({ permissions: new Set(['read']) });
  });
});
