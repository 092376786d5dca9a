import { chestDx } from './chest-dx.js';
import { headCt } from './head-ct.js';
import { headMr } from './head-mr.js';
import { heartUs } from './heart-us.js';
import type { MadeStudy } from './modules.js';
import { report } from './report.js';
import { skinPhoto } from './skin-photo.js';

/** A study of the demo and the Part 10 files of its instances, made as they are asked for: the same in each run. */
export interface DemoStudy extends MadeStudy {
  instances(): AsyncGenerator<Buffer>;
}

const CT: MadeStudy = {
  key: 'demo1',
  characterSet: 'ISO_IR 100',
  PatientName: 'Lindqvist^Åsa',
  PatientID: 'DEMO-1',
  PatientBirthDate: '19580314',
  PatientSex: 'F',
  PatientAge: '067Y',
  StudyDate: '20250612',
  StudyTime: '081530',
  StudyDescription: 'CT head',
  AccessionNumber: 'DEMO-A1',
};

const MR: MadeStudy = {
  key: 'demo2',
  characterSet: '\\ISO 2022 IR 87',
  PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
  PatientID: 'DEMO-2',
  PatientBirthDate: '19710925',
  PatientSex: 'M',
  PatientAge: '053Y',
  StudyDate: '20250611',
  StudyTime: '143000',
  StudyDescription: 'MR head, T1 and T2',
  AccessionNumber: 'DEMO-A2',
};

const DX: MadeStudy = {
  key: 'demo3',
  characterSet: 'ISO_IR 144',
  PatientName: 'Иванова^Мария',
  PatientID: 'DEMO-3',
  PatientBirthDate: '19831102',
  PatientSex: 'F',
  PatientAge: '041Y',
  StudyDate: '20250610',
  StudyTime: '102200',
  StudyDescription: 'Chest PA',
  AccessionNumber: 'DEMO-A3',
};

const US: MadeStudy = {
  key: 'demo4',
  characterSet: 'ISO_IR 127',
  PatientName: 'قباني^لنزار',
  PatientID: 'DEMO-4',
  PatientBirthDate: '19640421',
  PatientSex: 'M',
  PatientAge: '061Y',
  StudyDate: '20250609',
  StudyTime: '160500',
  StudyDescription: 'Echocardiography',
  AccessionNumber: 'DEMO-A4',
};

const XC: MadeStudy = {
  key: 'demo5',
  characterSet: 'ISO_IR 192',
  PatientName: 'Wang^XiaoDong=王^小东',
  PatientID: 'DEMO-5',
  PatientBirthDate: '19920807',
  PatientSex: 'O',
  PatientAge: '032Y',
  StudyDate: '20250608',
  StudyTime: '093000',
  StudyDescription: 'Skin of the forearm',
  AccessionNumber: 'DEMO-A5',
};

/** CT with a report, MR in two contrasts, a chest X-ray, a beating heart, a photograph; names in five character sets. */
export const DEMO_STUDIES: readonly DemoStudy[] = [
  {
    ...CT,
    instances: async function* () {
      yield* headCt(CT);
      yield report(CT);
    },
  },
  { ...MR, instances: () => headMr(MR) },
  { ...DX, instances: () => chestDx(DX) },
  { ...US, instances: () => heartUs(US) },
  { ...XC, instances: () => skinPhoto(XC) },
];
