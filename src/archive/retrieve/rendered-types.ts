import { isVideo } from '../../standard/transfer-syntaxes.js';
import { canRender } from '../../dicom/render/render.js';
import type { FoundInstance } from '../archive.js';
import type { DocumentMediaType, RenderedMediaType } from '../stored-instance.js';

const SOPClassUID = '00080016';
const Rows = '00280010';
const MIMETypeOfEncapsulatedDocument = '00420012';

const DOCUMENT_TYPES: readonly DocumentMediaType[] = [
  'application/pdf',
  'text/xml',
  'model/stl',
  'model/obj',
  'model/mtl',
];
/** PS3.18 Table 8.7.4-1. */
const REPORT_TYPES = ['text/html', 'text/plain', 'text/xml'] as const;
const PICTURE_TYPES = ['image/jpeg', 'image/png', 'image/gif'] as const;
/** All structured reports (PS3.4 Table B.5-1). */
const REPORT_CLASS_PREFIX = '1.2.840.10008.5.1.4.1.1.88.';

/** The media types in which an instance can be shown, by what the catalogue knows, so that nothing is read for 406. */
export function renderedTypes({ transferSyntaxUID, instance }: FoundInstance): readonly RenderedMediaType[] {
  if (isVideo(transferSyntaxUID)) return [/\.10[01](\.1)?$/.test(transferSyntaxUID) ? 'video/mpeg' : 'video/mp4'];
  const first = (tag: keyof typeof instance): unknown => instance[tag]?.Value?.[0];
  const documentType = String(first(MIMETypeOfEncapsulatedDocument)).toLowerCase();
  if (isDocumentType(documentType)) return [documentType];
  if (isReport({ instance })) return REPORT_TYPES;
  if (first(Rows) !== undefined && canRender(transferSyntaxUID)) return PICTURE_TYPES;
  return [];
}

/** Whether it is a structured report, which is shown as text. */
export function isReport({ instance }: Pick<FoundInstance, 'instance'>): boolean {
  const sopClass = instance[SOPClassUID]?.Value?.[0];
  return typeof sopClass === 'string' && sopClass.startsWith(REPORT_CLASS_PREFIX);
}

/** Whether it is one of the media types of encapsulated documents that are shown as they are. */
export function isDocumentType(mediaType: string): mediaType is DocumentMediaType {
  return DOCUMENT_TYPES.some((type) => type === mediaType);
}
