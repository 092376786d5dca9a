import type { DicomJson } from '../../standard/dicom-json.js';
import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { identify, attributeLevels } from './attributes.js';
import { attribute, privateVr, publicVr } from './dictionary.js';
import { object, part10, sequence, text } from '../testing/hand-made.js';
import { toDicomJson } from '../metadata/json.js';
import { scanPart10 } from '../part10/part10.js';

async function header(...elements: Parameters<typeof object>) {
  const result = await scanPart10(bufferSource(part10(object(...elements))));
  if (result.kind === 'refused') throw new Error(result.message);
  return result.header;
}

describe('identify', () => {
  it('reads what an instance is kept by, text in its character set, missing ones as empty', async () => {
    const given = await header(
      text(0x00080005, 'CS', 'ISO_IR 100'),
      text(0x00080060, 'CS', 'MR '),
      text(0x00100020, 'LO', Buffer.from([0x4d, 0xfc, 0x31, 0x20])),
    );
    expect(identify(given)).toEqual({
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
      SOPInstanceUID: '1.2.3.4',
      StudyInstanceUID: '1.2.3.5',
      SeriesInstanceUID: '1.2.3.6',
      PatientID: 'Mü1',
      IssuerOfPatientID: '',
      Modality: 'MR',
    });
  });
});

describe('attributeLevels', () => {
  it('puts each attribute on its level and leaves out what is computed, bulk, or large', async () => {
    const given = await header(
      text(0x00080005, 'CS', 'ISO_IR 192'),
      text(0x00080020, 'DA', '20260102'),
      text(0x00080056, 'CS', 'ONLINE'),
      text(0x00080060, 'CS', 'CT'),
      text(0x00080201, 'SH', '+0100'),
      text(0x00081030, 'LO', 'Study'),
      text(0x0008103e, 'LO', 'Series'),
      text(0x00100010, 'PN', 'Doe^J'),
      text(0x00101010, 'AS', '042Y'),
      text(0x00200013, 'IS', '3'),
      text(0x00204000, 'LT', 'x'.repeat(4000)),
      text(0x00324000, 'LT', 'x'.repeat(5000)),
      sequence(0x00400275, [[text(0x00400009, 'SH', 'step')]]),
      sequence(
        0x0040a730,
        Array.from({ length: 200 }, () => [text(0x0040a160, 'UT', 'long')]),
      ),
    );
    const { study, series, instance } = attributeLevels(toDicomJson(given, { bulkDataUri: (path) => path }));
    expect(Object.keys(study)).toEqual(['00080020', '00080201', '00081030', '0020000D', '00100010', '00101010'].sort());
    expect(Object.keys(series)).toEqual(['00080060', '00080201', '0008103E', '0020000E', '00400275']);
    expect(Object.keys(instance)).toEqual(['00080016', '00080018', '00080201', '00200013', '00204000']);
  });

  it('has every attribute that a search returns by default on its level', () => {
    const element = (tag: string): [string, DicomJson[string]] => [tag, { vr: 'LO', Value: ['x'] }];
    const expected = {
      study: '00080020 00080030 00080050 00080090 00100010 00100020 00100030 00100040 0020000D 00200010',
      series: '00080060 0008103E 0020000E 00200011 00400244 00400245 00400275',
      instance: '00080016 00080018 00200013 00280008 00280010 00280011 00280100',
    };
    for (const [level, tags] of Object.entries(expected))
      expect(
        Object.keys(attributeLevels(Object.fromEntries(tags.split(' ').map(element)))[level as keyof typeof expected]),
      ).toEqual(tags.split(' '));
  });
});

describe('attribute', () => {
  it.each([
    ['PatientID', { tag: '00100020', vr: 'LO', keyword: 'PatientID' }],
    ['0020000d', { tag: '0020000D', vr: 'UI', keyword: 'StudyInstanceUID' }],
    ['00280120', { tag: '00280120', vr: 'US', keyword: 'PixelPaddingValue' }],
    ['60023000', { tag: '60023000', vr: 'OW', keyword: 'OverlayData' }],
    ['00090010', { tag: '00090010', vr: 'LO', keyword: '' }],
    ['00091001', { tag: '00091001', vr: 'UN', keyword: '' }],
    ['00180061', { tag: '00180061', vr: 'DS', keyword: '' }],
    ['NumberOfTableColumns', { tag: '0040A803', vr: 'UL', keyword: 'NumberOfTableColumns' }],
  ])('knows %s', (given, expected) => {
    expect(attribute(given)).toEqual(expected);
  });

  it.each(['PatientId', 'patientid', 'undefined', '0010002', '001000200', 'toString', ''])(
    'does not know %p',
    (given) => {
      expect(attribute(given)).toBeUndefined();
    },
  );
});

describe('publicVr and privateVr', () => {
  it("leave the choice between US and SS open, know group lengths and private creators' elements", () => {
    expect(publicVr(0x00280106)).toBe('xs');
    expect(publicVr(0x00110000)).toBe('UL');
    expect(publicVr(0x00200ff7)).toBeUndefined();
    expect(privateVr(0x00091000, 'ACUSON')).toBe('IS');
    expect(privateVr(0x00091000, 'acuson')).toBeUndefined();
  });
});
