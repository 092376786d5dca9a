import { afterAll, describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { encodeHeader } from '../../dicom/metadata/encode-header.js';
import { scanPart10 } from '../../dicom/part10/part10.js';
import type { AnnouncedImage } from '../../catalog/change.js';
import { openHeaderReader } from '../../dicom/metadata/open-header-reader.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { Body } from '../../ledger/ledger.js';
import { createPseudonyms, type Pseudonyms } from '../pseudonyms.js';
import { type AnnouncedEvent, announcedImage } from './announced-image.js';
import { eventMaker, previewOf, testPseudonyms } from '../testing/event-maker.js';
import { noSecrets } from '../testing/no-secrets.js';
import { slice } from '../testing/parts.js';
import { createIssuers } from './issuers.js';
import { type FinishedReading, readAnnouncement } from './read-announcement.js';
import { namedBy } from '../../ledger/testing/named-by.js';

const MAX_HEADER_BYTES = 100_000;
const maker = eventMaker();
const headers = openHeaderReader({ maxBytes: MAX_HEADER_BYTES });
afterAll(() => headers.close());

interface Given {
  pseudonyms?: Pseudonyms;
  issuers?: Record<string, number>;
  readBody?: (body: Body) => Promise<Buffer>;
  isReleased?: boolean;
}

const read = (
  event: AnnouncedEvent | AnnouncedImage,
  { pseudonyms = testPseudonyms, issuers = {}, readBody, isReleased = false }: Given = {},
): Promise<FinishedReading> =>
  readAnnouncement(
    {
      ledger: { ...maker.ledger, ...(readBody && { readBody }) },
      headers,
      secrets: noSecrets,
      pseudonyms,
      issuers: createIssuers(new Map(Object.entries(issuers))),
    },
    'kind' in event ? announcedImage(event) : event,
    { isReleased, since: { block: 1n, branch: 0 } },
  );
const foreign = async (uid = '1.2.7'): Promise<AnnouncedEvent> => ({ ...(await maker.announced(uid)), siteId: 2 });
const withPatientKey = (event: AnnouncedEvent, patientKey: Hex): AnnouncedEvent => ({
  ...event,
  names: namedBy(event.imageId, patientKey).names,
});
const withKey = (event: AnnouncedEvent, IssuerOfPatientID: string): AnnouncedEvent =>
  withPatientKey(
    event,
    testPseudonyms.patientKey({ PatientID: 'P-1', IssuerOfPatientID, StudyInstanceUID: '1.2.3.5' }),
  );

async function headerOfSlice(): Promise<InstanceHeader> {
  const scanned = await scanPart10(bufferSource(slice()));
  if (scanned.kind !== 'header') throw new Error(scanned.message);
  return scanned.header;
}

describe('readAnnouncement', () => {
  it('gives what header and preview say', async () => {
    const event = await maker.announced('1.2.7');
    expect(await read(event)).toMatchObject({
      kind: 'read',
      record: {
        SOPInstanceUID: '1.2.7',
        StudyInstanceUID: '1.2.3.5',
        mediaType: 'application/dicom',
        byteCount: event.instance.byteCount,
        sha256: event.instance.sha256.slice(2),
        study: { '00100020': { vr: 'LO', Value: ['P-1'] } },
        preview: previewOf('1.2.7'),
      },
    });
  });

  it('keeps what is no header, and what is too large to be read, in quarantine', async () => {
    const event = await foreign();
    expect(await read({ ...event, header: maker.bodyOf(Buffer.from('no header')) })).toMatchObject({
      kind: 'quarantined',
      reason: 'unreadable',
    });
    const asked: Body[] = [];
    const readBody = async (body: Body): Promise<Buffer> => {
      asked.push(body);
      return maker.ledger.readBody(body);
    };
    const large = { ...event.header, byteCount: MAX_HEADER_BYTES + 1 };
    expect(await read({ ...event, header: large }, { readBody })).toMatchObject({ reason: 'too-large' });
    // It is known from the announcement alone.
    expect(asked).toEqual([]);
  });

  it('keeps what was made under another key, or says another instance than its key, in quarantine, released or not', async () => {
    const other = { pseudonyms: createPseudonyms(Buffer.alloc(32, 2)) };
    expect(await read(await foreign(), other)).toMatchObject({ reason: 'image-key' });
    const stolen = { ...(await foreign('1.2.7')), imageId: testPseudonyms.imageKey('1.2.8') };
    expect(await read(stolen)).toMatchObject({ reason: 'image-key' });
    expect(await read(stolen, { isReleased: true })).toMatchObject({ reason: 'image-key' });
  });

  it('keeps a patient who is not the one of the patient key in quarantine, until an admin releases it', async () => {
    const event = withPatientKey(await foreign(), '0xabab');
    expect(await read(event)).toMatchObject({ kind: 'quarantined', reason: 'patient-key' });
    expect(await read(event, { isReleased: true })).toMatchObject({ kind: 'read' });
  });

  it('knows the issuers of a site for objects that name none', async () => {
    const event = withKey(await foreign(), 'south');
    expect(await read(event)).toMatchObject({ reason: 'patient-key' });
    expect(await read(event, { issuers: { south: 2 } })).toMatchObject({ kind: 'read' });
    // What another site speaks for is no excuse.
    expect(await read(event, { issuers: { south: 3 } })).toMatchObject({ reason: 'patient-key' });
  });

  it('believes of itself what an earlier release did not say, but not of others, nor where an issuer is named', async () => {
    expect(await read(withKey(await maker.announced('1.2.7'), 'before'))).toMatchObject({ kind: 'read' });
    expect(await read(withKey(await foreign(), 'before'))).toMatchObject({ reason: 'patient-key' });
    const named = maker.bodyOf(encodeHeader({ ...(await headerOfSlice()), patientIdIssuer: 'now' }));
    const said = { ...withKey(await maker.announced('1.2.3.4'), 'before'), header: named };
    expect(await read(said)).toMatchObject({ reason: 'patient-key' });
    expect(await read(withKey(said, 'now'))).toMatchObject({ kind: 'read' });
  });

  it('keeps a preview that is no picture, or too long for one, in quarantine; released, there is none', async () => {
    const event = await foreign();
    const broken = { ...event, preview: maker.bodyOf(Buffer.from('no picture')) };
    const long = { ...event, preview: maker.bodyOf(Buffer.alloc(30_721)) };
    for (const one of [broken, long]) {
      expect(await read(one)).toMatchObject({ kind: 'quarantined', reason: 'preview' });
      expect(await read(one, { isReleased: true })).toMatchObject({
        kind: 'read',
        record: { preview: Buffer.alloc(0) },
      });
    }
  });

  it('knows an announcement without a preview', async () => {
    const none = { ...(await foreign()), preview: maker.bodyOf(Buffer.alloc(0)) };
    expect(await read(none)).toMatchObject({ kind: 'read', record: { preview: Buffer.alloc(0) } });
  });

  it.each([
    ['corrupt', false, 'quarantines'],
    ['not-implemented', false, 'quarantines'],
    ['corrupt', true, 'rejects'],
    ['unavailable', true, 'rejects'],
    ['internal', false, 'rejects'],
  ] as const)('given %s bytes (retryable: %s) it %s', async (code, retryable, what) => {
    const readBody = () => Promise.reject(new LedgerError(code, 'No.', { retryable }));
    const reading = read(await foreign(), { readBody });
    if (what === 'rejects') await expect(reading).rejects.toMatchObject({ code });
    else expect(await reading).toMatchObject({ kind: 'quarantined', reason: 'unreadable' });
  });

  it('says no patient attribute of what it quarantines', async () => {
    const event = await maker.announced('1.2.7', 0, 'SECRET-77');
    const reading = await read({ ...withPatientKey(event, '0xabab'), siteId: 2 });
    expect(JSON.stringify(reading)).not.toContain('SECRET-77');
  });
});
