import { randomBytes } from 'node:crypto';
import { inTurns } from '../../src/base/in-turns.js';
import { accountsOfSignature, signDigest } from '../../src/ledger/keys/sign-digest.js';
import { accountOf } from '../../src/ledger/keys/sign.js';
import { bodyKeys, imageKeyOf, ROLE } from '../../src/secrecy/body-keys.js';
import { makeCardKeys } from '../../src/secrecy/hpke.js';
import { readLetter, writeLetter } from '../../src/secrecy/letter.js';
import { placeOver, puncture, type Ring, studyNodeOf } from '../../src/secrecy/ring.js';
import { ringCommitment } from '../../src/secrecy/ring-commitment.js';
import { type AnnouncedBody, takingLetter } from '../../src/secrecy/take-letter.js';
import { pathOf, type Prefix } from '../../src/secrecy/tree.js';
import type { Task } from './tasks.js';

const [OWN, READER, THIRD] = [1, 2, 3];
/** So many bodies prove a letter of the ring's own site, and at most so many one of another (`takeFromSite`). */
const PROOFS = { ofItsSite: 64, ofAnother: 20_000 };

export interface LargeRing {
  root: Buffer;
  ring: Ring;
  erased: readonly Prefix[];
  /** In the order of numbers; those that are erased among them. */
  studyKeys: readonly bigint[];
}

/** Writing, reading and taking in a letter of a whole ring that has lost many studies, by which all of it is proven that can be. */
export async function makeLetterTasks({ root, ring, erased, studyKeys }: LargeRing): Promise<Task[]> {
  const consortium = { chainId: 1n, consortium: randomBytes(20) };
  const ringId = randomBytes(16);
  const contract = randomBytes(20);
  const senderKey = randomBytes(32);
  const account = accountOf(senderKey);
  const card = await makeCardKeys();
  const letter = { ...consortium, from: OWN, to: READER, ringId, ring };
  const writing = { cardKey: card.publicKey, sign: (digest: Buffer) => signDigest(digest, senderKey) };
  const bytes = await writeLetter(letter, writing);
  const isSignedBy = (_: number, digest: Buffer, signature: Buffer): boolean =>
    accountsOfSignature(digest, signature).includes(account);
  const reading = { ...consortium, to: READER, card, isSignedBy };

  const announced = (studyKey: bigint): AnnouncedBody => {
    const study = studyNodeOf(ring, studyKey)!;
    const imageKey = imageKeyOf(study, '1.2.3');
    const owner = { role: ROLE.header, chainId: 1n, contract, siteId: OWN, imageKey };
    return { ...owner, studyKey, commit: bodyKeys(study, owner).commit };
  };
  const places = new Map<Prefix, bigint>();
  for (const key of studyKeys) {
    const place = placeOver(ring, pathOf(key));
    if (place !== undefined && !places.has(place)) places.set(place, key);
  }
  const bodies = [...places.values()].slice(0, PROOFS.ofAnother).map(announced);
  const onChain = {
    siteId: OWN,
    commitment: ringCommitment(root, { ...consortium, siteId: OWN, ringId }),
    sharedWith: [READER, THIRD],
    erased,
    bodies,
  };
  const ofItsSite = { ...onChain, bodies: bodies.slice(0, PROOFS.ofItsSite) };
  const fromAnother = { ...letter, from: THIRD };
  const nothing = puncture(ring, ['']);
  const once = { repeats: 1, standsStill: true };
  return [
    {
      name: `write a letter of the large ring (${megabytes(bytes)})`,
      run: () => writeLetter(letter, writing),
      ...once,
    },
    { name: 'read it', run: () => readLetter(bytes, reading), ...once },
    {
      name: 'take it from its own site, 64 bodies',
      run: () => inTurns(takingLetter(nothing, letter, ofItsSite)),
      ...once,
    },
    { name: 'take it again', run: () => inTurns(takingLetter(ring, letter, ofItsSite)), ...once },
    {
      name: `take it from another site, ${bodies.length.toLocaleString('en')} bodies`,
      run: () => inTurns(takingLetter(nothing, fromAnother, onChain)),
      ...once,
    },
  ];
}

const megabytes = ({ length }: Buffer): string => `${(length / 1e6).toFixed(1)} MB`;
