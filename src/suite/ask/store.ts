import type { MadeInstance } from '../made/made-instance.js';
import { accept } from './accept.js';
import { multipart } from './multipart.js';
import type { Answer, Server } from './server.js';

/** Stores files in one request (PS3.18 §10.5), and wants the answer in JSON unless told otherwise. */
export async function store(
  server: Server,
  files: readonly Buffer[],
  { path = '/studies', accepted = accept.json }: { path?: string; accepted?: string } = {},
): Promise<Answer> {
  const { contentType, body } = multipart(
    'application/dicom',
    files.map((file) => ({ headers: { 'Content-Type': 'application/dicom' }, body: file })),
  );
  return server.ask('POST', path, { headers: { Accept: accepted, 'Content-Type': contentType }, body });
}

export const filesOf = (instances: readonly MadeInstance[]): Buffer[] => instances.map(({ file }) => file);
