import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import type { Archive, IncomingDataSet } from '../../archive/archive.js';
import type { Part } from '../message/read-multipart.js';
import { stored } from '../testing/upload-app.js';
import { DATA_SET_LIMITS, receiveDataSets } from './receive-data-sets.js';

type Given = [headers: Record<string, string>, body: string];
const METADATA = { 'content-type': 'application/dicom+json' };
const bulk = (location: string): Record<string, string> => ({
  'content-type': 'image/jpeg; transfer-syntax=1.2.3',
  'content-location': location,
});

async function* partsOf(given: Given[]): AsyncGenerator<Part> {
  for (const [headers, body] of given)
    yield { headers: new Map(Object.entries(headers)), body: Readable.from([Buffer.from(body)]) };
}

async function receive(given: Given[], limits: Partial<typeof DATA_SET_LIMITS> = {}): Promise<IncomingDataSet[]> {
  const received: IncomingDataSet[] = [];
  const archive = {
    receiveDataSet: async (incoming: IncomingDataSet) => {
      received.push(incoming);
      return { outcome: Promise.resolve(stored()) };
    },
  } as unknown as Archive;
  const all = { ...DATA_SET_LIMITS, ...limits };
  await Promise.all(
    await receiveDataSets(archive, partsOf(given), { StudyInstanceUID: '1.1', mayRetire: false, limits: all }),
  );
  return received;
}

const code = async (given: Given[], limits?: Partial<typeof DATA_SET_LIMITS>): Promise<string> =>
  receive(given, limits).then(
    () => 'stored',
    (error: { code: string }) => error.code,
  );

describe('receiveDataSets', () => {
  it('hands over each data set with the values of all parts, wherever the metadata stands', async () => {
    const received = await receive([
      [bulk('a'), '1'],
      [METADATA, '[{}, {}]'],
      [bulk('a'), '2'],
    ]);
    expect(received.map(({ StudyInstanceUID }) => StudyInstanceUID)).toEqual(['1.1', '1.1']);
    const value = { mediaType: 'image/jpeg', transferSyntaxUID: '1.2.3' };
    expect(received[1]?.bulk.get('a')).toEqual([
      { ...value, bytes: Buffer.from('1') },
      { ...value, bytes: Buffer.from('2') },
    ]);
  });

  it('is 400 without metadata, and for a value without a place', async () => {
    expect(await code([[bulk('a'), '1']])).toBe('bad-request');
    expect(
      await code([
        [METADATA, '[{}]'],
        [{ 'content-type': 'image/jpeg' }, '1'],
      ]),
    ).toBe('bad-request');
  });

  it('is 413 for more bulk data than there may be', async () => {
    const parts: Given[] = [
      [METADATA, '[{}]'],
      [bulk('a'), '123'],
      [bulk('b'), '45'],
    ];
    expect(await code(parts, { bulkBytes: 5 })).toBe('stored');
    expect(await code(parts, { bulkBytes: 4 })).toBe('too-large');
    expect(await code(parts, { metadataBytes: 4 })).toBe('stored');
    expect(await code(parts, { metadataBytes: 3 })).toBe('too-large');
    expect(await code(parts, { partCount: 3 })).toBe('stored');
    expect(await code(parts, { partCount: 2 })).toBe('too-large');
  });

  it('is 503 while others hold the memory, and lets it go', async () => {
    const parts: Given[] = [[METADATA, '[{}]']];
    expect(await code(parts, { heldBytes: 4 })).toBe('stored');
    expect(await code(parts, { heldBytes: 3 })).toBe('unavailable');
    expect(await code(parts, { heldBytes: 4 })).toBe('stored');
  });
});
