import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Where the files of OHIF 3.13 name others by a path, by the end of their names; it is built for the root of its host. */
const PATHS: Record<string, RegExp[]> = {
  '.html': [/(?<=(?:src|href|content)=")\/(?!\/)/g, /(?<=PUBLIC_URL=")\/(?=")/g],
  '.js': [/(?<=__webpack_require__\.p = ")\/(?=")/g, /(?<=['"])\/(?=dicom-microscopy-viewer\/)/g],
  '.css': [/(?<=url\(["']?)\/(?!\/)/g],
  '.json': [/(?<="(?:src|start_url|scope)": ?")\/(?!\/)/g],
};

/** The text of a file of the viewer for a server that lies at `basePath`: what it loads it then looks for below that. */
export async function movedFile(file: string, basePath: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  return (PATHS[path.extname(file)] ?? []).reduce((moved, one) => moved.replace(one, `${basePath}/`), text);
}
