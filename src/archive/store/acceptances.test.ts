import { describe, expect, it } from '@jest/globals';
import { readdir, readFile, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { CatalogInstance } from '../../catalog/catalog.js';
import { createProgress } from '../project/progress.js';
import { type AcceptanceStateDependencies, type InstanceProgress, acceptanceState } from './acceptance-state.js';
import { type Acceptances, openAcceptances } from './acceptances.js';
import { inFolder } from '../testing/parts.js';

const entry = { SOPInstanceUID: '1.2.3', sha256: 'aa' };
const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);

describe('openAcceptances', () => {
  it('has after a start what was issued and refused before', () =>
    inFolder(async (folder) => {
      const before = await openAcceptances({ folder });
      const id = await before.issue([entry]);
      await before.refuse(entry, { reason: 0x0111, message: 'Other content.' });
      const after = await openAcceptances({ folder });
      expect((await after.read(id))?.instances).toEqual([entry]);
      expect(await after.refusal(entry)).toEqual({ reason: 0x0111, message: 'Other content.' });
      expect(await after.refusal({ ...entry, sha256: 'bb' })).toBeUndefined();
      await after.forget(entry);
      expect(await after.refusal(entry)).toBeUndefined();
    }));

  it.each(['1b671a64-40d5-491e-99b0-da01ff1f3341', '', '../receipts/x', 'refused-00'])('knows no receipt %j', (id) =>
    inFolder(async (folder) => expect(await (await openAcceptances({ folder })).read(id)).toBeUndefined()),
  );

  it('removes what is older than 30 days, and nothing else', () =>
    inFolder(async (folder) => {
      const acceptances = await openAcceptances({ folder });
      const [old, young] = [await acceptances.issue([entry]), await acceptances.issue([entry])];
      await utimes(path.join(folder, `${old}.json`), daysAgo(30.1), daysAgo(30.1));
      await utimes(path.join(folder, `${young}.json`), daysAgo(29.9), daysAgo(29.9));
      const next = await openAcceptances({ folder });
      expect([await next.read(old), (await next.read(young))?.instances]).toEqual([undefined, [entry]]);
    }));

  it('keeps UIDs and digests, nothing more', () =>
    inFolder(async (folder) => {
      const acceptances = await openAcceptances({ folder });
      await acceptances.issue([{ ...entry, PatientID: 'P-1' } as typeof entry]);
      const [name] = await readdir(folder);
      expect(await readFile(path.join(folder, name!), 'utf8')).not.toContain('P-1');
    }));
});

describe('acceptanceState', () => {
  const stateOf = (found: Partial<CatalogInstance> | undefined, also: { isInFlight?: boolean; head?: bigint } = {}) =>
    inFolder(async (folder): Promise<InstanceProgress['state']> => {
      const acceptances = await openAcceptances({ folder });
      const progress = createProgress();
      progress.advance({ number: also.head ?? 9n, hash: '0x9' });
      const catalog = { instance: async () => found as CatalogInstance | undefined };
      const isInFlight = (): boolean => also.isInFlight ?? false;
      const id = await acceptances.issue([entry]);
      const isSeen = async (): Promise<boolean> => true;
      const known = { acceptances, catalog, progress, finalDepth: 3, isInFlight, isSeen };
      const state = await acceptanceState(known, id);
      return state!.instances[0]!.state;
    });
  const sealed = { sha256: 'aa', state: 'sealed', sealedBlock: 7n } as const;

  it('follows an instance from this disk to the final depth', async () => {
    expect(await stateOf(undefined, { isInFlight: true })).toBe('accepted');
    expect(await stateOf({ sha256: 'aa', state: 'announced' }, { isInFlight: true })).toBe('announced');
    expect(await stateOf(sealed, { isInFlight: true, head: 8n })).toBe('sealed');
    expect(await stateOf(sealed, { head: 9n })).toBe('final');
    expect(await stateOf({ ...sealed, state: 'retired' })).toBe('retired');
  });

  it('takes other bytes under the UID for it only when it is not on its way any more', async () => {
    const other = { ...sealed, sha256: 'bb' };
    expect(await stateOf(other, { isInFlight: true })).toBe('accepted');
    expect(await stateOf(other)).toBe('final');
  });

  it('is undefined for an unknown receipt', () =>
    inFolder(async (folder) => {
      const acceptances = await openAcceptances({ folder });
      const known = stateless(acceptances, async () => true);
      expect(await acceptanceState(known, 'x')).toBeUndefined();
    }));

  it('tells of the instances that are seen, and nothing of a receipt of which none is', () =>
    inFolder(async (folder) => {
      const acceptances = await openAcceptances({ folder });
      const of = (study: string) => ({ ...entry, SOPInstanceUID: `${study}.1`, StudyInstanceUID: study });
      const id = await acceptances.issue([of('1.1'), of('1.2')]);
      const asked = (seen: string) =>
        acceptanceState(
          stateless(acceptances, async ({ StudyInstanceUID }) => StudyInstanceUID === seen),
          id,
        );
      expect((await asked('1.2'))?.instances).toEqual([{ SOPInstanceUID: '1.2.1', state: 'accepted' }]);
      expect(await asked('1.3')).toBeUndefined();
    }));
});

function stateless(
  acceptances: Acceptances,
  isSeen: AcceptanceStateDependencies['isSeen'],
): AcceptanceStateDependencies {
  const catalog = { instance: async () => undefined };
  return { acceptances, catalog, progress: createProgress(), finalDepth: 1, isInFlight: () => false, isSeen };
}
