import { setImmediate as nextTurn } from 'node:timers/promises';
import { LedgerError } from '../../base/errors.js';
import type { CatalogInstance, CatalogReader, ProjectionState } from '../../catalog/catalog.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { SealLookup } from './seal-lookup.js';
import type { CommitmentName, CommitmentRequests, InstanceReference } from './commitment-requests.js';

/** What the chain says of an instance that is committed. */
export interface ChainReceipt {
  chainId: bigint;
  contract: string;
  /** The block that has its seal. */
  block: bigint;
  /** Undefined while no node tells. */
  blockHash: string | undefined;
  transactionHash: string | undefined;
  /** How many blocks there are from the seal on: 1 = it is in the head block. */
  depth: number;
  /** Of the stored bytes, hex. */
  sha256: string;
}

export interface CommittedInstance extends InstanceReference {
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  receipt: ChainReceipt;
}

/** PS3.3 §C.14.1.1. */
export const COMMITMENT_FAILURE = {
  /** No such object instance. */
  noSuchInstance: 0x0112,
  /** The SOP Class of an instance is another than the request says. */
  classConflict: 0x0119,
} as const;

export interface UncommittedInstance extends InstanceReference {
  reason: (typeof COMMITMENT_FAILURE)[keyof typeof COMMITMENT_FAILURE];
}

/** `working`: some instances are on their way, and are not deep enough in the chain yet to be committed. */
export type CommitmentResult =
  'working' | { committed: readonly CommittedInstance[]; failed: readonly UncommittedInstance[] };

/** Storage commitment (PS3.18 §13): whether instances are sealed on the chain, so deep that they stay. */
export interface Commitments {
  /** Writes the request down and gives its result of now. Rejects with `conflict` when that one has used the transaction UID before. */
  requestCommitment(name: CommitmentName, references: readonly InstanceReference[]): Promise<CommitmentResult>;
  /** The result of now of an earlier request; undefined for an unknown one. */
  commitment(name: CommitmentName): Promise<CommitmentResult | undefined>;
}

export interface CommitmentDependencies {
  requests: CommitmentRequests;
  ledger: Pick<Ledger, 'chainId' | 'depths'>;
  seals: SealLookup;
  projection: Pick<ProjectionState, 'cursor' | 'hashAt'>;
  /** As whoever asks sees it. */
  catalog: Pick<CatalogReader, 'instance'>;
  /** Whether an instance that is in the catalogue not yet is on its way to the chain, and its study is seen. */
  isComing: (SOPInstanceUID: string) => Promise<boolean>;
}

/** Instances that are looked up before others have their turn. */
const AT_ONCE = 100;

export function createCommitments(dependencies: CommitmentDependencies): Commitments {
  const { requests } = dependencies;
  return {
    requestCommitment: async (name, references) => {
      if (!(await requests.add(name, references)))
        throw new LedgerError(
          'conflict',
          `The transaction UID ${name.transactionUID} was used before; ask for its result with GET, or take a new one.`,
        );
      return resultOf(dependencies, references);
    },
    commitment: async (name) => {
      const references = await requests.find(name);
      return references && resultOf(dependencies, references);
    },
  };
}

async function resultOf(
  dependencies: CommitmentDependencies,
  references: readonly InstanceReference[],
): Promise<CommitmentResult> {
  const { catalog, projection, ledger, isComing } = dependencies;
  const head = projection.cursor()?.number ?? 0n;
  const committed: { reference: InstanceReference; found: CatalogInstance; block: bigint; depth: number }[] = [];
  const failed: UncommittedInstance[] = [];
  for (const [index, reference] of references.entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await nextTurn();
    const found = await catalog.instance(reference.SOPInstanceUID);
    if (found === undefined && (await isComing(reference.SOPInstanceUID))) return 'working';
    if (found === undefined || found.state === 'retired')
      failed.push({ ...reference, reason: COMMITMENT_FAILURE.noSuchInstance });
    else if (found.SOPClassUID !== reference.SOPClassUID)
      failed.push({ ...reference, reason: COMMITMENT_FAILURE.classConflict });
    else {
      const { sealedBlock } = found;
      const depth = sealedBlock === undefined ? 0 : Number(head - sealedBlock) + 1;
      if (sealedBlock === undefined || depth < ledger.depths.final || !found.isVerified) return 'working';
      committed.push({ reference, found, block: sealedBlock, depth });
    }
  }
  const seals = await dependencies.seals(committed.map(({ block }) => block));
  return {
    failed,
    committed: committed.map(({ reference, found, block, depth }) => {
      const seal = seals.get(found.imageId);
      return {
        ...reference,
        StudyInstanceUID: found.StudyInstanceUID,
        SeriesInstanceUID: found.SeriesInstanceUID,
        receipt: {
          chainId: ledger.chainId,
          contract: found.contract,
          block,
          blockHash: seal?.blockHash ?? projection.hashAt(block),
          transactionHash: seal?.transactionHash,
          depth,
          sha256: found.sha256,
        },
      };
    }),
  };
}
