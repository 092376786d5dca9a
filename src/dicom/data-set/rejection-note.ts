import { rejectionReason } from '../../standard/rejection-reason.js';
import { dataSetOf, elementOf, textOf, type DataSet } from './data-set.js';
import type { InstanceHeader } from './instance-header.js';
import { trimEnd } from './trim-end.js';

const KEY_OBJECT_SELECTION = '1.2.840.10008.5.1.4.1.1.88.59';

export interface NamedInstance {
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
}

export interface RejectionNote {
  /** Its title, with the code. */
  reason: string;
  /** What its Current Requested Procedure Evidence Sequence (0040,A375) has. */
  instances: NamedInstance[];
}

/** What a rejection note names; undefined for an instance that is none. */
export function rejectionNote(header: InstanceHeader): RejectionNote | undefined {
  const dataSet = dataSetOf(header);
  if (textOf(dataSet, 0x00080016) !== KEY_OBJECT_SELECTION) return undefined;
  const [title] = items(dataSet, 0x0040a043);
  const reason = title && rejectionReason({ code: textOf(title, 0x00080100), scheme: textOf(title, 0x00080102) });
  if (reason === undefined) return undefined;
  const instances = items(dataSet, 0x0040a375).flatMap((study) =>
    items(study, 0x00081115).flatMap((series) =>
      items(series, 0x00081199).map((instance) => ({
        StudyInstanceUID: uid(study, 0x0020000d),
        SeriesInstanceUID: uid(series, 0x0020000e),
        SOPInstanceUID: uid(instance, 0x00081155),
      })),
    ),
  );
  return { reason, instances };
}

function items(dataSet: DataSet, tag: number): DataSet[] {
  return elementOf(dataSet, tag)?.items ?? [];
}

function uid(dataSet: DataSet, tag: number): string {
  return trimEnd(textOf(dataSet, tag), '\0');
}
