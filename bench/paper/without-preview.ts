// Preloaded into a server (NODE_OPTIONS=--import=…) for the methods without preview: it makes none, so that none is stored. All else
// is the product as it is.
import { Piscina } from 'piscina';
import type { PictureResult } from '../../src/dicom/render/picture-worker.js';

type Run = (this: Piscina, task: { output?: string } | undefined, options?: object) => Promise<unknown>;

const NONE: PictureResult = { kind: 'picture', bytes: new Uint8Array(0), isAnnotated: false };

const prototype = Piscina.prototype as unknown as { run: Run };
const { run } = prototype;
prototype.run = function (task, options) {
  return task?.output === 'preview' ? Promise.resolve(NONE) : run.call(this, task, options);
};
