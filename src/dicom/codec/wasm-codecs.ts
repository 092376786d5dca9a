import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { LedgerError } from '../../base/errors.js';
import type { NativeFrame } from './native-frame.js';
import type { CodecFamily } from '../../standard/transfer-syntaxes.js';

/** How the codecs are told what a frame is. */
export type Raster = Omit<NativeFrame, 'bytes' | 'HighBit'>;

/** One instance of the codecs: WebAssembly with its own memory. After an error it is of no use any more. */
export interface WasmCodecs {
  /**
   * The samples by pixel, in the bits that `image` allocates. `toRgb`: the JPEG stream holds YCbCr, which is converted.
   * Throws for a damaged stream.
   */
  decode(family: CodecFamily, stream: Uint8Array, image: Raster, options: { toRgb: boolean }): Uint8Array;
  /** Without loss. `usesRct`: JPEG 2000 turns RGB into its reversible luminance and differences. */
  encode(family: CodecFamily, image: Raster & { bytes: Uint8Array }, options: { usesRct: boolean }): Uint8Array;
}

/** The order is that of the module's enumeration. */
const PHOTOMETRICS = [
  'MONOCHROME1',
  'MONOCHROME2',
  'PALETTE COLOR',
  'RGB',
  'YBR_FULL',
  'YBR_FULL_422',
  'YBR_PARTIAL_422',
  'YBR_PARTIAL_420',
  'YBR_ICT',
  'YBR_RCT',
  'CMYK',
  'ARGB',
  'HSV',
  'XYB',
];

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * A fresh instance of the codecs in dcmjs-codecs. Only its WebAssembly is used: its JavaScript would keep one instance
 * for ever and load a whole DICOM library.
 */
export async function openWasmCodecs(): Promise<WasmCodecs> {
  compiled ??= compile();
  return bind(await compiled);
}

async function compile(): Promise<WebAssembly.Module> {
  const script = createRequire(import.meta.url).resolve('dcmjs-codecs');
  const module = await readFile(path.join(path.dirname(script), 'dcmjs-native-codecs.wasm'));
  limitMemory(module);
  return WebAssembly.compile(module);
}

/** The module's memory section: 256 MiB at first, at most 2 GiB. */
const AS_BUILT = Buffer.from([5, 7, 1, 1, 0x80, 0x20, 0x80, 0x80, 2]);
const AT_MOST_1_GIB = Buffer.from([5, 7, 1, 1, 0x80, 0x20, 0x80, 0x80, 1]);

/** A thread's resource limits do not count WebAssembly's memory; its own limit does. */
function limitMemory(module: Buffer): void {
  const at = module.indexOf(AS_BUILT);
  if (at < 0) throw new LedgerError('misconfigured', 'dcmjs-codecs is not the version it has to be; install 0.0.8.');
  AT_MOST_1_GIB.copy(module, at);
}

async function bind(module: WebAssembly.Module): Promise<WasmCodecs> {
  const stop = (at: number, length: number): never => {
    const told = Buffer.from(memory.buffer, at, length).toString('latin1');
    // Before what is wrong come the names of classes, behind it a line feed.
    throw new Error(
      told
        .replace(/^(\w+::)+/, '')
        .trim()
        .replace(/\.$/, ''),
    );
  };
  const none = (): number => 0;
  /** What the decoder has reported about a stream that it nevertheless goes on decoding. */
  let damage: string | undefined;
  const notice = (at: number, length: number): number => {
    const told = Buffer.from(memory.buffer, at, length).toString('latin1');
    const [said] = /Corrupt JPEG data: (?!\d+ extraneous bytes before marker 0xd9).*/.exec(told) ?? [];
    damage ??= said;
    return 0;
  };
  const { exports } = await WebAssembly.instantiate(module, {
    env: { onCodecsException: stop, onCodecsInfo: notice, onCodecsTrace: none, emscripten_notify_memory_growth: none },
    wasi_snapshot_preview1: {
      proc_exit: (status: number): never => {
        throw new Error(`it ended with status ${status}`);
      },
      clock_time_get: none,
      fd_write: (_file: number, vectors: number, count: number, written: number): number => {
        const view = new DataView(memory.buffer);
        let total = 0;
        for (let index = 0; index < count; index++) total += view.getUint32(vectors + 8 * index + 4, true);
        view.setUint32(written, total, true);
        return 0;
      },
      fd_close: none,
      fd_seek: none,
      environ_get: none,
      environ_sizes_get: (count: number, bytes: number): number => {
        const view = new DataView(memory.buffer);
        view.setUint32(count, 0, true);
        view.setUint32(bytes, 0, true);
        return 0;
      },
    },
  });
  const memory = exports.memory as WebAssembly.Memory;
  const call = (name: string, ...parameters: number[]): number =>
    (exports[name] as (...parameters: number[]) => number)(...parameters);

  const createContext = (image: Raster): number => {
    const context = call('CreateCodecsContext');
    call('SetColumns', context, image.Columns);
    call('SetRows', context, image.Rows);
    call('SetBitsAllocated', context, image.BitsAllocated);
    call('SetBitsStored', context, image.BitsStored);
    call('SetSamplesPerPixel', context, image.SamplesPerPixel);
    call('SetPixelRepresentation', context, image.PixelRepresentation);
    call('SetPlanarConfiguration', context, 0);
    call('SetPhotometricInterpretation', context, PHOTOMETRICS.indexOf(image.PhotometricInterpretation));
    return context;
  };
  const put = (context: number, buffer: 'EncodedBuffer' | 'DecodedBuffer', bytes: Uint8Array): void => {
    call(`Set${buffer}Size`, context, bytes.length);
    new Uint8Array(memory.buffer).set(bytes, call(`Get${buffer}`, context));
  };
  const take = (context: number, buffer: 'EncodedBuffer' | 'DecodedBuffer'): Uint8Array =>
    new Uint8Array(memory.buffer, call(`Get${buffer}`, context), call(`Get${buffer}Size`, context)).slice();

  return {
    decode: (family, stream, image, { toRgb }) => {
      const context = createContext(image);
      put(context, 'EncodedBuffer', stream);
      const parameters = call('CreateDecoderParameters');
      call('SetConvertColorspaceToRgb', parameters, Number(toRgb));
      damage = undefined;
      // The module's own decoder of HTJ2K gives wrong samples for colours that are not transformed and for 8 bits with a
      // sign, and traps at many tile parts. Its decoder of JPEG 2000 knows these streams too.
      call(family === 'HtJpeg2000' ? 'DecodeJpeg2000' : `Decode${family}`, context, parameters);
      if (damage !== undefined) throw new Error(damage);
      const bytes = take(context, 'DecodedBuffer');
      call('ReleaseDecoderParameters', parameters);
      call('ReleaseCodecsContext', context);
      return bytes;
    },
    encode: (family, image, { usesRct }) => {
      const context = createContext(image);
      put(context, 'DecodedBuffer', image.bytes);
      const parameters = call('CreateEncoderParameters');
      call('SetLossy', parameters, 0);
      call('SetPredictor', parameters, 1);
      call('SetPointTransform', parameters, 0);
      call('SetAllowedLossyError', parameters, 0);
      call('SetProgressionOrder', parameters, 0);
      call('SetAllowMct', parameters, Number(usesRct));
      call(`Encode${family}`, context, parameters);
      const stream = take(context, 'EncodedBuffer');
      call('ReleaseEncoderParameters', parameters);
      call('ReleaseCodecsContext', context);
      return stream;
    },
  };
}
