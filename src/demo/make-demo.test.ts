import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../base/byte-source.js';
import { identify } from '../dicom/data-set/attributes.js';
import { toDicomJson } from '../dicom/metadata/json.js';
import { scanPart10 } from '../dicom/part10/part10.js';
import type { DemoStudy } from './demo-studies.js';
import { makeDemo } from './make-demo.js';

/** PatientName of each study as people read it, and the transfer syntaxes of its instances. */
const EXPECTED = [
  {
    PatientName: { Alphabetic: 'Lindqvist^Åsa' },
    instances: 41,
    syntaxes: ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.201'],
  },
  {
    PatientName: { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' },
    instances: 48,
    syntaxes: ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.80'],
  },
  { PatientName: { Alphabetic: 'Иванова^Мария' }, instances: 1, syntaxes: ['1.2.840.10008.1.2.4.90'] },
  { PatientName: { Alphabetic: 'قباني^لنزار' }, instances: 1, syntaxes: ['1.2.840.10008.1.2.4.50'] },
  {
    PatientName: { Alphabetic: 'Wang^XiaoDong', Ideographic: '王^小东' },
    instances: 1,
    syntaxes: ['1.2.840.10008.1.2.4.90'],
  },
];

describe('makeDemo', () => {
  it('makes files that are read without a warning, with names in five character sets and UIDs of their own', async () => {
    const made: { study: DemoStudy; files: readonly Uint8Array[] }[] = [];
    await makeDemo(async (study, files) => void made.push({ study, files }));
    const uids: string[] = [];
    for (const [index, { study, files }] of made.entries()) {
      const { PatientName, instances, syntaxes } = EXPECTED[index]!;
      const found = new Set<string>();
      for (const file of files) {
        const result = await scanPart10(bufferSource(Buffer.from(file)));
        if (result.kind === 'refused') throw new Error(result.message);
        expect(result.warnings).toEqual([]);
        const json = toDicomJson(result.header, { bulkDataUri: (path) => path });
        expect(json['00100010']).toEqual({ vr: 'PN', Value: [PatientName] });
        expect(json['00080005']?.Value?.filter(Boolean)).toEqual(study.characterSet.split('\\').filter(Boolean));
        found.add(result.header.transferSyntaxUID);
        uids.push(identify(result.header).SOPInstanceUID);
      }
      expect([files.length, [...found].sort()]).toEqual([instances, syntaxes]);
    }
    expect(made).toHaveLength(EXPECTED.length);
    expect(new Set(uids).size).toBe(uids.length);
    expect(new Set(made.map(({ study }) => study.characterSet)).size).toBe(5);
  });

  it('fails when what it has made is not taken', async () => {
    await expect(makeDemo(() => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
  });
});
