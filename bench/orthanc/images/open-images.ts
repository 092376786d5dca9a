import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { isGrayBaseline } from './is-gray-baseline.js';
import { madeEncapsulated, madeJpeg, madeSlice, wrapJpeg } from './made.js';
import { createTemplate, type Template } from './template.js';
import { TRANSFER_SYNTAX } from './transfer-syntax.js';

/** What both archives are given: files of which copies with other UIDs are made. */
export interface Images {
  /** Of one series. */
  mr: Template[];
  ct: Template;
  jpeg2000: Template;
  jpegLs: Template;
  /** The chest X-ray of a number, each once: as the collection has it, and from then on compressed anew. */
  chest(number: number): Promise<Template>;
  /** Which of them are real, a sentence. */
  about: string;
}

const REAL = {
  mr: 'dicom/mr-structural',
  ct: 'dicom/pydicom/CT_small.dcm',
  jpeg2000: 'dicom/wg04/CT1_J2KR.dcm',
  jpegLs: 'dicom/wg04/CT1_JLSL.dcm',
  chest: 'chest-xray/images',
};
const MR_SIZE = 326;
const CT_SIZE = 128;

/** Real images where `folder` has them, and made ones otherwise; at most `slices` of the MR series. */
export async function openImages(folder: string, { slices }: { slices: number }): Promise<Images> {
  const real = (name: keyof typeof REAL): string | undefined => {
    const at = path.join(folder, REAL[name]);
    return existsSync(at) ? at : undefined;
  };
  const filesOf = (at: string | undefined, pattern: RegExp): string[] =>
    at === undefined
      ? []
      : readdirSync(at)
          .filter((name) => pattern.test(name))
          .map((name) => path.join(at, name));
  const template = async (at: string | undefined, make: () => Buffer | Promise<Buffer>): Promise<Template> =>
    createTemplate(at === undefined ? await make() : readFileSync(at));

  const mrFiles = filesOf(real('mr'), /\.dcm$/).slice(0, slices);
  const madeMr = mrFiles.length < slices ? createTemplate(madeSlice(MR_SIZE)) : undefined;
  const mr = Array.from({ length: slices }, (_, i) => madeMr ?? createTemplate(readFileSync(mrFiles[i]!)));
  const xrays = filesOf(real('chest'), /\.jpe?g$/).filter((file) => isGrayBaseline(readFileSync(file)));
  const names = Object.keys(REAL) as (keyof typeof REAL)[];
  const missing = names.filter((name) => real(name) === undefined);
  return {
    mr,
    ct: await template(real('ct'), () => madeSlice(CT_SIZE)),
    jpeg2000: await template(real('jpeg2000'), () => madeEncapsulated(TRANSFER_SYNTAX.jpeg2000)),
    jpegLs: await template(real('jpegLs'), () => madeEncapsulated(TRANSFER_SYNTAX.jpegLs)),
    chest: async (number) => {
      const source = xrays.length === 0 ? await madeJpeg() : readFileSync(xrays[number % xrays.length]!);
      const round = Math.floor(number / Math.max(1, xrays.length));
      const anew = (): Promise<Buffer> =>
        sharp(source)
          .linear(1, round % 40)
          .jpeg({ quality: 92 - (round % 7) })
          .toBuffer();
      return createTemplate(await wrapJpeg(round === 0 ? source : await anew()));
    },
    about:
      missing.length === 0
        ? 'Real images: a T1-weighted MR series, a CT slice of 128² with 260 attributes, a CT of 512² in JPEG 2000 and in JPEG-LS, chest X-rays as JPEG.'
        : `Made images in place of ${missing.join(', ')}, which were not found; the others are real.`,
  };
}
