import { isDate } from '../../standard/is-date.js';
import { dataSetOf, elementOf } from './data-set.js';
import type { InstanceHeader } from './instance-header.js';
import { trimEnd } from './trim-end.js';

/** Dates by which patients, studies and series are searched and put in order. */
const DATES = { StudyDate: 0x00080020, SeriesDate: 0x00080021, PatientBirthDate: 0x00100030 } as const;

/** Sentences about the dates of an instance that are none, without their values, which may be a patient's. */
export function wrongDates(header: InstanceHeader): string[] {
  const dataSet = dataSetOf(header);
  return Object.entries(DATES).flatMap(([keyword, tag]) => {
    const text = trimEnd(elementOf(dataSet, tag)?.value.toString('latin1') ?? '').trim();
    return text === '' || isDate(text)
      ? []
      : [`${keyword} is no date (PS3.5 §6.2, DA: YYYYMMDD); no search by date finds the instance.`];
  });
}
