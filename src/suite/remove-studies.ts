import type { Server } from './ask/server.js';

/** Removes studies by DELETE, where the server offers it, and returns a sentence on what came of it. */
export async function removeStudies(server: Server, studies: readonly string[]): Promise<string> {
  let removed = 0;
  let refused: number | undefined;
  for (const study of studies) {
    try {
      const { status } = await server.ask('DELETE', `/studies/${study}`);
      // 404 and 410: it was never stored, or is gone already.
      if ((status >= 200 && status < 300) || status === 404 || status === 410) removed++;
      else refused = status;
    } catch {
      return `Removed ${removed} of ${studies.length} studies; then the server gave no answer.`;
    }
  }
  if (refused === undefined) return `Removed all ${removed} studies.`;
  return `Removed ${removed} of ${studies.length} studies; the server answers ${refused} to DELETE of the others.`;
}
