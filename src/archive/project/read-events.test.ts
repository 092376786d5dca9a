import { describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import { silentLog } from '../../base/log.js';
import type { Ledger, LedgerEvent } from '../../ledger/ledger.js';
import { createPseudonyms } from '../pseudonyms.js';
import { changesOf, readEvents } from './read-events.js';
import { eventMaker, testPseudonyms } from '../testing/event-maker.js';

const maker = eventMaker();
const project = async (
  events: LedgerEvent[],
  also: { known?: Record<string, string>; pseudonyms?: typeof testPseudonyms } = {},
) =>
  changesOf(
    { announcedBody: (imageKey) => also.known?.[imageKey] },
    await readEvents({ ledger: maker.ledger, pseudonyms: also.pseudonyms ?? testPseudonyms, log: silentLog }, events),
  );

describe('readEvents and changesOf', () => {
  it('makes a record of an announcement', async () => {
    const event = await maker.announced('1.2.7');
    const [change] = await project([event]);
    expect(change).toMatchObject({
      kind: 'announced',
      imageKey: testPseudonyms.imageKey('1.2.7'),
      logIndex: 0,
      record: {
        SOPInstanceUID: '1.2.7',
        StudyInstanceUID: '1.2.3.5',
        mediaType: 'application/dicom',
        byteCount: event.instance.byteCount,
        sha256: event.instance.sha256.slice(2),
        study: { '00100020': { vr: 'LO', Value: ['P-1'] } },
        preview: Buffer.from('preview of 1.2.7'),
      },
    });
  });

  it('seals with the pages, after an announcement of the same or of an earlier block', async () => {
    const event = await maker.announced('1.2.7');
    const [, same] = await project([event, maker.sealed('1.2.7')]);
    const [later] = await project([maker.sealed('1.2.7')], {
      known: { [event.imageKey]: JSON.stringify(event.instance) },
    });
    const expected = { kind: 'sealed', body: JSON.stringify({ ...event.instance, list: ['0xbb'] }) };
    expect(same).toMatchObject(expected);
    expect(later).toMatchObject(expected);
  });

  it('leaves out the seal of what was never announced readably', async () => {
    expect(await project([maker.sealed('1.2.9')])).toEqual([]);
  });

  it('passes on what is withdrawn and retired, in order', async () => {
    const changes = await project([maker.withdrawn('1.2.7', 3), maker.retired('1.2.8', 4)]);
    expect(changes).toMatchObject([
      { kind: 'withdrawn', logIndex: 3 },
      { kind: 'retired', logIndex: 4, reason: 'wrong side' },
    ]);
  });

  it('leaves out an announcement that nobody can read, and goes on', async () => {
    const junk = { ...(await maker.announced('1.2.7')), header: maker.bodyOf(Buffer.from('no header')) };
    const changes = await project([junk, await maker.announced('1.2.8', 1)]);
    expect(changes.map((change) => change.kind === 'announced' && change.record.SOPInstanceUID)).toEqual(['1.2.8']);
  });

  it('leaves out one that was made under another key', async () => {
    const event = await maker.announced('1.2.7');
    expect(await project([event], { pseudonyms: createPseudonyms(Buffer.alloc(32, 2)) })).toEqual([]);
  });

  it.each([
    ['corrupt', false, 'leaves out'],
    ['not-implemented', false, 'leaves out'],
    ['corrupt', true, 'rejects'],
    ['unavailable', true, 'rejects'],
    ['internal', false, 'rejects'],
  ] as const)('given %s bytes (retryable: %s) it %s', async (code, retryable, what) => {
    const ledger = { readBody: () => Promise.reject(new LedgerError(code, 'No.', { retryable })) } as unknown as Ledger;
    const read = readEvents({ ledger, pseudonyms: testPseudonyms, log: silentLog }, [await maker.announced('1.2.7')]);
    if (what === 'rejects') await expect(read).rejects.toMatchObject({ code });
    else expect((await read).announced).toEqual([undefined]);
  });

  it('rejects when the chain cannot be read now, so that it is tried again', async () => {
    const event = await maker.announced('1.2.7');
    const elsewhere = { ...event.header, sha256: '0x00' as const };
    await expect(project([{ ...event, header: elsewhere }])).rejects.toMatchObject({ code: 'unavailable' });
  });
});
