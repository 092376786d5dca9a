import type { Request, Response } from 'express';
import type { Archive } from '../../archive/archive.js';
import { dicomJsonText, type DicomJson } from '../../standard/dicom-json.js';
import { nativeModelXml } from './native-model-xml.js';
import { negotiate, type Offer } from './negotiate.js';

const OFFERS: Offer<'json' | 'xml'>[] = [
  { mediaType: 'application/dicom+json', multipart: false, value: 'json' },
  { mediaType: 'application/json', multipart: false, value: 'json' },
  { mediaType: 'application/dicom+xml', multipart: false, value: 'xml' },
];

/** Chooses the form of an answer that is one data set, before anything is done (PS3.18 §8.7.3.2). Throws `not-acceptable`. */
export function negotiateDataSet(request: Request): Offer<'json' | 'xml'> {
  return negotiate(request, OFFERS);
}

/** Sends one data set, in the form that was chosen; nothing keeps it. */
export function sendDataSet(
  archive: Pick<Archive, 'attribute'>,
  { response, dataSet, offer }: { response: Response; dataSet: DicomJson; offer: Offer<'json' | 'xml'> },
): void {
  response.setHeader('Content-Type', offer.mediaType);
  response.setHeader('Cache-Control', 'no-store');
  response.end(
    offer.value === 'json' ? dicomJsonText(dataSet) : nativeModelXml(dataSet, (tag) => archive.attribute(tag)?.keyword),
  );
}
