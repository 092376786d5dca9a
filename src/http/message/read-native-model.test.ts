import { describe, expect, it } from '@jest/globals';
import { nativeModelXml } from './native-model-xml.js';
import { readNativeModel } from './read-native-model.js';

const model = (content: string): string => `<NativeDicomModel>${content}</NativeDicomModel>`;

describe('readNativeModel', () => {
  it('reads what this server writes', () => {
    const dataSet = {
      '00080016': { vr: 'UI', Value: ['1.2.3'] },
      '00081030': { vr: 'LO', Value: ['a < b & "c"', '', 'd\ne'] },
      '00081140': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: ['1.2'] } }, {}] },
      '00090010': { vr: 'LO', Value: ['OWNER'] },
      '00091001': { vr: 'SH', Value: ['x'] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'A^B^^D', Ideographic: '山田^太郎' }] },
      '00420011': { vr: 'OB', InlineBinary: 'AAEC' },
      '7FE00010': { vr: 'OW', BulkDataURI: 'http://h/a?b=1&c=2' },
    };
    expect(readNativeModel(nativeModelXml(dataSet, () => undefined))).toEqual(dataSet);
  });

  it('reads prefixes, comments, CDATA and references to characters', () => {
    const text = [
      '<?xml version="1.0"?><!-- > --><d:NativeDicomModel xmlns:d="x">',
      "<d:DicomAttribute tag='0008103e' vr='LO'><d:Value number='1'><![CDATA[<a>]]>&#228;&#xE4;</d:Value>",
      '</d:DicomAttribute></d:NativeDicomModel>',
    ].join('');
    expect(readNativeModel(text)).toEqual({ '0008103E': { vr: 'LO', Value: ['<a>ää'] } });
  });

  it('puts values in the order of their numbers', () => {
    const values = '<Value number="3">c</Value><Value number="1">a</Value>';
    expect(readNativeModel(model(`<DicomAttribute tag="00080008" vr="CS">${values}</DicomAttribute>`))).toEqual({
      '00080008': { vr: 'CS', Value: ['a', null, 'c'] },
    });
  });

  it.each([
    ['an entity of its own', model('&lol;')],
    ['a document type', `<!DOCTYPE NativeDicomModel>${model('')}`],
    ['two elements', model('') + model('')],
    ['text around', `${model('')}x`],
    ['an end tag of another', '<NativeDicomModel></Other>'],
    ['elements that are too deep', '<a>'.repeat(200)],
    ['a character beyond all', model('&#x110000;')],
    ['an attribute twice', model('<DicomAttribute tag="00080008" vr="CS"/>'.repeat(2))],
    ['a value far away', model('<DicomAttribute tag="00080008" vr="CS"><Value number="99999999"/></DicomAttribute>')],
    ['no tag', model('<DicomAttribute vr="CS"/>')],
    ['nothing', ''],
  ])('refuses %s', (_name, text) => {
    expect(() => readNativeModel(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});
