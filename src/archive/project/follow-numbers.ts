import type { Log } from '../../base/log.js';
import type { AnnouncedImage, InstanceRecord } from '../../catalog/change.js';
import type { Numbers } from '../../keyring/numbers.js';
import type { LedgerEvent } from '../../ledger/ledger.js';

const PATIENT_ID = '00100020';

/** Keeps the numbers of this site up with what it has announced itself, by whatever server and out of whatever folder. */
export interface FollowedNumbers {
  /** Before a block is applied: no number that it has is given again. */
  seen(events: readonly LedgerEvent[]): Promise<void>;
  /** When an announcement was read: its study and patient go on under these numbers. */
  learn(image: AnnouncedImage, record: InstanceRecord): void;
}

export function followNumbers({
  numbers,
  siteId,
  log,
}: {
  numbers: Pick<Numbers, 'seen' | 'learn'>;
  siteId: number;
  log: Log;
}): FollowedNumbers {
  return {
    seen: async (events) => {
      const own = events.flatMap((event) =>
        event.kind === 'announced' && event.siteId === siteId && event.names.release === 2 ? [event.names] : [],
      );
      if (own.length > 0) await numbers.seen(own);
    },
    learn: ({ siteId: of, studyKey, patientKey }, { StudyInstanceUID, issuer, study }) => {
      if (of !== siteId || studyKey === undefined) return;
      const [value] = study[PATIENT_ID]?.Value ?? [];
      const PatientID = typeof value === 'string' ? value : '';
      const announced = {
        ...{ StudyInstanceUID, IssuerOfPatientID: issuer, PatientID },
        ...{ studyKey: BigInt(studyKey), patientKey: BigInt(patientKey) },
      };
      numbers.learn(announced).catch((error: unknown) => log.error({ err: error }, 'A number could not be kept.'));
    },
  };
}
