import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** For tests: real files beside the checkout, where they are. */
export const sampleFolder = path.resolve('../shared/data/dicom');

/** Names of the files in a sub-folder, in order, as `wg04/CT1_UNC.dcm`; none where it is absent. */
export function sampleFiles(name: string): string[] {
  const folder = path.join(sampleFolder, name);
  return existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((file) => `${name}/${file}`)
    : [];
}

/** What an archive does not take: files without File Meta Information, or without the UIDs of study and series. */
export const unstorable = [
  'pydicom/ExplVR_BigEndNoMeta.dcm',
  'pydicom/ExplVR_LitEndNoMeta.dcm',
  'pydicom/JPEGLSNearLossless_08.dcm',
  'pydicom/JPEGLSNearLossless_16.dcm',
  'pydicom/no_meta.dcm',
  'pydicom/rtstruct.dcm',
];
