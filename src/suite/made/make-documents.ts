import type { MadeInstance } from './made-instance.js';
import { makeInstance } from './make-instance.js';
import { newUid } from './new-uid.js';
import type { Elements } from './write-file.js';

/** What the text of the report says, and its rendered forms must say. */
export const REPORT_TEXT = 'The server was asked and has answered.';

/** A Basic Text SR and an Encapsulated PDF of the study, each in a series of its own. */
export function makeDocuments(
  study: string,
  shared: Elements,
): { report: MadeInstance; document: MadeInstance; pdf: Buffer } {
  const report = makeInstance({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.11',
    study,
    series: newUid(),
    shared: [...shared, [0x00080060, 'CS', 'SR'], [0x00200011, 'IS', '4']],
    own: [
      [0x00080023, 'DA', '20200229'],
      [0x00080033, 'TM', '103000'],
      [0x00081111, 'SQ', []],
      [0x00200013, 'IS', '1'],
      [0x0040a040, 'CS', 'CONTAINER'],
      [0x0040a043, 'SQ', [code('18748-4', 'LN', 'Diagnostic imaging report')]],
      [0x0040a050, 'CS', 'SEPARATE'],
      [0x0040a372, 'SQ', []],
      [0x0040a491, 'CS', 'COMPLETE'],
      [0x0040a493, 'CS', 'UNVERIFIED'],
      [
        0x0040a730,
        'SQ',
        [
          [
            [0x0040a010, 'CS', 'CONTAINS'],
            [0x0040a040, 'CS', 'TEXT'],
            [0x0040a043, 'SQ', [code('121071', 'DCM', 'Finding')]],
            [0x0040a160, 'UT', REPORT_TEXT],
          ],
        ],
      ],
    ],
  });
  const pdf = makePdf();
  const document = makeInstance({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.104.1',
    study,
    series: newUid(),
    shared: [...shared, [0x00080060, 'CS', 'DOC'], [0x00200011, 'IS', '5']],
    own: [
      [0x00080064, 'CS', 'WSD'],
      [0x00200013, 'IS', '1'],
      [0x00280301, 'CS', 'NO'],
      [0x00420010, 'ST', 'A page'],
      [0x00420011, 'OB', pdf],
      [0x00420012, 'LO', 'application/pdf'],
      [0x00420015, 'UL', [pdf.length]],
    ],
  });
  return { report, document, pdf };
}

const code = (value: string, scheme: string, meaning: string): Elements => [
  [0x00080100, 'SH', value],
  [0x00080102, 'SH', scheme],
  [0x00080104, 'LO', meaning],
];

/** One page with a line of text; of even length. */
function makePdf(): Buffer {
  const content = 'BT /F1 12 Tf 20 60 Td (Conformance suite) Tj ET';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const at = text.length;
  text += `xref\n0 6\n0000000000 65535 f \n${offsets.join('')}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`;
  return Buffer.from(text.length % 2 === 0 ? text : `${text}\n`);
}
