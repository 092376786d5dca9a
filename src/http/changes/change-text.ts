import type { ArchiveChange } from '../../archive/changes/create-changes.js';

/** A change as JSON text, with the names that Microsoft's server has, and where it stands on the chain. */
export function changeText(change: ArchiveChange, rootUrl: string): string {
  const { block, announced, metadata } = change;
  const entry = JSON.stringify({
    Sequence: change.sequence,
    StudyInstanceUid: change.StudyInstanceUID,
    SeriesInstanceUid: change.SeriesInstanceUID,
    SopInstanceUid: change.SOPInstanceUID,
    Action: change.action,
    Timestamp: new Date(change.at).toISOString(),
    State: change.state,
    Site: change.siteId,
    // Block numbers are decimal text, as in the records of the ledger.
    Block: block?.toString(),
    TransactionHash: change.transactionHash,
    Announced: announced && { Block: announced.block.toString(), LogIndex: announced.logIndex },
  });
  if (metadata === undefined) return entry;
  const absolute = metadata.replaceAll('"BulkDataURI":"studies/', `"BulkDataURI":"${rootUrl}/studies/`);
  return `${entry.slice(0, -1)},"Metadata":${absolute}}`;
}
