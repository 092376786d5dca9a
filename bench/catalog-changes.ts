import type { Change, InstanceRecord } from '../src/catalog/change.js';

const CONTRACT = '0xc0';

const keyOf = (index: number): string => `0x${index.toString(16).padStart(64, '0')}`;

/** An instance of this site and its row, numbered within a measurement, as the follower has read it. */
export interface NumberedRecord {
  index: number;
  patient: number;
  record: InstanceRecord;
}

export function announcedChange({ index, patient, record }: NumberedRecord, logIndex: number): Change {
  const imageId = keyOf(index);
  return {
    ...{ kind: 'announced', contract: CONTRACT, imageId, logIndex },
    image: {
      ...{ contract: CONTRACT, siteId: 1, imageId, imageKey: imageId, patientKey: keyOf(patient) },
      ...{ ringId: undefined, studyKey: undefined },
      body: JSON.stringify({ byteCount: record.byteCount, list: [] }),
      announcedBodies: '[]',
      contentKey: imageId.slice(2),
    },
    reading: { kind: 'read', record },
  };
}

export const sealedChange = (index: number, logIndex: number): Change => ({
  ...{ kind: 'sealed', contract: CONTRACT, imageId: keyOf(index), logIndex },
  pages: '[]',
});

export const retiredChange = (index: number, logIndex: number): Change => ({
  ...{ kind: 'retired', ruling: 0, contract: CONTRACT, imageId: keyOf(index), logIndex },
  ...{ reason: '', by: '', isOwn: true },
});
