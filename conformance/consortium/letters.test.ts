// About 20 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { createHash } from 'node:crypto';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { done } from '../testing/command-line.js';
import { refused } from './testing/members.js';
import { openSharingSites, type SharingSite, type SharingSites } from './testing/sharing-sites.js';

const PATIENT = 'CANARY-4711';
const LIMIT = { timeoutMs: 180_000 };

let bed: SharingSites;
let one: SharingSite;
let two: SharingSite;
const StudyInstanceUID = newUid();
const SOPInstanceUID = newUid();
const file = ctSlice({ StudyInstanceUID, SOPInstanceUID, PatientID: PATIENT });
const at = (name: string): string => path.join(bed.folder, name);

beforeAll(async () => {
  bed = await openSharingSites(2);
  [one, two] = bed.sites as [SharingSite, SharingSite];
}, 300_000);
afterAll(() => bed.close());

const studiesAt = async ({ url }: SharingSite): Promise<unknown[]> => {
  const answer = await fetch(`${url}/dicom-web/studies?PatientID=${PATIENT}`);
  return answer.status === 204 ? [] : ((await answer.json()) as unknown[]);
};

/** The ring that a site writes to. */
const ringOf = async ({ dataFolder }: SharingSite): Promise<string> => {
  const { writing } = JSON.parse(readFileSync(path.join(dataFolder, 'keys', 'writing.json'), 'utf8')) as {
    writing: { ringId: string };
  };
  return writing.ringId;
};

const fingerprintOf = async (asked: SharingSite, siteId: number): Promise<string> => {
  const shown = await done(asked.run('card', 'show', String(siteId)));
  return /^fingerprint: (.+)$/m.exec(shown)![1]!;
};

describe('Two sites of release 2', () => {
  it('see nothing of each other without a letter', async () => {
    const stored = await fetch(`${one.url}/dicom-web/studies`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/dicom', Accept: 'application/dicom+json' },
      body: file,
    });
    expect(stored.status).toBe(200);
    expect(await studiesAt(one)).toHaveLength(1);
    expect(await studiesAt(two)).toEqual([]);
    for (const name of readdirSync(two.dataFolder, { recursive: true, encoding: 'utf8' })) {
      const full = path.join(two.dataFolder, name);
      if (!statSync(full).isFile()) continue;
      const bytes = readFileSync(full);
      expect([name, bytes.includes(PATIENT) || bytes.includes(StudyInstanceUID)]).toEqual([name, false]);
    }
  });

  it('publish their cards, and compare them once', async () => {
    await refused(one.run('letter', 'write', '--to', '2', at('early')), /no card for letters/);
    for (const site of [one, two]) {
      const said = await done(site.publishCard('--by-file'));
      expect(said).toMatch(/letters come as files/);
      expect(said).toContain(await fingerprintOf(site, site.siteId));
    }
    expect(await fingerprintOf(one, 2)).toBe(await fingerprintOf(two, 2));
    await refused(one.run('letter', 'write', '--to', '2', at('early')), /Nobody here has compared .*card compare 2/);
    await refused(one.run('card', 'compare', '2', '0000 1111'), /not the fingerprint/);
    for (const [site, other] of [
      [one, two],
      [two, one],
    ] as const) {
      const fingerprint = await fingerprintOf(other, other.siteId);
      await done(site.run('card', 'compare', String(other.siteId), ...fingerprint.toLowerCase().split(' ')));
      expect(await done(site.run('card', 'list'))).toMatch(new RegExp(`^${other.siteId}\t.*\tcompared\tby file$`, 'm'));
    }
  });

  it('share by a letter: what it opens is found and given, byte by byte', async () => {
    const ring = await ringOf(one);
    await refused(one.run('letter', 'write', '--to', '2', at('unshared')), /does not share the ring/);
    await one.call('share', `0x${ring}`, 2, 0n, false);
    await done(one.run('letter', 'write', '--to', '2', at('letter')));
    expect(statSync(at('letter')).mode & 0o777).toBe(0o600);
    expect(await done(two.run('letter', 'take', at('letter')))).toMatch(`Site 1 has given the ring ${ring} of site 1.`);
    await until('the study to be found at site 2', async () => (await studiesAt(two)).length === 1, LIMIT);
    const sha256 = createHash('sha256').update(file).digest('hex');
    const instances = `/dicom-web/studies/${StudyInstanceUID}`;
    await until(
      'the instance to be given at site 2',
      async () => {
        const answer = await fetch(`${two.url}${instances}`, { headers: { Accept: 'application/zip' } });
        return answer.status === 200;
      },
      LIMIT,
    );
    const [digest] = await Promise.all([digestAt(two), digestAt(one)]);
    expect(digest).toBe(sha256);
  });

  it('acknowledge it on the chain', async () => {
    await until('the acknowledgement', async () => (await acknowledgements()).length > 0, LIMIT);
  });

  it('take the same letter again, also after a kill, and refuse it for anybody else', async () => {
    await two.server.kill9();
    await two.start();
    await done(two.run('letter', 'take', at('letter')));
    await refused(one.run('letter', 'take', at('letter')), /is for site 2/);
    expect(await studiesAt(two)).toHaveLength(1);
  });
});

async function acknowledgements(): Promise<unknown[]> {
  const { openHttpProvider } = await import('../../src/ledger/rpc/http-provider.js');
  const { createRpc } = await import('../../src/ledger/rpc/rpc.js');
  const { readRings } = await import('../../src/ledger/consortium/read-rings.js');
  const provider = openHttpProvider({ url: bed.nodeUrl });
  try {
    const rings = await readRings({ rpc: createRpc(provider), consortium: bed.consortium }, 1);
    return rings.flatMap(({ shares }) => shares).filter(({ acknowledgedAt }) => acknowledgedAt !== undefined);
  } finally {
    await provider.close();
  }
}

async function digestAt({ url }: SharingSite): Promise<string> {
  const series = await fetch(`${url}/dicom-web/studies/${StudyInstanceUID}/instances`);
  const [found] = (await series.json()) as Record<string, { Value: string[] }>[];
  const SeriesInstanceUID = found!['0020000E']!.Value[0]!;
  const instance = `${url}/dicom-web/studies/${StudyInstanceUID}/series/${SeriesInstanceUID}/instances/${SOPInstanceUID}`;
  const answer = await fetch(instance, { headers: { Accept: 'application/dicom; transfer-syntax=*' } });
  return createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex');
}
