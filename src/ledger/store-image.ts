import { createHash } from 'node:crypto';
import { bufferSource } from '../byte-source.js';
import { LedgerError } from '../errors.js';
import type { Log } from '../log.js';
import type { ChainImage, Contract } from './chain.js';
import { addressesOf, chunkData, planBody, planPagedBody } from './chunks.js';
import type { Heads } from './heads.js';
import { fromHex, toHex } from './hex.js';
import type { Hex, ImageToStore } from './ledger.js';
import type { Rpc } from './rpc.js';
import type { Sender, Sent } from './send.js';
import { chunkKey, encodePack, imageSteps, packSteps, type AlreadyThere, type ImagePlan } from './steps.js';

/** An image is sent again so often when blocks took its transactions without the effect they should have. */
const attempts = 3;
const codesAtOnce = 64;

export interface StoreDeps {
  rpc: Rpc;
  heads: Heads;
  sender: Sender;
  /** The newest first, which is written to. */
  contracts: readonly Contract[];
  siteId: () => Promise<number>;
  takeoverBlocks: bigint;
  pieceBytes: number;
  log: Log;
  signal: AbortSignal;
}

type Decision = { kind: 'done' } | { kind: 'wait' } | { kind: 'send'; there: AlreadyThere };

const nothing: AlreadyThere = { announced: false, withdraw: false, checkedPages: new Set(), chunks: new Set() };

/**
 * Brings an image onto the chain, from whatever is there already, and returns once the contract says it is sealed with
 * this content. `onAccepted` is called when its announcement is in the outbox or on the chain.
 */
export async function storeImage(deps: StoreDeps, image: ImageToStore, onAccepted: () => void): Promise<void> {
  const { sender, heads, log } = deps;
  await sender.recovered;
  let plan: ImagePlan | undefined;
  for (let attempt = 0; ;) {
    const seen = heads.count;
    const found = await findImage(deps.contracts, image.imageKey);
    if (found?.state === 'sealed' || found?.state === 'retired') requireSameContent(found, image);
    else plan ??= await planImage(deps, image);
    const decision = plan === undefined ? ({ kind: 'done' } as const) : await decide(deps, plan, found);
    if (decision.kind === 'done') return onAccepted();
    if (decision.kind === 'wait') {
      await heads.after(seen, 1_000, deps.signal);
      if (deps.signal.aborted) throw new LedgerError('unavailable', 'The server is stopping.', { retryable: true });
      continue;
    }
    if (attempt > 0) await explain(deps, plan!, decision, attempt);
    attempt++;
    if (attempt > 1) log.info({ imageKey: image.imageKey, attempt }, 'Sending an image again');
    const last = await send(deps, plan!, decision.there, onAccepted);
    await last.mined;
  }
}

/** The image in the newest contract that has it. */
export async function findImage(contracts: readonly Contract[], imageKey: Hex): Promise<ChainImage | undefined> {
  for (const contract of contracts) {
    const image = await contract.image(imageKey);
    if (image.state !== 'none') return image;
  }
  return undefined;
}

async function planImage({ contracts, pieceBytes }: StoreDeps, image: ImageToStore): Promise<ImagePlan> {
  const contract = fromHex(contracts[0]!.address);
  const [header, preview] = await Promise.all(
    [image.header, image.preview].map((bytes) => planBody(contract, bufferSource(bytes), pieceBytes)),
  );
  const instance = await planPagedBody(contract, image.instance, pieceBytes);
  const sha256 = { header: digest(image.header), preview: digest(image.preview), instance: image.instance.sha256 };
  const { imageKey, patientKey } = image;
  const announcement = { imageKey, patientKey, pieceBytes, header: header!, preview: preview!, instance, sha256 };
  return { announcement, instance, header: image.header, preview: image.preview, source: image.instance };
}

/** Returns for the same bytes; throws `gone` or `conflict`. */
function requireSameContent(found: ChainImage, { imageKey, instance }: ImageToStore): void {
  if (found.state === 'retired')
    throw new LedgerError('gone', `The image ${imageKey} was retired; its key stays used.`);
  if (found.sha256 !== instance.sha256) throw conflict(found, instance.sha256);
}

function conflict(found: ChainImage, sha256: Hex): LedgerError {
  const message = `The image ${found.imageKey} is on the chain with other content (SHA-256 ${found.sha256}, not ${sha256}).`;
  return new LedgerError('conflict', message, { details: { sha256: found.sha256, siteId: found.siteId } });
}

async function decide(deps: StoreDeps, plan: ImagePlan, found: ChainImage | undefined): Promise<Decision> {
  if (found === undefined) return { kind: 'send', there: nothing };
  if (found.state !== 'announced') return { kind: 'done' };
  const [newest] = deps.contracts;
  if (found.contract !== newest!.address) return { kind: 'send', there: nothing };
  if (found.siteId === (await deps.siteId())) {
    const there = isSame(plan, found)
      ? { announced: true, withdraw: false, ...(await whatIsThere(deps, plan)) }
      : { ...nothing, withdraw: true };
    return { kind: 'send', there };
  }
  const head = await deps.rpc.blockNumber();
  if (head + 1n >= found.announcedBlock + deps.takeoverBlocks) return { kind: 'send', there: nothing };
  if (found.sha256 !== plan.announcement.sha256.instance) throw conflict(found, plan.announcement.sha256.instance);
  return { kind: 'wait' };
}

function isSame(
  { announcement: { patientKey, pieceBytes, header, preview, instance } }: ImagePlan,
  found: ChainImage,
): boolean {
  return (
    found.patientKey === patientKey &&
    found.pieceBytes === pieceBytes &&
    found.headerRoot === toHex(header.root) &&
    found.previewRoot === toHex(preview.root) &&
    found.instanceRoot === toHex(instance.root)
  );
}

/** Pages that are checked, and the chunks of the others that have code. */
async function whatIsThere(
  { contracts, rpc }: StoreDeps,
  { instance }: ImagePlan,
): Promise<Pick<AlreadyThere, 'checkedPages' | 'chunks'>> {
  const checkedPages = new Set<number>();
  const chunks = new Set<string>();
  const pageAddresses = addressesOf(instance.pageAddresses);
  const checked = await Promise.all(pageAddresses.map((page) => contracts[0]!.checkedChunks(toHex(page))));
  for (const [i, page] of instance.pages.entries()) {
    if (checked[i]! > 0) {
      checkedPages.add(i);
      continue;
    }
    const addresses = [...addressesOf(page), pageAddresses[i]!];
    for (let from = 0; from < addresses.length; from += codesAtOnce) {
      const asked = addresses.slice(from, from + codesAtOnce);
      const codes = await rpc.codes(asked.map(toHex));
      asked.forEach((address, n) => {
        if (chunkData(codes[n]!) !== undefined) chunks.add(chunkKey(address));
      });
    }
  }
  return { checkedPages, chunks };
}

/** Queues what is missing, in order; returns the last transaction. */
async function send(deps: StoreDeps, plan: ImagePlan, there: AlreadyThere, onAccepted: () => void): Promise<Sent> {
  const { head, bulk } = imageSteps(plan, there);
  const whole = packSteps([...head, ...bulk]);
  const packs = whole.length === 1 ? whole : [...packSteps(head), ...packSteps(bulk)];
  const headPacks = whole.length === 1 ? 1 : packSteps(head).length;
  let bytesLeft = packs.reduce((sum, pack) => sum + pack.byteCount, 0);
  if (headPacks === 0) onAccepted();

  let last: Sent | undefined;
  for (const [i, pack] of packs.entries()) {
    const request = { byteCount: pack.byteCount, urgent: i < headPacks, bytesLeft };
    bytesLeft -= pack.byteCount;
    last = await deps.sender.send(request, async () => ({
      to: deps.contracts[0]!.address,
      data: await encodePack(pack),
      gas: pack.gas,
    }));
    if (i + 1 === headPacks) last.saved.then(onAccepted, () => undefined);
  }
  return last!;
}

/** After a failed attempt: throws when trying again cannot help. */
async function explain(deps: StoreDeps, plan: ImagePlan, decision: Decision, attempt: number): Promise<void> {
  if (decision.kind !== 'send') return;
  const [contract] = deps.contracts;
  const { head, bulk } = imageSteps(plan, decision.there);
  const steps = head.length > 0 ? head : bulk;
  try {
    for (const pack of packSteps(steps))
      await contract!.rehearse(`image ${plan.announcement.imageKey}`, await encodePack(pack), deps.sender.account);
  } catch (error) {
    const isFinal = attempt >= attempts || (error instanceof LedgerError && error.code === 'not-authorized');
    if (isFinal) throw error;
  }
  if (attempt < attempts) return;
  const message = `The chain took the transactions of image ${plan.announcement.imageKey} ${attempt} times without effect.`;
  throw new LedgerError('chain-refused', message, { details: { reason: 'no effect' } });
}

function digest(bytes: Buffer): Hex {
  return toHex(createHash('sha256').update(bytes).digest());
}
