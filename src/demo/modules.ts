import { demoUid } from './demo-uid.js';
import type { Element, Elements } from './write-instance.js';

/** A made patient with one study. Names are written as in the character set. */
export interface MadeStudy {
  /** Begins the names from which its UIDs are made. */
  key: string;
  characterSet: string;
  PatientName: string;
  PatientID: string;
  PatientBirthDate: string;
  PatientSex: 'F' | 'M' | 'O';
  PatientAge: string;
  StudyDate: string;
  StudyTime: string;
  StudyDescription: string;
  AccessionNumber: string;
}

export interface MadeSeries {
  study: MadeStudy;
  /** Of its series within the study, from 1. */
  number: number;
  Modality: string;
  SeriesDescription: string;
  /** Modules that all of its instances have. */
  more?: Elements;
}

/** UIDs of the study, of a series of it by number, and of an instance of that. */
export const studyUid = ({ key }: MadeStudy): string => demoUid(key);
export const seriesUid = ({ study, number }: Pick<MadeSeries, 'study' | 'number'>): string =>
  demoUid(`${study.key}/${number}`);
export const instanceUid = ({ study, number }: Pick<MadeSeries, 'study' | 'number'>, instance: number): string =>
  demoUid(`${study.key}/${number}/${instance}`);

/** Patient, General Study, General Series, General Equipment and SOP Common Module (PS3.3 §C.7, §C.12.1), and what the series has. */
export function modulesOf(
  series: MadeSeries,
  { SOPClassUID, instance }: { SOPClassUID: string; instance: number },
): Element[] {
  const { study, number, Modality, SeriesDescription, more = [] } = series;
  return [
    [0x00080005, 'CS', study.characterSet],
    [0x00080016, 'UI', SOPClassUID],
    [0x00080018, 'UI', instanceUid(series, instance)],
    [0x00080020, 'DA', study.StudyDate],
    [0x00080021, 'DA', study.StudyDate],
    [0x00080023, 'DA', study.StudyDate],
    [0x00080030, 'TM', study.StudyTime],
    [0x00080031, 'TM', study.StudyTime],
    [0x00080033, 'TM', study.StudyTime],
    [0x00080050, 'SH', study.AccessionNumber],
    [0x00080060, 'CS', Modality],
    [0x00080070, 'LO', 'dicom-ledger'],
    [0x00080080, 'LO', 'Made by dicom-ledger demo'],
    [0x00080090, 'PN', ''],
    [0x00081030, 'LO', study.StudyDescription],
    [0x0008103e, 'LO', SeriesDescription],
    [0x00081090, 'LO', 'Demo'],
    [0x00100010, 'PN', study.PatientName],
    [0x00100020, 'LO', study.PatientID],
    [0x00100030, 'DA', study.PatientBirthDate],
    [0x00100040, 'CS', study.PatientSex],
    [0x00101010, 'AS', study.PatientAge],
    [0x00181000, 'LO', '1'],
    [0x00181020, 'LO', '1'],
    [0x0020000d, 'UI', studyUid(study)],
    [0x0020000e, 'UI', seriesUid(series)],
    [0x00200010, 'SH', study.key.toUpperCase()],
    [0x00200011, 'IS', String(number)],
    [0x00200013, 'IS', String(instance)],
    ...more,
  ];
}

/** Frame of Reference and Image Plane Module (PS3.3 §C.7.4.1, §C.7.6.2) of an axial slice. */
export function axialPlane({
  frameOfReference,
  size,
  spacing,
  thickness,
  z,
}: {
  frameOfReference: string;
  /** Pixels along a side. */
  size: number;
  /** Millimetres from pixel to pixel. */
  spacing: number;
  thickness: number;
  z: number;
}): Element[] {
  const corner = -((size - 1) / 2) * spacing;
  return [
    [0x00180050, 'DS', String(thickness)],
    [0x00185100, 'CS', 'HFS'],
    [0x00200032, 'DS', `${corner}\\${corner}\\${z}`],
    [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    [0x00200052, 'UI', frameOfReference],
    [0x00201040, 'LO', ''],
    [0x00201041, 'DS', String(z)],
    [0x00280030, 'DS', `${spacing}\\${spacing}`],
  ];
}

/** An item of a code sequence (PS3.3 §8.8). */
export const code = (value: string, scheme: string, meaning: string): Elements => [
  [0x00080100, 'SH', value],
  [0x00080102, 'SH', scheme],
  [0x00080104, 'LO', meaning],
];
