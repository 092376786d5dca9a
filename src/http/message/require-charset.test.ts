import { describe, expect, it } from '@jest/globals';
import { requireCharset } from './require-charset.js';

const ask = (query: string) => (): void => requireCharset(new URLSearchParams(query));

describe('requireCharset', () => {
  it.each(['', 'charset=', 'charset=utf-8', 'charset=UTF-8', 'charset=ISO_IR%20192', 'charset=%22ISO_IR%20192%22'])(
    'has UTF-8, by each of its names: ?%s',
    (query) => expect(ask(query)).not.toThrow(),
  );

  it.each(['charset=iso-8859-1,utf-8;q=0.5', 'charset=iso-8859-1&charset=utf-8'])(
    'needs it among others: ?%s',
    (query) => expect(ask(query)).not.toThrow(),
  );

  it.each(['charset=iso-8859-1', 'charset=*', 'charset=utf-8;q=0', 'charset=utf-80', 'charset=%00'])(
    'refuses what has it not: ?%s',
    (query) => expect(ask(query)).toThrow(expect.objectContaining({ code: 'bad-request' })),
  );
});
