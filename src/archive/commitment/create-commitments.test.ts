import { describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import type { CatalogInstance } from '../../catalog/catalog.js';
import { inFolder } from '../testing/parts.js';
import { openCommitmentRequests } from './commitment-requests.js';
import { createSealLookup } from './seal-lookup.js';
import { type CommitmentDependencies, createCommitments } from './create-commitments.js';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const name = { owner: 'a', transactionUID: '2.25.1' };
const sealed = {
  SOPClassUID: CT,
  StudyInstanceUID: '1',
  SeriesInstanceUID: '2',
  state: 'sealed',
  isVerified: true,
  sealedBlock: 8n,
  imageId: '0x0a',
  contract: '0xc0',
  sha256: 'aa',
} as CatalogInstance;

/** The result for one instance, at block 10 of a chain on which 3 blocks are final. */
const resultOf = (found: Partial<CatalogInstance> | undefined, others: Partial<CommitmentDependencies> = {}) =>
  inFolder(async (folder) => {
    const commitments = createCommitments({
      requests: await openCommitmentRequests({ folder }),
      ledger: {
        chainId: 7n,
        depths: { sealed: 2, final: 3, kept: 20 },
      },
      seals: async () => new Map([['0x0a', { blockHash: '0x08', transactionHash: '0xff' }] as const]),
      projection: { cursor: () => ({ number: 10n, hash: '0x10' }), hashAt: () => '0x08' },
      catalog: { instance: async () => found && { ...sealed, ...found } },
      isComing: async () => false,
      ...others,
    });
    return commitments.requestCommitment(name, [{ SOPClassUID: CT, SOPInstanceUID: '1.2.3' }]);
  });

describe('createCommitments', () => {
  it('commits what is sealed so deep that it stays, with where that is on the chain', async () => {
    const where = { chainId: 7n, contract: '0xc0', block: 8n, blockHash: '0x08', transactionHash: '0xff', depth: 3 };
    expect(await resultOf({})).toEqual({
      failed: [],
      committed: [
        {
          ...{ SOPClassUID: CT, SOPInstanceUID: '1.2.3', StudyInstanceUID: '1', SeriesInstanceUID: '2' },
          receipt: { ...where, sha256: 'aa' },
        },
      ],
    });
  });

  it.each([
    ['a block too near the head', { sealedBlock: 9n }],
    ['only announced', { state: 'announced', sealedBlock: undefined }],
    ['of another site and not verified', { isVerified: false }],
  ] as [string, Partial<CatalogInstance>][])('works on what is %s', async (_what, found) => {
    expect(await resultOf(found)).toBe('working');
  });

  it('works on what is on its way to the chain', async () => {
    expect(await resultOf(undefined, { isComing: async () => true })).toBe('working');
  });

  it.each([
    [0x0112, 'is not there', undefined],
    [0x0112, 'is retired', { state: 'retired' }],
    [0x0119, 'is of another class', { SOPClassUID: '1.2.3' }],
  ] as [number, string, Partial<CatalogInstance> | undefined][])(
    'fails with %i what %s',
    async (reason, _what, found) => {
      expect(await resultOf(found)).toEqual({
        committed: [],
        failed: [{ SOPClassUID: CT, SOPInstanceUID: '1.2.3', reason }],
      });
    },
  );

  it('commits without a transaction while no node tells it', async () => {
    expect(await resultOf({}, { seals: async () => new Map() })).toMatchObject({
      committed: [{ receipt: { blockHash: '0x08', transactionHash: undefined } }],
    });
  });
});

describe('createSealLookup', () => {
  const depths = { sealed: 2, final: 3, kept: 20 };
  const seal = { blockHash: '0x08', transactionHash: '0xff' } as const;
  const projection = { cursor: () => ({ number: 30n, hash: '0x30' }), hashAt: () => '0x08' };

  it('believes no node on another branch, and asks once for what stays', async () => {
    const asked: bigint[] = [];
    const seals = async (block: bigint) => {
      asked.push(block);
      return new Map([['0x0a', block === 8n ? seal : { ...seal, blockHash: '0x99' as const }] as const]);
    };
    const lookup = createSealLookup({ ledger: { depths, seals }, projection });
    for (let i = 0; i < 2; i++) expect(await lookup([8n, 8n])).toEqual(new Map([['0x0a', seal]]));
    expect(await lookup([9n])).toEqual(new Map());
    expect(asked).toEqual([8n, 9n]);
  });

  it('has nothing while no node answers, and does not ask for each block', async () => {
    let asked = 0;
    const seals = async () => {
      asked++;
      throw new LedgerError('unavailable', 'No node answers.');
    };
    const lookup = createSealLookup({ ledger: { depths, seals }, projection });
    expect(await lookup(Array.from({ length: 100 }, (_, i) => BigInt(i)))).toEqual(new Map());
    expect(asked).toBeLessThan(20);
  });
});
