import { describe, expect, it } from '@jest/globals';
import { type ErrorCode, LedgerError } from '../base/errors.js';
import { isForTheLog, outcomeOfError } from './outcome.js';

describe('outcomeOfError', () => {
  it.each<[ErrorCode, number]>([
    ['bad-request', 0xc000],
    ['conflict', 0x0111],
    ['gone', 0x0110],
    ['site-not-admitted', 0x0124],
    ['out-of-space', 0xa700],
    ['too-large', 0xa700],
    ['unavailable', 0xa700],
    ['chain-refused', 0x0110],
    ['internal', 0x0110],
  ])('gives %s its Failure Reason', (code, reason) => {
    expect(outcomeOfError(new LedgerError(code, 'A sentence.'))).toMatchObject({ kind: 'refused', reason, code });
  });

  it('has the UIDs and the sentence of what the client can mend', () => {
    const ids = { SOPClassUID: '1.2', SOPInstanceUID: '1.3' };
    const message = 'The instance is too large.';
    expect(outcomeOfError(new LedgerError('too-large', message), ids)).toMatchObject({ message, ...ids });
  });

  it.each([
    new LedgerError('chain-refused', 'secret'),
    new LedgerError('site-not-admitted', 'secret'),
    new LedgerError('corrupt', 'secret'),
    new TypeError('secret'),
    'secret',
  ])('keeps inner details back for the log: %s', (error) => {
    expect(JSON.stringify(outcomeOfError(error))).not.toContain('secret');
    expect(isForTheLog(error)).toBe(true);
  });

  it('leaves out of the log what the client is told', () => {
    expect(isForTheLog(new LedgerError('conflict', 'Another content is there.'))).toBe(false);
  });
});
