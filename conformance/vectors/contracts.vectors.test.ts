import { describe, expect, it } from '@jest/globals';
import { AbiCoder, keccak256 } from 'ethers';
import { TestChain } from '../../contracts/testing/test-chain.js';
import { released } from '../../contracts/testing/released.js';
import { bufferSource } from '../../src/base/byte-source.js';
import { consortiumInterface, imagesInterface } from '../../src/ledger/consortium/consortium-reader.js';
import {
  type CallValue,
  decodeCall,
  encodeCall,
  PROPOSABLE,
  type Proposable,
} from '../../src/ledger/consortium/decode-call.js';
import { chunkAddress, planBody, planPagedBody } from '../../src/ledger/contract/chunks.js';
import { fromHex } from '../../src/ledger/ethereum/hex.js';
import { filled, vectors as readVectors } from '../../src/secrecy/testing/vectors.js';

interface Vectors {
  functions: Record<'Consortium' | 'Images', Record<string, string>>;
  events: Vectors['functions'];
  contract: string;
  chunks: { contract: string; byteCount: number; address: string }[];
  bodies: (Record<'byteCount' | 'pieceBytes' | 'chunks', number> & {
    root: string;
    pages: string[];
    pagedRoot: string;
  })[];
  images: { siteId: number; imageKey: string; imageId: string; slot: string }[];
  proposals: { signature: string; values: (string | string[])[]; data: string; hash: string }[];
  refusedCalls: { name: string; data: string }[];
  issuers: { issuer: string; hash: string }[];
  studies: { studyKeys: string[]; hash: string }[];
  card: {
    url: string;
    certificatePin: string;
    cardKey: string;
    readerVersion: number;
    servers: string[];
    hash: string;
  };
}

const vectors = readVectors<Vectors>('contracts');
const abis = { Consortium: consortiumInterface, Images: imagesInterface };
const names = ['Consortium', 'Images'] as const;
const hex = (digits: string): `0x${string}` => `0x${digits}`;

describe('The vectors of the contracts', () => {
  it.each(names)('have each function and each event of %s', (name) => {
    const [functions, events]: Record<string, string>[] = [{}, {}];
    abis[name].forEachFunction((one) => (functions![one.format('sighash')] = one.selector.slice(2)));
    abis[name].forEachEvent((one) => (events![one.format('sighash')] = one.topicHash.slice(2)));
    expect(functions).toEqual(vectors.functions[name]);
    expect(events).toEqual(vectors.events[name]);
  });

  it('have the addresses of chunks', () => {
    for (const { contract, byteCount, address } of vectors.chunks)
      expect(chunkAddress(fromHex(hex(contract)), filled(byteCount)).toString('hex')).toBe(address);
  });

  it('have the roots of bodies', async () => {
    const contract = fromHex(hex(vectors.contract));
    for (const { byteCount, pieceBytes, chunks, root, pages, pagedRoot } of vectors.bodies) {
      const source = bufferSource(filled(byteCount));
      const [small, paged] = [
        await planBody(contract, source, pieceBytes),
        await planPagedBody(contract, source, pieceBytes),
      ];
      expect([small.chunks.length / 20, small.root.toString('hex')]).toEqual([chunks, root]);
      expect([paged.pageAddresses.toString('hex'), paged.root.toString('hex')]).toEqual([pages.join(''), pagedRoot]);
    }
  });

  it('have the ids of images, as the contract itself gives them, and where its storage has them', async () => {
    const chain = await TestChain.open();
    await chain.putCode(hex(vectors.contract), fromHex(released('Images').runtimeCode));
    const ask = async (name: string, ...values: unknown[]): Promise<string> => {
      const data = fromHex(imagesInterface.encodeFunctionData(name, values));
      const { returned } = await chain.view(hex(vectors.contract), data);
      return String(imagesInterface.decodeFunctionResult(name, returned)[0]);
    };
    const slot = await ask('IMAGES_SLOT');
    for (const image of vectors.images) {
      expect(await ask('imageIdOf', image.siteId, hex(image.imageKey))).toBe(hex(image.imageId));
      const words = AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256'], [hex(image.imageId), slot]);
      expect(keccak256(words)).toBe(hex(image.slot));
    }
  });

  it('have calls of all functions that a proposal can call, and their hashes', () => {
    const seen = new Set<string>();
    for (const { signature, values, data, hash } of vectors.proposals) {
      const { name, inputs } = consortiumInterface.getFunction(signature)!;
      seen.add(name);
      const given = values.map((value, i): CallValue => {
        const type = inputs[i]!.type;
        if (typeof value !== 'string') return value.map(hex);
        return type.startsWith('uint') ? BigInt(value) : type === 'string' ? value : hex(value);
      });
      const call = { name, values: Object.fromEntries(inputs.map((input, i) => [input.name, given[i]])), data: hex(data), hash: hex(hash) }; // prettier-ignore
      expect(decodeCall(hex(data))).toEqual(call);
      expect(encodeCall(name as Proposable, ...given)).toEqual(call);
    }
    expect([...seen].sort()).toEqual([...PROPOSABLE].sort());
  });

  it.each(vectors.refusedCalls)('have a call that is not read: $name', ({ data }) => {
    expect(() => decodeCall(hex(data))).toThrow(/cannot be read, so it is not approved/);
  });

  it('have the hashes of issuers, ordered studies and a card', () => {
    for (const { issuer, hash } of vectors.issuers) expect(keccak256(Buffer.from(issuer))).toBe(hex(hash));
    const packed = (keys: string[]): string => new AbiCoder().encode(keys.map(() => 'uint64'), keys); // prettier-ignore
    for (const { studyKeys, hash } of vectors.studies) expect(keccak256(packed(studyKeys))).toBe(hex(hash));
    const { url, certificatePin, cardKey, readerVersion, servers, hash } = vectors.card;
    const values = [url, hex(certificatePin), hex(cardKey), readerVersion, servers.map(hex)];
    const call = consortiumInterface.encodeFunctionData('publishCard', [values]);
    expect(keccak256(`0x${call.slice(10)}`)).toBe(hex(hash));
  });
});
