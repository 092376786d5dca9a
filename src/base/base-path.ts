/** The path of a URL that a server is reached by: '' for the root of its host, else `/pacs`, without a slash at the end. */
export function basePathOf(url: string | undefined): string {
  return url === undefined ? '' : new URL(url).pathname.replace(/\/+$/, '');
}
