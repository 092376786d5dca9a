import type { AnnouncedImage, Change, InstanceRecord } from '../src/catalog/change.js';

const CONTRACT = '0xc0';

const keyOf = (index: number): string => `0x${index.toString(16).padStart(64, '0')}`;

/** An instance and its row, numbered within a measurement, as the follower has read it. */
export interface NumberedRecord {
  index: number;
  patient: number;
  record: InstanceRecord;
  /** As release 2 names it; of this site in release 1 unless given. */
  numbers?: Pick<AnnouncedImage, 'siteId' | 'patientKey' | 'ringId' | 'studyKey'>;
}

export function announcedChange({ index, patient, record, numbers }: NumberedRecord, logIndex: number): Change {
  const imageId = keyOf(index);
  return {
    ...{ kind: 'announced', contract: CONTRACT, imageId, logIndex },
    image: {
      ...{ contract: CONTRACT, imageId, imageKey: imageId },
      ...(numbers ?? { siteId: 1, patientKey: keyOf(patient), ringId: undefined, studyKey: undefined }),
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
