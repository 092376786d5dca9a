import type { CodecFamily } from '../../standard/transfer-syntaxes.js';
import type { Codec } from './codec.js';
import { jpeg2000Codec } from './jpeg2000-codec.js';
import { jpegCodec } from './jpeg-codec.js';
import { jpegLsCodec } from './jpeg-ls-codec.js';
import { rleCodec } from './rle-codec.js';

/** The codec of each family: a new family does not compile without its own. */
export const CODECS: Readonly<Record<CodecFamily, Codec>> = {
  Rle: rleCodec,
  Jpeg: jpegCodec,
  JpegLs: jpegLsCodec,
  Jpeg2000: jpeg2000Codec('Jpeg2000'),
  HtJpeg2000: jpeg2000Codec('HtJpeg2000'),
};
