import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { derive, exactly, labelled, u16, u32, u64, u8 } from './labels.js';

describe('derive', () => {
  it('is HKDF-SHA-256 with an empty salt, as RFC 5869 §2 writes it', () => {
    const secret = randomBytes(32);
    const extracted = createHmac('sha256', Buffer.alloc(32)).update(secret).digest();
    const info = Buffer.from('dicom-ledger/2 body\0of something');
    const expanded = createHmac('sha256', extracted)
      .update(Buffer.concat([info, u8(1)]))
      .digest();
    expect(derive(secret, 'body', Buffer.from('of something'))).toEqual(expanded);
  });

  it('refuses a secret of another length than 32 bytes', () => {
    expect(() => derive(randomBytes(31), 'body')).toThrow('31 bytes stands where 32');
  });
});

describe('labelled', () => {
  it('is the project and its second format, the label, a zero byte, and the context', () => {
    expect(labelled('tree', u8(1)).toString('latin1')).toBe('dicom-ledger/2 tree\0\x01');
  });
});

describe('The encoders', () => {
  it('are big-endian and of a fixed width', () => {
    const all = [u8(1), u16(0x0203), u32(0x04050607), u64(0x08090a0b0c0d0e0fn)];
    expect(Buffer.concat(all).toString('hex')).toBe('0102030405060708090a0b0c0d0e0f');
  });

  it.each([
    ['u8', () => u8(256)],
    ['u16', () => u16(65_536)],
    ['u32', () => u32(2 ** 32)],
    ['u64', () => u64(2n ** 64n)],
    ['u32 of less than 0', () => u32(-1)],
  ])('refuse what does not fit: %s', (_, encode) => {
    expect(encode).toThrow('out of range');
  });

  it('take bytes of one length alone', () => {
    expect(exactly(2, Buffer.from('ab')).toString()).toBe('ab');
    expect(() => exactly(2, Buffer.from('abc'))).toThrow('A value of 3 bytes stands where 2 have to.');
  });
});
