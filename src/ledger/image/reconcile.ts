import { LedgerError } from '../../base/errors.js';
import type { ChainImage, ImageContract } from '../contract/image-contract.js';
import { addressesOf, chunkData } from '../contract/chunks.js';
import { toHex, type Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import { chunkKey, type AlreadyThere, type ImageToPlan } from './transaction-plan.js';

const CODES_AT_ONCE = 64;

/** Another site's announcement, and the first block in which this one may take it over if it is not sealed. */
interface Rival {
  siteId: number;
  takeoverBlock: bigint;
}

/** What is to be done for an image, as the chain stands. `wait`: another site has announced the same content. */
export type Reconciliation = { kind: 'done' } | { kind: 'wait'; rival: Rival } | { kind: 'send'; there: AlreadyThere };

const NOTHING: AlreadyThere = { announced: false, withdraw: false, checkedPages: new Set(), chunks: new Set() };

/** The image in the newest contract that has it. */
export async function findImage(contracts: readonly ImageContract[], imageId: Hex): Promise<ChainImage | undefined> {
  for (const contract of contracts) {
    const image = await contract.image(imageId);
    if (image.state !== 'none') return image;
  }
  return undefined;
}

/** Throws `gone` for a retired image and `conflict` for a sealed one of another SHA-256 than is announced of it. */
export function requireSameContent(found: ChainImage, sha256: Hex): void {
  if (found.state === 'retired')
    throw new LedgerError('gone', `The image ${found.imageId} was retired; its key stays used.`);
  if (found.sha256 !== sha256) throw conflict(found, sha256);
}

function conflict(found: ChainImage, sha256: Hex, rival?: Rival): LedgerError {
  const message = `The image ${found.imageId} is on the chain with other content (SHA-256 ${found.sha256}, not ${sha256}).`;
  return new LedgerError('conflict', message, { details: { sha256: found.sha256, siteId: found.siteId, ...rival } });
}

export interface ReconcileDependencies {
  rpc: Rpc;
  /** The newest first, which is written to. */
  contracts: readonly ImageContract[];
  siteId: number;
  takeoverBlocks: bigint;
}

/** Decides on an image that is not retired. Throws `conflict` while another site announces other content. */
export async function reconcile(
  dependencies: ReconcileDependencies,
  plan: ImageToPlan,
  found: ChainImage | undefined,
): Promise<Reconciliation> {
  if (found === undefined) return { kind: 'send', there: NOTHING };
  if (found.state !== 'announced') return { kind: 'done' };
  const [newest] = dependencies.contracts;
  if (found.contract !== newest!.address) return { kind: 'send', there: NOTHING };
  if (found.siteId === dependencies.siteId) {
    const there = isSame(plan, found)
      ? { announced: true, withdraw: false, ...(await whatIsThere(dependencies, plan)) }
      : { ...NOTHING, withdraw: true };
    return { kind: 'send', there };
  }
  const head = await dependencies.rpc.blockNumber();
  const rival = { siteId: found.siteId, takeoverBlock: found.announcedBlock + dependencies.takeoverBlocks };
  if (head + 1n >= rival.takeoverBlock) return { kind: 'send', there: NOTHING };
  const { sha256 } = plan.announcement;
  if (found.sha256 !== sha256.instance) throw conflict(found, sha256.instance, rival);
  return { kind: 'wait', rival };
}

function isSame(
  { announcement: { names, pieceBytes, header, preview, instance }, calls }: ImageToPlan,
  found: ChainImage,
): boolean {
  return (
    found.namesKept === calls.namesKept(names) &&
    found.pieceBytes === pieceBytes &&
    found.headerRoot === toHex(header.root) &&
    found.previewRoot === toHex(preview.root) &&
    found.instanceRoot === toHex(instance.root)
  );
}

/** Pages that are checked, and the chunks of the others that have code. */
async function whatIsThere(
  { contracts, rpc }: ReconcileDependencies,
  { instance }: ImageToPlan,
): Promise<Pick<AlreadyThere, 'checkedPages' | 'chunks'>> {
  const checkedPages = new Set<number>();
  const chunks = new Set<string>();
  const pageAddresses = addressesOf(instance.pageAddresses);
  const checked = await Promise.all(pageAddresses.map((page) => contracts[0]!.isPageChecked(toHex(page))));
  for (const [i, page] of instance.pages.entries()) {
    if (checked[i]) {
      checkedPages.add(i);
      continue;
    }
    const addresses = [...addressesOf(page), pageAddresses[i]!];
    for (let from = 0; from < addresses.length; from += CODES_AT_ONCE) {
      const asked = addresses.slice(from, from + CODES_AT_ONCE);
      const codes = await rpc.codes(asked.map(toHex));
      asked.forEach((address, n) => {
        if (chunkData(codes[n]!) !== undefined) chunks.add(chunkKey(address));
      });
    }
  }
  return { checkedPages, chunks };
}
