import type { DicomJson } from '../archive/archive.js';

const xmlEscapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => xmlEscapes[character] ?? '');

/**
 * A data set as XML (PS3.19 §A.1, Native DICOM Model) for text, number and sequence values. `keywordOf` gives a tag's
 * PS3.6 keyword.
 */
export function nativeModelXml(dataSet: DicomJson, keywordOf: (tag: string) => string | undefined): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">',
    attributesXml(dataSet, keywordOf),
    '</NativeDicomModel>\n',
  ].join('');
}

function attributesXml(dataSet: DicomJson, keywordOf: (tag: string) => string | undefined): string {
  return Object.entries(dataSet)
    .map(([tag, { vr, Value = [] }]) => {
      const keyword = keywordOf(tag);
      const keywordXml = keyword === undefined ? '' : ` keyword="${keyword}"`;
      const valuesXml = Value.map((value, index) =>
        vr === 'SQ'
          ? `<Item number="${index + 1}">${attributesXml(value as DicomJson, keywordOf)}</Item>`
          : `<Value number="${index + 1}">${escapeXml(String(value))}</Value>`,
      ).join('');
      return `<DicomAttribute tag="${tag}" vr="${vr}"${keywordXml}>${valuesXml}</DicomAttribute>`;
    })
    .join('');
}
