import type { Elements } from './write-file.js';

/** An attribute of the DICOM JSON Model. */
interface Attribute {
  vr: string;
  Value?: unknown[];
  BulkDataURI?: string;
}

const NUMBERS = new Set(['DS', 'IS']);

/** Made elements in the DICOM JSON Model (PS3.18 Annex F), but for those whose value is bytes. */
export function jsonOf(elements: Elements): Record<string, Attribute> {
  const attributes = [...elements]
    .filter(([, , value]) => !Buffer.isBuffer(value))
    .sort(([a], [b]) => a - b)
    .map(([tag, vr, value]): [string, Attribute] => {
      const values = valuesOf(vr, value);
      return [tag.toString(16).toUpperCase().padStart(8, '0'), values.length === 0 ? { vr } : { vr, Value: values }];
    });
  return Object.fromEntries(attributes);
}

function valuesOf(vr: string, value: Elements[number][2]): unknown[] {
  if (vr === 'SQ') return (value as readonly Elements[]).map(jsonOf);
  if (typeof value !== 'string') return [...(value as readonly number[])];
  if (value === '') return [];
  const values = value.split('\\');
  if (vr === 'PN') return values.map((Alphabetic) => ({ Alphabetic }));
  return NUMBERS.has(vr) ? values.map(Number) : values;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** The same in the Native DICOM Model (PS3.19 §A.1). */
export function xmlOf(attributes: Record<string, Attribute>): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">${membersOf(attributes)}</NativeDicomModel>\n`;
}

function membersOf(attributes: Record<string, Attribute>): string {
  return Object.entries(attributes)
    .map(([tag, { vr, Value = [], BulkDataURI }]) => {
      const bulk = BulkDataURI === undefined ? '' : `<BulkData uri="${escaped(BulkDataURI)}"/>`;
      return `<DicomAttribute tag="${tag}" vr="${vr}">${bulk}${Value.map((value, index) => valueOf(vr, value, index + 1)).join('')}</DicomAttribute>`;
    })
    .join('');
}

function valueOf(vr: string, value: unknown, number: number): string {
  if (vr === 'SQ') return `<Item number="${number}">${membersOf(value as Record<string, Attribute>)}</Item>`;
  if (vr !== 'PN') return `<Value number="${number}">${escaped(String(value))}</Value>`;
  const [family = '', given = ''] = (value as { Alphabetic: string }).Alphabetic.split('^');
  return `<PersonName number="${number}"><Alphabetic><FamilyName>${escaped(family)}</FamilyName><GivenName>${escaped(given)}</GivenName></Alphabetic></PersonName>`;
}
