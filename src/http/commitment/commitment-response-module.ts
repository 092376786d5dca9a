import type { CommitmentResult, CommittedInstance } from '../../archive/commitment/create-commitments.js';
import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import { pathOf } from '../message/find-instances.js';

/** The creator of the private elements of a receipt, which are in the first block of its group (PS3.5 §7.8). */
const PRIVATE_CREATOR = 'DICOM-LEDGER RECEIPT';

/**
 * The Storage Commitment Response Module (PS3.18 §J.2), with the receipt of the chain in private elements (0099,10xx) of each
 * instance that is committed; `docs/operations/storage-commitment.md` lists them. A sequence without items is left out.
 */
export function commitmentResponseModule(
  { committed, failed }: Exclude<CommitmentResult, 'working'>,
  rootUrl: string,
): DicomJson {
  const sequences: [string, DicomJson[]][] = [
    [
      '00081198',
      failed.map(({ reason, ...reference }) => ({ ...referenceOf(reference), '00081197': one('US', reason) })),
    ],
    ['00081199', committed.map((instance) => committedItem(instance, rootUrl))],
  ];
  return Object.fromEntries(
    sequences.filter(([, items]) => items.length > 0).map(([tag, items]) => [tag, { vr: 'SQ', Value: items }]),
  );
}

function committedItem(instance: CommittedInstance, rootUrl: string): DicomJson {
  const { receipt } = instance;
  return {
    ...referenceOf(instance),
    '00081190': one('UR', `${rootUrl}${pathOf(instance)}`),
    '00990010': one('LO', PRIVATE_CREATOR),
    '00991001': one('LO', receipt.chainId.toString()),
    '00991002': one('LO', receipt.contract),
    '00991003': one('UV', Number(receipt.block)),
    '00991004': one('UC', receipt.blockHash),
    '00991005': one('UC', receipt.transactionHash),
    '00991006': one('UL', receipt.depth),
    '00991007': one('UC', receipt.sha256),
  };
}

function referenceOf({ SOPClassUID, SOPInstanceUID }: { SOPClassUID: string; SOPInstanceUID: string }): DicomJson {
  return { '00081150': one('UI', SOPClassUID), '00081155': one('UI', SOPInstanceUID) };
}

function one(vr: string, value: string | number | undefined): JsonElement {
  return value === undefined ? { vr } : { vr, Value: [value] };
}
