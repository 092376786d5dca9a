import { describe, expect, it } from '@jest/globals';
import { AbiCoder, type EventFragment, Interface, keccak256, toUtf8Bytes } from 'ethers';
import type { Hex } from '../ethereum/hex.js';
import type { RawLog } from '../rpc/rpc.js';
import { consortiumAbi } from './consortium-abi.js';
import { createDecodeEvent } from './events.js';
import { imageLedgerAbi } from './image-ledger-abi.js';

const abi = new Interface(imageLedgerAbi);
const decodeEvent = createDecodeEvent();
const contract = `0x${'c0'.repeat(20)}`;
const hash = (name: string): Hex => keccak256(toUtf8Bytes(name)) as Hex;
const address = (name: string): Hex => hash(name).slice(0, 42) as Hex;
const word = (value: number): string => value.toString(16).padStart(64, '0');

/** As a node gives the log of an event, made by ethers. */
function logOf(name: string, values: unknown[]): RawLog {
  const { topics, data } = abi.encodeEventLog(abi.getEvent(name) as EventFragment, values);
  return rawLog(topics as Hex[], data as Hex);
}

function rawLog(topics: Hex[], data: Hex): RawLog {
  const blockHash = hash('block');
  return {
    address: contract.toUpperCase().replace('0X', '0x') as Hex,
    topics,
    data,
    blockNumber: '0x10',
    transactionHash: hash('transaction'),
    blockHash,
    logIndex: '0x3',
  };
}

const base = { contract, position: { blockNumber: 16n, logIndex: 3 }, imageId: hash('image'), siteId: 7 };

describe('an event of the contract', () => {
  const claim = (name: string, byteCount: number | bigint): unknown[] => [
    1,
    byteCount,
    hash(name),
    hash(`${name} root`),
  ];
  const bodyOf = (name: string, byteCount: number, list: Hex[]): object => {
    const [sha256, root] = [hash(name), hash(`${name} root`)];
    return { contract, scheme: 1, byteCount, sha256, root, pieceBytes: 30_720, list };
  };
  const announced = (byteCount: number | bigint, headerChunks: Hex[], previewChunks: Hex[]): RawLog => {
    const claims = [claim('header', 1200), claim('preview', 0), claim('instance', byteCount)];
    const announcement = [hash('image'), hash('patient'), 30_720, ...claims, headerChunks, previewChunks];
    return logOf('Announced', [hash('image'), hash('patient'), 7, announcement]);
  };

  it('announces an image', () => {
    const chunks = [address('first'), address('second')];
    expect(decodeEvent(announced(5_000_000_000, chunks, []))).toEqual({
      ...base,
      kind: 'announced',
      names: { release: 1, imageKey: hash('image'), patientKey: hash('patient') },
      header: bodyOf('header', 1200, chunks),
      preview: bodyOf('preview', 0, []),
      instance: bodyOf('instance', 5_000_000_000, []),
    });
  });

  it('may announce more bytes than there can be', () => {
    const event = decodeEvent(announced(2n ** 64n - 1n, [], []));
    expect(event).toMatchObject({ kind: 'announced', instance: { byteCount: 2 ** 64 } });
  });

  it('seals it', () => {
    const pages = [address('page'), address('next page'), address('last page')];
    expect(decodeEvent(logOf('Sealed', [hash('image'), 7, pages]))).toEqual({ ...base, kind: 'sealed', pages });
  });

  it('withdraws it', () => {
    const log = logOf('Withdrawn', [hash('image'), 7, address('somebody')]);
    expect(decodeEvent(log)).toEqual({ ...base, kind: 'withdrawn', by: address('somebody') });
  });

  it.each(['', 'wrong patient', 'Patiënt verwisseld: 患者'])('retires it with the reason "%s"', (reason) => {
    const log = logOf('Retired', [hash('image'), 7, address('somebody'), reason]);
    expect(decodeEvent(log)).toEqual({ ...base, kind: 'retired', by: address('somebody'), reason, ruling: 0 });
  });

  it('retires it with a reason that is no text', () => {
    const { topics } = logOf('Retired', [hash('image'), 7, address('somebody'), '']);
    const data = AbiCoder.defaultAbiCoder().encode(['bytes'], ['0x41ff42']) as Hex;
    expect(decodeEvent(rawLog(topics, data))).toEqual({
      ...base,
      kind: 'retired',
      by: address('somebody'),
      reason: 'A\uFFFDB',
      ruling: 0,
    });
  });

  it('is none of a catalogue when it is of sites', () => {
    expect(decodeEvent(logOf('SiteAdmitted', [7, 'Hospital']))).toBeUndefined();
    expect(decodeEvent(rawLog([hash('another event')], '0x'))).toBeUndefined();
  });

  describe('of the consortium', () => {
    const consortium: Hex = `0x${'c5'.repeat(20)}`;
    const decode = createDecodeEvent({ consortium });
    const facts = new Interface(consortiumAbi);
    const factOf = (name: string, values: unknown[], at = consortium): RawLog => {
      const { topics, data } = facts.encodeEventLog(facts.getEvent(name) as EventFragment, values);
      return { ...rawLog(topics as Hex[], data as Hex), address: at };
    };
    const said = { contract: consortium, position: base.position };
    const ringId = `0x${'a1'.repeat(16)}`;

    it.each([
      ['SiteDismissed', [7, 1_700_000_000], { kind: 'site-dismissed', siteId: 7, hiddenSince: 1_700_000_000 }],
      ['SiteDismissed', [7, 0], { kind: 'site-dismissed', siteId: 7, hiddenSince: undefined }],
      ['SiteReadmitted', [7], { kind: 'site-dismissed', siteId: 7, hiddenSince: undefined }],
      ['IssuerAssigned', [hash('north'), 7], { kind: 'issuer-assigned', siteId: 7, issuerHash: hash('north') }],
      ['IssuerAssigned', [hash('north'), 0], { kind: 'issuer-assigned', siteId: 0, issuerHash: hash('north') }],
      [
        'Shared',
        [7, ringId, 2, 2n ** 64n - 1n, true, address('writer')],
        { kind: 'shared', siteId: 7, ringId, toSite: 2, studyKey: 2n ** 64n - 1n, mayAdd: true },
      ],
      [
        'Shared',
        [7, ringId, 2, 0, false, address('writer')],
        { kind: 'shared', siteId: 7, ringId, toSite: 2, studyKey: 0n, mayAdd: false },
      ],
    ])('is %s %j', (name, values, expected) => {
      expect(decode(factOf(name, values))).toEqual({ ...said, ...expected });
    });

    it('counts from the consortium alone, and what that says of images not', () => {
      expect(decode(factOf('SiteReadmitted', [7], contract as Hex))).toBeUndefined();
      expect(decodeEvent(factOf('SiteReadmitted', [7]))).toBeUndefined();
      const withdrawn = logOf('Withdrawn', [hash('image'), 7, address('somebody')]);
      expect(decode({ ...withdrawn, address: consortium })).toBeUndefined();
      expect(decode(withdrawn)).toMatchObject({ kind: 'withdrawn' });
      expect(decode(factOf('RingOpened', [7, ringId, hash('root'), address('writer')]))).toBeUndefined();
    });
  });

  it.each([
    ['a list longer than itself', word(32) + word(3) + word(1)],
    ['a list of no end', word(32) + 'f'.repeat(64)],
    ['a list beyond its end', word(320)],
    ['nothing', ''],
  ])('is refused when it has %s', (_what, data) => {
    const { topics } = logOf('Sealed', [hash('image'), 7, []]);
    expect(() => decodeEvent(rawLog(topics, `0x${data}`))).toThrow(/too few/);
  });
});
