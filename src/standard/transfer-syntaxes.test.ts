import {
  TRANSFER_SYNTAXES,
  frameMediaType,
  isEncapsulated,
  isVideo,
  DECODABLE,
  ENCODABLE,
  traitsOf,
} from './transfer-syntaxes.js';
import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const rows = Object.values(TRANSFER_SYNTAXES);
/** Of the standard but not in the table, private ones, other roots, and what is no UID. */
const others = ['1.2.840.10008.1.2.4.52', '1.2.840.10008.1.2.6.1', '1.2.840.10008.1.20', '1.2.3', '__proto__', ''];

describe('TRANSFER_SYNTAXES', () => {
  it('has each UID once', () => {
    expect(new Set(rows.map(({ uid }) => uid)).size).toBe(rows.length);
  });

  it('is the one place of production code that has UIDs of transfer syntaxes, but for the suite, which knows nothing of this server', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/\.test\.ts$|(^|\/)testing\/|^suite\//.test(file),
    );
    const found = files.filter((file) =>
      /1\\?\.2\\?\.840\\?\.10008\\?\.1\\?\.2(?!\d)/.test(readFileSync(path.join('src', file), 'utf8')),
    );
    expect(found).toEqual(['standard/transfer-syntaxes.ts']);
  });

  it('compresses nothing that it cannot decode, and with loss in JPEG Baseline alone', () => {
    for (const syntax of rows.filter(({ encodable }) => encodable !== undefined))
      expect(syntax).toMatchObject({ encapsulated: true, codec: expect.any(String) });
    expect(rows.filter(({ encodable }) => encodable === 'lossily')).toEqual([TRANSFER_SYNTAXES.JPEGBaseline8Bit]);
  });
});

describe('traitsOf', () => {
  it('takes what it does not know for explicit little endian with pixels in fragments that nobody can decode', () => {
    for (const uid of [...others, '1.2.840.10008.1.2.4.109.2', '1.2.840.10008.1.2.4.1000'])
      expect(traitsOf(uid)).toEqual({
        explicitVR: true,
        bigEndian: false,
        deflated: false,
        encapsulated: true,
        nativeInFragments: false,
        lossy: false,
        frameMediaType: undefined,
        video: undefined,
        codec: undefined,
        encodable: undefined,
      });
  });

  it('does the same with JPIP, whose data set may be deflated', () => {
    const { JPIPReferenced, JPIPReferencedDeflate, JPIPHTJ2KReferenced, JPIPHTJ2KReferencedDeflate } =
      TRANSFER_SYNTAXES;
    for (const { uid } of [JPIPReferenced, JPIPReferencedDeflate, JPIPHTJ2KReferenced, JPIPHTJ2KReferencedDeflate])
      expect(traitsOf(uid)).toMatchObject(traitsOf('1.2.3'));
  });
});

describe('isEncapsulated', () => {
  it('is false for the four transfer syntaxes of native pixels, and true for all others', () => {
    const native = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.2'];
    expect([...rows.map(({ uid }) => uid), ...others].filter((uid) => !isEncapsulated(uid))).toEqual(native);
  });
});

describe('isVideo', () => {
  it('is true for MPEG and HEVC, of every profile up to the numbers that are not given away', () => {
    for (let number = 100; number <= 109; number++)
      for (const uid of [`1.2.840.10008.1.2.4.${number}`, `1.2.840.10008.1.2.4.${number}.1`]) {
        expect(isVideo(uid)).toBe(true);
        expect(traitsOf(uid)).toMatchObject({ encapsulated: true, video: number < 102 ? 'video/mpeg' : 'video/mp4' });
      }
    const pictures = rows.filter(({ video }) => video === undefined).map(({ uid }) => uid);
    for (const uid of [...pictures, ...others]) expect(isVideo(uid)).toBe(false);
  });
});

describe('frameMediaType', () => {
  it('is the type of the codestream, and undefined for what has none of its own', () => {
    expect(frameMediaType('1.2.840.10008.1.2.4.80')).toBe('image/jls');
    for (const other of ['1.2.840.10008.1.2.1', '1.2.3', '__proto__', 'constructor', ''])
      expect(frameMediaType(other)).toBeUndefined();
  });

  it('is known of JPEG XL and of JPEG 2000 with several components, which are not decoded', () => {
    for (const last of [92, 93]) expect(frameMediaType(`1.2.840.10008.1.2.4.${last}`)).toBe('image/jpx');
    for (const last of [110, 111, 112]) expect(frameMediaType(`1.2.840.10008.1.2.4.${last}`)).toBe('image/jxl');
    for (const last of [92, 93, 110, 111, 112]) expect(DECODABLE.has(`1.2.840.10008.1.2.4.${last}`)).toBe(false);
  });
});

describe('ENCODABLE', () => {
  it('has what is written without loss, of each family', () => {
    const syntax = (branch: string) => `1.2.840.10008.1.2.${branch}`;
    expect([...ENCODABLE]).toEqual(['5', '4.57', '4.70', '4.80', '4.90', '4.91', '4.201'].map(syntax));
    expect([...DECODABLE]).toEqual(
      ['5', '4.50', '4.51', '4.57', '4.70', '4.80', '4.81', '4.90', '4.91', '4.201', '4.202', '4.203'].map(syntax),
    );
  });
});
