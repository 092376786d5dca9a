import { LedgerError } from '../../base/errors.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { LockedStudy } from '../../catalog/ring-queries.js';
import { fromHex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import { ROLE } from '../../secrecy/body-keys.js';
import { KEY_COMMITMENT_BYTES } from '../../secrecy/cell.js';
import { placeOver, type Ring } from '../../secrecy/ring.js';
import type { AnnouncedBody } from '../../secrecy/take-letter.js';
import { pathOf, type Prefix } from '../../secrecy/tree.js';
import { headerAndPreviewOfText } from '../body-text.js';

export interface ProofDependencies {
  ledger: Pick<Ledger, 'branch' | 'chainId' | 'readBody'>;
  catalog: Pick<Catalog, 'announcedUnder'>;
}

export interface ProofsWanted {
  /** The site whose ring it is. */
  siteId: number;
  /** `0x…` of 16 bytes. */
  ringId: string;
  /** What the letter has of it. */
  ring: Ring;
  /** At most so many bodies are read. */
  most: number;
}

const PAGE = 1_000;
/** So many studies are looked at, whatever the ring has: a site may have a million. */
const MAX_STUDIES = 200_000;
/** A site may have announced something under a wrong key: then another body of the same tree node is asked. */
const BODIES_OF_NODE = 3;
const READS_AT_ONCE = 8;

/** Bodies by which the tree nodes of a letter are proven: of what is announced and locked below them, some of each, as far as they can be read. */
export async function proofsOfLetter(dependencies: ProofDependencies, wanted: ProofsWanted): Promise<AnnouncedBody[]> {
  const chosen = await studiesBelow(dependencies.catalog, wanted);
  const bodies: AnnouncedBody[] = [];
  for (let at = 0; at < chosen.length; at += READS_AT_ONCE) {
    const read = chosen.slice(at, at + READS_AT_ONCE).map((study) => announcedBody(dependencies, wanted, study));
    bodies.push(...(await Promise.all(read)).flat());
  }
  return bodies;
}

async function studiesBelow(
  catalog: ProofDependencies['catalog'],
  { siteId, ringId, ring, most }: ProofsWanted,
): Promise<LockedStudy[]> {
  const chosen: LockedStudy[] = [];
  const counts = new Map<Prefix, number>();
  let after: string | undefined;
  for (let seen = 0; seen < MAX_STUDIES && chosen.length < most;) {
    const page = await catalog.announcedUnder(
      { siteId, ringId },
      { limit: PAGE, ...(after !== undefined && { after }) },
    );
    for (const study of page) {
      const place = placeOver(ring, pathOf(BigInt(study.studyKey)));
      const count = place === undefined ? BODIES_OF_NODE : (counts.get(place) ?? 0);
      if (count >= BODIES_OF_NODE) continue;
      counts.set(place!, count + 1);
      chosen.push(study);
    }
    if (page.length < PAGE) break;
    seen += page.length;
    after = page.at(-1)!.studyKey;
  }
  return chosen.slice(0, most);
}

/** Its header's key commitment, which stands first; none when its bytes were never on the chain. */
async function announcedBody(
  { ledger }: ProofDependencies,
  { siteId }: ProofsWanted,
  { contract, imageKey, studyKey, announcedBlock, announcedBodies }: LockedStudy,
): Promise<AnnouncedBody[]> {
  const { branch } = ledger;
  const { header } = headerAndPreviewOfText(announcedBodies);
  try {
    const bytes = await ledger.readBody(header, { block: announcedBlock, branch });
    const commit = Buffer.from(bytes.subarray(0, KEY_COMMITMENT_BYTES));
    const owner = { role: ROLE.header, chainId: ledger.chainId, contract: fromHex(contract), siteId };
    return [{ ...owner, imageKey: fromHex(imageKey), studyKey: BigInt(studyKey), commit }];
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'corrupt') return [];
    throw error;
  }
}
