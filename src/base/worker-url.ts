/**
 * The compiled worker `name` beside the calling module. Tests run from `src/` but workers always from `dist/`,
 * because a worker thread has no TypeScript loader; `npm test` builds first.
 */
export function workerUrl(moduleUrl: string, name: string): URL {
  return new URL(name, moduleUrl.endsWith('.ts') ? moduleUrl.replace(/\/src\/(?!.*\/src\/)/, '/dist/') : moduleUrl);
}
