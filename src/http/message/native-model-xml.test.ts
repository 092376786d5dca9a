import type { DicomJson } from '../../standard/dicom-json.js';
import { describe, expect, it } from '@jest/globals';
import { nativeModelXml } from './native-model-xml.js';

const keywords: Record<string, string> = { '00100010': 'PatientName', '00081140': 'ReferencedImageSequence' };

function xml(dataSet: DicomJson): string {
  const text = nativeModelXml(dataSet, (tag) => keywords[tag]);
  const start =
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">';
  expect(text.startsWith(start)).toBe(true);
  return text.slice(start.length).replace('</NativeDicomModel>\n', '');
}

describe('nativeModelXml', () => {
  it('numbers values from 1, an empty one among them too', () => {
    expect(xml({ '00080008': { vr: 'CS', Value: ['MPG', null, 'XR3'] } })).toBe(
      '<DicomAttribute tag="00080008" vr="CS"><Value number="1">MPG</Value><Value number="2"></Value><Value number="3">XR3</Value></DicomAttribute>',
    );
    expect(xml({ '00080008': { vr: 'CS' } })).toBe('<DicomAttribute tag="00080008" vr="CS"></DicomAttribute>');
    expect(xml({ '00180050': { vr: 'DS', Value: [0.5, '1.10000000000000001'] } })).toContain(
      '<Value number="1">0.5</Value><Value number="2">1.10000000000000001</Value>',
    );
  });

  it('takes names apart, with all that stands after a fifth component in the last', () => {
    const names = [{ Alphabetic: 'Adams^John^^Rev.^B.A.^x', Phonetic: 'a^b' }, null];
    expect(xml({ '00100010': { vr: 'PN', Value: names } })).toBe(
      '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1">' +
        '<Alphabetic><FamilyName>Adams</FamilyName><GivenName>John</GivenName><NamePrefix>Rev.</NamePrefix>' +
        '<NameSuffix>B.A.^x</NameSuffix></Alphabetic>' +
        '<Phonetic><FamilyName>a</FamilyName><GivenName>b</GivenName></Phonetic>' +
        '</PersonName><PersonName number="2"></PersonName></DicomAttribute>',
    );
  });

  it('has items, also empty ones, and tags in ascending order', () => {
    // As JSON.parse orders them: what looks like an index comes first.
    const item = JSON.parse('{"54001010":{"vr":"OW"},"00080100":{"vr":"SH"}}') as DicomJson;
    expect(xml({ '00081140': { vr: 'SQ', Value: [{}, item] } })).toBe(
      '<DicomAttribute tag="00081140" vr="SQ" keyword="ReferencedImageSequence"><Item number="1"></Item><Item number="2">' +
        '<DicomAttribute tag="00080100" vr="SH"></DicomAttribute><DicomAttribute tag="54001010" vr="OW"></DicomAttribute>' +
        '</Item></DicomAttribute>',
    );
  });

  it('names private elements by their creator instead of their block, within each data set', () => {
    const creator = (Value: string[]) => ({ vr: 'LO', Value });
    const found = xml({
      '00090010': creator(['A "1"']),
      '00090011': creator(['B']),
      '00090012': creator(['B']),
      '00091001': { vr: 'SQ', Value: [{ '00091101': { vr: 'UN', InlineBinary: 'AQI=' } }] },
      '00091102': { vr: 'UN' },
      '00091203': { vr: 'UN' },
    });
    expect(
      [...found.matchAll(/tag="(\w+)" vr="\w+"( privateCreator="[^"]*")?/g)].map((match) => match.slice(1)),
    ).toEqual([
      ['00090010', undefined],
      ['00090011', undefined],
      ['00090012', undefined],
      ['00090001', ' privateCreator="A &quot;1&quot;"'],
      // without a creator in its own data set
      ['00091101', undefined],
      ['00090002', ' privateCreator="B"'],
      // a second block of the same creator
      ['00091203', ' privateCreator="B"'],
    ]);
  });

  it('gives bytes as base64 or by URI', () => {
    expect(xml({ '00281201': { vr: 'OW', InlineBinary: 'AQACAA==' } })).toContain(
      '><InlineBinary>AQACAA==</InlineBinary><',
    );
    expect(xml({ '7FE00010': { vr: 'OW', BulkDataURI: 'http://a/b?c=1&d' } })).toContain(
      '><BulkData uri="http://a/b?c=1&amp;d"/><',
    );
  });

  it('keeps line ends and markup, and has U+FFFD for what XML cannot hold', () => {
    const text = (value: string): string =>
      /<Value number="1">([^<]*)<\/Value>/.exec(xml({ '00104000': { vr: 'LT', Value: [value] } }))![1]!;
    expect(text('a\r\nb\tc')).toBe('a&#13;&#10;b&#9;c');
    expect(text('<script>&"')).toBe('&lt;script&gt;&amp;&quot;');
    expect(text('\f\0\x1b\ufffe\ud800z')).toBe('\ufffd\ufffd\ufffd\ufffd\ufffdz');
    expect(text('\u{1f600}\u0085é')).toBe('\u{1f600}\u0085é');
  });
});
