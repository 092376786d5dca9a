import { createHash } from 'node:crypto';
import { LedgerError } from '../../base/errors.js';
import type { CodecFamily } from '../../standard/transfer-syntaxes.js';
import type { Raster, WasmCodecs } from './wasm-codecs.js';

interface KnownAnswer {
  family: CodecFamily;
  image: Raster;
  toRgb: boolean;
  /** Of the samples by pixel, as the programs named beside it decode them. */
  sha256: string;
  /** Base64. */
  stream: string;
}

/**
 * Throws `misconfigured` unless these codecs decode streams of other encoders to the samples that other decoders give.
 * A preview stays on the chain for ever, so one with wrong pixels must never get there.
 */
export function requireKnownAnswers(codecs: Pick<WasmCodecs, 'decode'>, family: CodecFamily): void {
  for (const known of KNOWN_ANSWERS) {
    if (known.family !== family) continue;
    const { image, toRgb } = known;
    const samples = codecs.decode(family, Buffer.from(known.stream, 'base64'), image, { toRgb });
    if (createHash('sha256').update(samples).digest('hex') !== known.sha256)
      throw new LedgerError(
        'misconfigured',
        `The ${family} codec decodes a known picture wrongly and is not used; install dcmjs-codecs 0.0.8 anew.`,
      );
  }
}

const GRAY16: Raster = {
  Rows: 12,
  Columns: 16,
  SamplesPerPixel: 1,
  PhotometricInterpretation: 'MONOCHROME2',
  BitsAllocated: 16,
  BitsStored: 16,
  PixelRepresentation: 0,
};

const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  // JPEG Baseline in colour, YCbCr with shared differences. dcmtk 3.6.7: dcmcjpeg +eb, dcmdjpeg.
  {
    family: 'Jpeg',
    image: {
      Rows: 12,
      Columns: 16,
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'YBR_FULL_422',
      BitsAllocated: 8,
      BitsStored: 8,
      PixelRepresentation: 0,
    },
    toRgb: true,
    sha256: '604512d816aba79d1209a9d2d605776c05b95473b6140d85e29a7aea91ae02e0',
    stream:
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU' +
      'FRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU' +
      'FBQUFBQUFBT/wAARCAAMABADASEAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABwj/xAAbEAACAQUAAAAAAAAAAAAAAAAABiMF' +
      'ByIyof/EABYBAQEBAAAAAAAAAAAAAAAAAAgGB//EABwRAAICAgMAAAAAAAAAAAAAAAAiBAYHMgMFIf/aAAwDAQACEQMRAD8An9ds' +
      '5rBwTl2zmsHDeLvcN2KLGtj0YdV1Xp+MInLyxT8YQgXfs5LsHTG07nT0/9k=',
  },
  // JPEG Extended, 12 bits. dcmtk 3.6.7: dcmcjpeg +ee, dcmdjpeg.
  {
    family: 'Jpeg',
    image: { ...GRAY16, BitsStored: 12 },
    toRgb: false,
    sha256: 'fa88d053f567f34bdb118bbf368dbda8fb63bdf6f2674d0f3f46b6fcebc6d5cc',
    stream:
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU' +
      'FRUVDA8XGBYUGBIUFRT/wQALDAAMABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAADA3/xAAvEAAAAQkFBgcAAAAAAAAAAAAEAQIF' +
      'BgcICQoLAAMRExYUFSZhYnIXGCExNEJE/9oACAEBAAA/AC9VB8kizSGO88AkxwAfk7OVqMtQfpIszB3kmgjfcAT4nZysU8oPcJ12' +
      '/Kd64Mw9AH3M6OizZd9GJc9XI40CaoXTHcEls3kpjNwfZZmI9EGcheW0Iqq++ErdmUutNEXtna3aaWpEpRX05upZVeQ6Q3Ym0aPR' +
      'gzZcgaDFBr29uD///9k=',
  },
  // JPEG Lossless, 16 bits. dcmtk 3.6.7: dcmcjpeg +e1, dcmdjpeg.
  {
    family: 'Jpeg',
    image: GRAY16,
    toRgb: false,
    sha256: '56018e6974feb3343fb32540f42427421c4d1644ab13b0cbe483bc04c4d5b9a2',
    stream:
      '/9j/4AAQSkZJRgABAQAAAQABAAD/wwALEAAMABABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAADAoQ/9oACAEBAAEAAM+hfQvoX0L6' +
      'F9C+hfQvoX0L6F9C+hfQvob5X0L6F9C+hfQvoX0L6F9C+hfQvoX0L6F9DfK+hfQvoX0L6F9C+hfQvoX0L6F9C+hfQvob5X0L6F9C' +
      '+hfQvoX0L6F9C+hfQvoX0L6F9DfK+hfQvoX0L6F9C+hfQvoX0L6F9C+hfQvob5X0L6F9C+hfQvoX0L6F9C+hfQvoX0L6F9DfK+hf' +
      'QvoX0L6F9C+hfQvoX0L6F9C+hfQvob5X0L6F9C+hfQvoX0L6F9C+hfQvoX0L6F9DfK+hfQvoX0L6F9C+hfQvoX0L6F9C+hfQvob5' +
      'X0L6F9C+hfQvoX0L6F9C+hfQvoX0L6F9DfK+hfQvoX0L6F9C+hfQvoX0L6F9C+hfQvob5X0L6F9C+hfQvoX0L6F9C+hfQvoX0L6F' +
      '9D///9k=',
  },
  // JPEG 2000 reversible, 16 bits. gdcm 3.0.21: gdcmconv --j2k, gdcmconv --raw.
  {
    family: 'Jpeg2000',
    image: GRAY16,
    toRgb: false,
    sha256: '56018e6974feb3343fb32540f42427421c4d1644ab13b0cbe483bc04c4d5b9a2',
    stream:
      '/0//UQApAAAAAAAQAAAADAAAAAAAAAAAAAAAEAAAAAwAAAAAAAAAAAABDwEB/1IADAAAAAEAAgQEAAH/XAAKQICIiJCIiJD/ZAAq' +
      'AAFDcmVhdGVkIGJ5IEdEQ00vT3BlbkpQRUcgdmVyc2lvbiAyLjUuMP+QAAoAAAAAAJ4AAf+T3/iQ2AamD/VCJlYB8cx+tRI3M3NR' +
      '1Cr6rWRVyEJoP8P/AwZA/wD4/2JBABvDkCYS3Ux1XHJTvwymttlvby4pW5mELC5nPyF0plaoojA/3/jAtH/hgxH/RIIAgi4bIo7j' +
      'qfFJXhuWKbQI1fEFmiNEF4HfCkL8U2uAl6J5Rmm8EhVK6mM63tQetTgT4+B82f9//9kA',
  },
  // JPEG 2000 irreversible, 12 bits, 30:1. openjpeg 2.5 in pylibjpeg-openjpeg 2.6.0.
  {
    family: 'Jpeg2000',
    image: { ...GRAY16, Rows: 64, Columns: 64, BitsStored: 12 },
    toRgb: false,
    sha256: '9010b21904e4a542a7705d671fb43d933361f366481eee3aa266764bd7171627',
    stream:
      '/0//UQApAAAAAABAAAAAQAAAAAAAAAAAAAAAQAAAAEAAAAAAAAAAAAABCwEB/1IADAAAAAEABQQEAAD/XAAjQpcglvCW8JbAjwCP' +
      'AI7gh1CHUIdocAVwBXBHd9N303di/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS4y/5AACgAAAAAAVAAB/5PH' +
      '5A4I+FXJ3P0twfSFgfSEAAz/YIjJCzzEMMD5hEB8gYAiGgUHF2jcBAN/ZqbKLMB8QaARgDahmZkwRT2mM8BIAF+nx4iA/9k=',
  },
  // HTJ2K reversible, 16 bits. OpenJPH in @cornerstonejs/codec-openjph 2.4.11; openjpeg 2.5 decodes it to the same.
  {
    family: 'HtJpeg2000',
    image: GRAY16,
    toRgb: false,
    sha256: '56018e6974feb3343fb32540f42427421c4d1644ab13b0cbe483bc04c4d5b9a2',
    stream:
      '/0//UQApQAAAAAAQAAAADAAAAAAAAAAAAAAAEAAAAAwAAAAAAAAAAAABDwEB/1AACAACAAAACv9SAAwAAgABAAIEBEAB/1wACiCI' +
      'kJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4zMS4wLv+QAAoAAAAAALkAAf+TwAAt8P9/r8H3gufxe8Eiw3qgOTX1ioCgOx/RAZ/+' +
      'hAC3OADAABXQAAWlAABaAH+AlFAK+COs9oOZIFUAf/Af/oAwEkbCzLOAKD584FcA/0H/Q/9n/wf/f/6JmSBVAMAALYgABb0AAK1A' +
      'D/RAX72g/x/4f+sFsReE54XoBHOCeAD+H/nII4888sj/f0A+8P8gPvj4FFA5+ylA9loAfAD+/39//3/5QKFagHcA/9k=',
  },
];
