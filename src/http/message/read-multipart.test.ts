import { describe, expect, it } from '@jest/globals';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { LedgerError } from '../../base/errors.js';
import { multipartStream } from './multipart-stream.js';
import { type MultipartOptions, readMultipart } from './read-multipart.js';

async function* chunked(bytes: Buffer, sizes: number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

interface ReadPart {
  headers: Record<string, string>;
  body: string;
}

async function readAll(
  bytes: Buffer | string,
  { sizes = [1_000_000], ...options }: Partial<MultipartOptions> & { sizes?: number[] } = {},
): Promise<ReadPart[]> {
  const parts: ReadPart[] = [];
  const source = chunked(Buffer.from(bytes as string, 'latin1'), sizes);
  for await (const { headers, body } of readMultipart(source, { boundary: 'b', ...options }))
    parts.push({ headers: Object.fromEntries(headers), body: (await buffer(body)).toString('latin1') });
  return parts;
}

const bodies = (parts: ReadPart[]): string[] => parts.map((part) => part.body);
const codeOf = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'no error',
    (error: unknown) => (error instanceof LedgerError ? error.code : String(error)),
  );

const forms: [name: string, body: string, expected: string[]][] = [
  ['a plain body', '--b\r\nA: 1\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n', ['one', 'two']],
  ['OHIF: CRLF first, no CRLF last', '\r\n--b\r\nA: 1\r\n\r\none\r\n--b--', ['one']],
  ['preamble and epilogue', 'hello\r\n--b\r\n\r\none\r\n--b--\r\nepilogue\r\n--b\r\n\r\nno\r\n--b--', ['one']],
  ['a preamble that names the boundary within a line', 'x--b\r\n--b\r\n\r\none\r\n--b--', ['one']],
  ['blanks after boundaries', '--b \t\r\nA: 1\r\n\r\none\r\n--b  \r\n\r\ntwo\r\n--b--  \r\n', ['one', 'two']],
  ['parts without headers and without body', '--b\r\n\r\n\r\n--b\r\nA: 1\r\n\r\n--b\r\n\r\n--b--', ['', '', '']],
  ['the boundary without line start', '--b\r\n\r\none--b--two\r\n--b--', ['one--b--two']],
  ['the boundary after a bare LF', '--b\r\n\r\none\n--b\n\r\n--b--', ['one\n--b\n']],
  [
    'a boundary that goes on',
    '--b\r\n\r\none\r\n--bc\r\n--b-x\r\n--b \rx\r\n--b--',
    ['one\r\n--bc\r\n--b-x\r\n--b \rx'],
  ],
  ['many CRs before the delimiter', '--b\r\n\r\none\r\r\r\n\r\n--b--', ['one\r\r\r\n']],
  ['LF alone as line end', '--b\nA: 1\n\none\r\n\n--b\n\ntwo\n--b--\n', ['one\r\n', 'two']],
  ['a last delimiter cut after the boundary', '--b\r\n\r\none\r\n--b', ['one']],
  ['a last delimiter cut within its dashes', '--b\r\n\r\none\r\n--b-', ['one']],
  ['nothing but the closing delimiter', '--b--\r\n', []],
];

describe('readMultipart', () => {
  for (const [name, body, expected] of forms)
    it(`reads ${name}, however it is cut into chunks`, async () => {
      for (const sizes of [[1_000_000], [1], [2], [3, 1], [7]])
        expect(bodies(await readAll(body, { sizes }))).toEqual(expected);
    });

  it('gives headers by lower-case name, folded and repeated ones joined', async () => {
    const body = '--b\r\nContent-TYPE:  a/b;\r\n\tc=d \r\nX: 1\r\nx: 2\r\n\r\n\r\n--b--';
    expect(await readAll(body)).toEqual([{ headers: { 'content-type': 'a/b; c=d', x: '1, 2' }, body: '' }]);
  });

  for (const [name, body] of [
    ['no boundary in the body', 'hello\r\n--c\r\n\r\none\r\n--c--'],
    ['an empty body', ''],
    ['an end within a part', '--b\r\n\r\none\r\n--'],
    ['an end within the headers of a part', '--b\r\nA: 1\r\n'],
    ['an end right behind a delimiter', '--b\r\n\r\none\r\n--b\r\n'],
    ['a header line without a colon', '--b\r\nnothing\r\n\r\none\r\n--b--'],
  ] as const)
    it(`refuses ${name}`, async () => {
      for (const sizes of [[1_000_000], [1]]) expect(await codeOf(readAll(body, { sizes }))).toBe('bad-request');
    });

  it('fails the body of a part that is cut off, and keeps those before', async () => {
    const source = chunked(Buffer.from('--b\r\n\r\none\r\n--b\r\n\r\ntw'), [5]);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { body } of readMultipart(source, { boundary: 'b' }))
        seen.push(
          await buffer(body).then(
            (bytes) => bytes.toString(),
            (error: LedgerError) => error.code,
          ),
        );
    })();
    expect(await codeOf(reading)).toBe('bad-request');
    expect(seen).toEqual(['one', 'bad-request']);
  });

  it('drops what a consumer leaves unread, and never passes it off as whole', async () => {
    const long = 'x'.repeat(2_000_000);
    const left: Readable[] = [];
    const heard: string[] = [];
    const source = chunked(Buffer.from(`--b\r\n\r\n${long}\r\n--b\r\n\r\nlast\r\n--b--`), [65_536]);
    for await (const { body } of readMultipart(source, { boundary: 'b' })) {
      if (left.length > 0) heard.push((await buffer(body)).toString());
      else body.once('readable', () => void body.read(1));
      left.push(body);
    }
    expect(heard).toEqual(['last']);
    expect(left[0]?.destroyed).toBe(true);
    expect(left[0]?.readableEnded).toBe(false);
  });

  it('reads no further ahead than its consumer', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from('--b\r\n\r\n');
      for (;;) {
        given += 65_536;
        yield Buffer.alloc(65_536);
      }
    }
    for await (const { body } of readMultipart(endless(), { boundary: 'b' })) {
      let taken = 0;
      for await (const bytes of body) {
        taken += (bytes as Buffer).length;
        await new Promise((resolve) => setImmediate(resolve));
        expect(given - taken).toBeLessThan(1_000_000);
        if (taken > 5_000_000) break;
      }
      break;
    }
    expect(given).toBeLessThan(7_000_000);
  });

  it('passes on what its source throws', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('--b\r\n\r\none');
      throw new LedgerError('unavailable', 'gone');
    }
    const reading = (async () => {
      for await (const { body } of readMultipart(failing(), { boundary: 'b' }))
        await buffer(body).catch(() => undefined);
    })();
    expect(await codeOf(reading)).toBe('unavailable');
  });

  const withHeader = (byteCount: number): string => `--b\r\nA:${'x'.repeat(byteCount - 2)}\r\n\r\none\r\n--b--`;
  const limits = { headerBytes: 100, partCount: 3, preambleBytes: 50, boundaryBytes: 70 };
  for (const [limit, at, above] of [
    ['headerBytes', { body: withHeader(100) }, { body: withHeader(101) }],
    ['partCount', { body: `${'--b\r\n\r\n\r\n'.repeat(3)}--b--` }, { body: `${'--b\r\n\r\n\r\n'.repeat(4)}--b--` }],
    ['preambleBytes', { body: `${'x'.repeat(48)}\r\n--b--` }, { body: `${'x'.repeat(49)}\r\n--b--` }],
  ] as const)
    it(`has a limit of ${limit}`, async () => {
      for (const sizes of [[1_000_000], [1]]) {
        expect(await codeOf(readAll(at.body, { sizes, limits }))).toBe('no error');
        expect(await codeOf(readAll(above.body, { sizes, limits }))).toBe('too-large');
      }
    });

  it('has a limit of boundaryBytes', async () => {
    for (const [length, code] of [
      [0, 'bad-request'],
      [1, 'no error'],
      [70, 'no error'],
      [71, 'bad-request'],
    ] as const) {
      const boundary = 'x'.repeat(length);
      expect(await codeOf(readAll(`--${boundary}--`, { boundary, limits }))).toBe(code);
    }
  });

  it('gives back any bytes in any chunks', async () => {
    // Few byte values, so that near misses of the delimiter are common.
    const near = fc.array(fc.constantFrom('\r', '\n', '-', 'b', '\r\n--', '\r\n--b', 'x'), { maxLength: 30 });
    const content = fc
      .oneof(near, fc.array(fc.string({ unit: 'binary-ascii' })))
      .map((pieces) => pieces.join(''))
      .filter((text) => !/(^|\r\n)--b(--|[ \t]*\r?(\n|$))/.test(`${text}\r\n`) && !/\r\n--b-?$/.test(text));
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        async (contents, sizes) => {
          const body = `${contents.map((text) => `--b\r\nA: 1\r\n\r\n${text}\r\n`).join('')}--b--\r\n`;
          expect(bodies(await readAll(body, { sizes }))).toEqual(contents);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('multipartStream', () => {
  const payload = (bytes: Buffer, byteCount: number | undefined = bytes.length) => ({
    mediaType: 'application/dicom',
    transferSyntaxUID: '1.2.840.10008.1.2.1',
    byteCount,
    async *open() {
      yield bytes.subarray(0, 2);
      yield bytes.subarray(2);
    },
  });
  const boundaryOf = (contentType: string): string => /; boundary=([0-9a-f]{32})$/.exec(contentType)?.[1] ?? '';

  it('writes the exact lines that viewers look for', async () => {
    const parts = [
      { payload: payload(Buffer.from('one')), contentLocation: 'http://h/dicom-web/studies/1' },
      { payload: { ...payload(Buffer.from('two')), transferSyntaxUID: undefined, byteCount: undefined } },
    ];
    const { contentType, body } = multipartStream(parts, { mediaType: 'application/dicom' });
    const boundary = boundaryOf(contentType);
    expect(contentType).toBe(`multipart/related; type="application/dicom"; boundary=${boundary}`);
    expect((await buffer(flat(body))).toString()).toBe(
      [
        `--${boundary}`,
        'Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.1',
        'Content-Length: 3',
        'Content-Location: http://h/dicom-web/studies/1',
        '',
        'one',
        `--${boundary}`,
        'Content-Type: application/dicom',
        '',
        'two',
        `--${boundary}--`,
      ].join('\r\n'),
    );
  });

  async function* flat(lists: AsyncIterable<Buffer[]>): AsyncGenerator<Buffer> {
    for await (const list of lists) yield* list;
  }

  it('takes another boundary each time', () => {
    const boundaries = [1, 2].map(() => boundaryOf(multipartStream([], { mediaType: 'a/b' }).contentType));
    expect(new Set(boundaries).size).toBe(2);
  });

  it('opens a part only when its turn comes', async () => {
    const opened: number[] = [];
    const bytes = Buffer.alloc(300_000);
    const parts = [0, 1].map((number) => ({
      payload: {
        ...payload(bytes),
        async *open() {
          opened.push(number);
          yield bytes;
        },
      },
    }));
    const { body } = multipartStream(parts, { mediaType: 'application/dicom' });
    await body.next();
    expect(opened).toEqual([0]);
    await body.return(undefined);
  });

  it('gives small parts that are at hand together', async () => {
    const one = payload(Buffer.alloc(1000));
    const parts = Array.from({ length: 600 }, () => ({ payload: { ...one, open: () => [Buffer.alloc(1000)] } }));
    const { body } = multipartStream(parts, { mediaType: 'application/dicom' });
    const sizes: number[] = [];
    for await (const list of body) sizes.push(Buffer.concat(list).length);
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeLessThan(270_000);
  });

  it('breaks off when a payload has not the bytes that it announced', async () => {
    for (const byteCount of [2, 4]) {
      const { body } = multipartStream([{ payload: payload(Buffer.from('one'), byteCount) }], { mediaType: 'a/b' });
      expect(await codeOf(buffer(flat(body)))).toBe('corrupt');
    }
  });

  it('is read back by readMultipart, whatever the bytes and chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 100 }),
        async (contents, size) => {
          const parts = contents.map((bytes) => ({ payload: payload(Buffer.from(bytes)) }));
          const { contentType, body } = multipartStream(parts, { mediaType: 'application/dicom' });
          const source = chunked(await buffer(flat(body)), [size]);
          const back: Buffer[] = [];
          for await (const part of readMultipart(source, { boundary: boundaryOf(contentType) }))
            back.push(await buffer(part.body));
          expect(back).toEqual(contents.map((bytes) => Buffer.from(bytes)));
        },
      ),
    );
  });
});
