import { haveFonts } from '../dicom/render/text-image.js';
import type { Check } from './finding.js';

/** Whether text can be written into pictures. */
export const fonts: Check = {
  name: 'fonts',
  look: async ({ ok, warning }) => {
    if (await haveFonts()) ok('Fonts for annotations in pictures are there.');
    else warning('Annotations cannot be burned into pictures: this machine has no fonts.', 'Run: apt-get install fonts-dejavu-core'); // prettier-ignore
  },
};
