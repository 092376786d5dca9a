import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { cardFingerprint, isFingerprint } from './card-fingerprint.js';

const card = {
  ...{ chainId: 53_696n, consortium: Buffer.alloc(20, 0xc0), siteId: 2 },
  ...{ publishedBy: Buffer.alloc(20, 0xab), cardKey: Buffer.alloc(1_216, 7) },
};

describe('cardFingerprint', () => {
  it('is the beginning of the SHA-256 that the documents describe, in ten groups of four', () => {
    const number = (hex: string, digits: number): string => hex.padStart(digits, '0');
    const context = [number('d1c0', 16), 'c0'.repeat(20), number('2', 8), 'ab'.repeat(20), '07'.repeat(1_216)].join('');
    const text = Buffer.concat([Buffer.from('dicom-ledger/2 fingerprint\0'), Buffer.from(context, 'hex')]);
    const digest = hash('sha256', text, 'hex').toUpperCase();
    expect(cardFingerprint(card).split(' ')).toEqual(
      Array.from({ length: 10 }, (_, i) => digest.slice(4 * i, 4 * i + 4)),
    );
  });

  it('is another for another champion, who could publish a right key once more', () => {
    expect(cardFingerprint({ ...card, publishedBy: Buffer.alloc(20, 0xac) })).not.toBe(cardFingerprint(card));
  });

  it('is another at another site, consortium and chain, and for another key', () => {
    const others = [{ siteId: 3 }, { consortium: Buffer.alloc(20) }, { chainId: 1n }, { cardKey: Buffer.alloc(1_216) }];
    const all = [{}, ...others].map((other) => cardFingerprint({ ...card, ...other }));
    expect(new Set(all).size).toBe(5);
  });
});

describe('isFingerprint', () => {
  it('takes the digits in any case and any groups, and no fewer', () => {
    const fingerprint = cardFingerprint(card);
    const digits = fingerprint.replaceAll(' ', '');
    for (const text of [fingerprint, digits, digits.toLowerCase(), digits.replace(/(..)/g, '$1:')])
      expect(isFingerprint(text, fingerprint)).toBe(true);
    for (const text of ['', digits.slice(0, -1), `${digits}0`, digits.slice(0, 16)])
      expect(isFingerprint(text, fingerprint)).toBe(false);
  });
});
