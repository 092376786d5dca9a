import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createPseudonyms, readConsortiumKey } from './pseudonyms.js';
import { inFolder } from './testing/parts.js';

const secret = Buffer.alloc(32, 1);
const hmac = (text: string): string => `0x${createHmac('sha256', secret).update(text).digest('hex')}`;

describe('ledgerKeys', () => {
  const pseudonyms = createPseudonyms(secret);
  const patient = { PatientID: '12345', IssuerOfPatientID: 'A', StudyInstanceUID: '1.2' };

  it('is HMAC-SHA256 of the UID, and of issuer, 0x1F and ID', () => {
    expect(pseudonyms.imageKey('1.2.3')).toBe(hmac('1.2.3'));
    expect(pseudonyms.patientKey(patient)).toBe(hmac('A\x1f12345'));
  });

  it('is another one under another key', () => {
    expect(createPseudonyms(Buffer.alloc(32, 2)).imageKey('1.2.3')).not.toBe(pseudonyms.imageKey('1.2.3'));
  });

  it('keeps the 12345 of two issuers apart, and joins the studies of one', () => {
    expect(pseudonyms.patientKey({ ...patient, IssuerOfPatientID: 'B' })).not.toBe(pseudonyms.patientKey(patient));
    expect(pseudonyms.patientKey({ ...patient, StudyInstanceUID: '1.3' })).toBe(pseudonyms.patientKey(patient));
  });

  it('makes one patient per study where there is no PatientID', () => {
    const nobody = { ...patient, PatientID: '' };
    expect(pseudonyms.patientKey(nobody)).toBe(pseudonyms.patientKey({ ...nobody }));
    expect(pseudonyms.patientKey({ ...nobody, StudyInstanceUID: '1.3' })).not.toBe(pseudonyms.patientKey(nobody));
  });
});

describe('readConsortiumKey', () => {
  it('makes a key that only its owner may read, and gives it again', () =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'key');
      const made = await readConsortiumKey({ file, create: true });
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readdir(folder)).toEqual(['key']);
      expect(await readFile(file, 'utf8')).toBe(`${made.toString('hex')}\n`);
      expect(await readConsortiumKey({ file, create: true })).toEqual(made);
      expect(made).toHaveLength(32);
    }));

  it('makes one although an earlier start was cut off while making it', () =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'key');
      await writeFile(`${file}.new`, 'ab');
      expect(await readConsortiumKey({ file, create: true })).toHaveLength(32);
    }));

  it('makes none that was to be copied from another site', () =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'key');
      await expect(readConsortiumKey({ file, create: false })).rejects.toMatchObject({ code: 'misconfigured' });
      expect(await readdir(folder)).toEqual([]);
    }));

  it.each(['', 'a'.repeat(63), 'a'.repeat(65), 'g'.repeat(64)])('refuses "%s"', (content) =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'key');
      await writeFile(file, content);
      const reading = readConsortiumKey({ file, create: true });
      await expect(reading).rejects.toMatchObject({ code: 'misconfigured' });
      await expect(reading).rejects.not.toThrow(content === '' ? 'nothing to hide' : content);
    }),
  );
});
