import { CT_IMAGE_STORAGE, headCtSeries } from './head-ct.js';
import { code, instanceUid, type MadeStudy, modulesOf, seriesUid, studyUid } from './modules.js';
import { type Elements, writeInstance } from './write-instance.js';

const BASIC_TEXT_SR_STORAGE = '1.2.840.10008.5.1.4.1.1.88.11';

const FINDINGS = [
  'Intracerebral haemorrhage in the left hemisphere, 24 x 34 x 24 mm, with a narrow rim of oedema.',
  'The ventricles are not widened. The midline is not displaced. The skull is intact.',
];

/** What was seen in the CT of the study, as text that names a slice. */
export function report(study: MadeStudy): Buffer {
  const ct = headCtSeries(study);
  const slice: Elements = [
    [0x00081150, 'UI', CT_IMAGE_STORAGE],
    [0x00081155, 'UI', instanceUid(ct, 22)],
  ];
  const finding = (text: string): Elements => [
    [0x0040a010, 'CS', 'CONTAINS'],
    [0x0040a040, 'CS', 'TEXT'],
    [0x0040a043, 'SQ', [code('121071', 'DCM', 'Finding')]],
    [0x0040a160, 'UT', text],
  ];
  const image: Elements = [
    [0x00081199, 'SQ', [slice]],
    [0x0040a010, 'CS', 'CONTAINS'],
    [0x0040a040, 'CS', 'IMAGE'],
    [0x0040a043, 'SQ', [code('121080', 'DCM', 'Best illustration of finding')]],
  ];
  const evidence: Elements = [
    [
      0x00081115,
      'SQ',
      [
        [
          [0x00081199, 'SQ', [slice]],
          [0x0020000e, 'UI', seriesUid(ct)],
        ],
      ],
    ],
    [0x0020000d, 'UI', studyUid(study)],
  ];
  const series = { study, number: 2, Modality: 'SR', SeriesDescription: 'Report' };
  return writeInstance([
    ...modulesOf(series, { SOPClassUID: BASIC_TEXT_SR_STORAGE, instance: 1 }),
    [0x00081111, 'SQ', []],
    [0x0040a040, 'CS', 'CONTAINER'],
    [0x0040a043, 'SQ', [code('18748-4', 'LN', 'Diagnostic imaging report')]],
    [0x0040a050, 'CS', 'SEPARATE'],
    [0x0040a372, 'SQ', []],
    [0x0040a375, 'SQ', [evidence]],
    [0x0040a491, 'CS', 'COMPLETE'],
    [0x0040a493, 'CS', 'UNVERIFIED'],
    [0x0040a730, 'SQ', [...FINDINGS.map(finding), image]],
  ]);
}
