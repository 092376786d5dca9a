import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { bufferSource, type ByteSource } from '../base/byte-source.js';
import { BODY_CODINGS, COMPRESSED_SCHEME, makeBody, decodedBody } from './body-codings.js';
import { streamAhead, type StreamSource } from './stream-ahead.js';

const pieceBytes = 1000;
const streamed = (source: ByteSource): StreamSource => ({
  ...source,
  stream: (offset, byteCount) => streamAhead(source, { offset, byteCount, batchBytes: pieceBytes }),
});
const flat = Buffer.alloc(200_000, 7);

describe('makeBody and openBody', () => {
  it.each(Object.keys(BODY_CODINGS).map(Number))('give back in scheme %i what was given', async (scheme) => {
    const made = await makeBody(bufferSource(flat), scheme);
    expect(made.scheme).toBe(scheme);
    expect(made.stored.byteCount === flat.length).toBe(!made.changesLength);
    const opened = decodedBody(scheme, streamed(made.stored), { byteCount: flat.length, pieceBytes });
    expect(await opened.read(0, flat.length)).toEqual(flat);
    expect(await opened.read(99_999, 3)).toEqual(flat.subarray(0, 3));
  });

  it.each([0, COMPRESSED_SCHEME])('know which lengths can be of one body in scheme %i', async (scheme) => {
    const isLength = (stored: number, given: number): boolean => BODY_CODINGS[scheme]!.isLength(stored, given);
    const { stored } = await makeBody(bufferSource(flat), scheme);
    expect(isLength(stored.byteCount, flat.length)).toBe(true);
    expect(isLength(0, 0)).toBe(true);
    expect(isLength(stored.byteCount, 2 ** 50)).toBe(false);
    expect(isLength(stored.byteCount, flat.length + 1)).toBe(scheme === COMPRESSED_SCHEME);
  });

  it.each([
    ['that do not gain by it', COMPRESSED_SCHEME],
    ['for which no scheme is asked', undefined],
    ['in a scheme that nobody knows', 9],
  ])('leave bytes plain %s', async (_which, scheme) => {
    const given = bufferSource(randomBytes(100_000));
    expect(await makeBody(given, scheme)).toEqual({ scheme: 0, stored: given, changesLength: false });
  });

  it('refuse a scheme that this release does not know, and say which it knows', () => {
    expect(() => decodedBody(2, streamed(bufferSource(flat)), { byteCount: 1, pieceBytes })).toThrow(
      expect.objectContaining({
        code: 'not-implemented',
        message: 'The instance has scheme 2; this release reads plain (0) and packed (1) ones only.',
      }),
    );
  });
});
