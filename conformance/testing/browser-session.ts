import { parseSetCookie } from 'cookie';

/** What a browser does of cookies, redirects and forms, without its window: for logins that lead from page to page. */
export interface BrowserSession {
  /** Goes to a page, and on where it is led to. */
  open(url: string): Promise<Page>;
  /** Fills in the only form of a page and sends it. */
  submit(page: Page, fields: Record<string, string>): Promise<Page>;
  /** Every URL that was asked for. */
  visited: string[];
}

export interface Page {
  url: string;
  status: number;
  headers: Headers;
  text: string;
}

const MAX_REDIRECTS = 20;

export function createBrowserSession(): BrowserSession {
  /** By host, without the port, as browsers keep them (RFC 6265 §8.5). */
  const jar = new Map<string, { value: string; path: string }>();
  const visited: string[] = [];

  const go = async (first: string, init: RequestInit = {}): Promise<Page> => {
    let url = first;
    let options = init;
    for (let hops = 0; hops < MAX_REDIRECTS; hops++) {
      visited.push(url);
      const { hostname, pathname } = new URL(url);
      const cookies = [...jar]
        .filter(([key, { path }]) => key.startsWith(`${hostname} `) && pathname.startsWith(path))
        .map(([key, { value }]) => `${key.split(' ')[1]}=${value}`);
      const headers = {
        Accept: 'text/html,*/*;q=0.8',
        ...(cookies.length > 0 && { Cookie: cookies.join('; ') }),
        ...options.headers,
      };
      const answer = await fetch(url, { ...options, headers, redirect: 'manual' });
      for (const line of answer.headers.getSetCookie()) {
        const { name, value = '', path = '/', maxAge, expires } = parseSetCookie(line);
        const key = `${hostname} ${name}`;
        if (maxAge === 0 || (expires !== undefined && expires.getTime() < Date.now())) jar.delete(key);
        else jar.set(key, { value, path });
      }
      const location = answer.headers.get('location');
      if (location === null || answer.status < 300 || answer.status > 399)
        return { url, status: answer.status, headers: answer.headers, text: await answer.text() };
      await answer.body?.cancel();
      url = new URL(location, url).href;
      options = {};
    }
    throw new Error(`More than ${MAX_REDIRECTS} redirects: ${visited.slice(-5).join(' ')}`);
  };

  return {
    visited,
    open: (url) => go(url),
    submit: (page, fields) => {
      const [, form = ''] = /<form([^>]*)>/.exec(page.text) ?? [];
      const action = /action="([^"]*)"/.exec(form)?.[1]?.replaceAll('&amp;', '&') ?? page.url;
      return go(new URL(action, page.url).href, { method: 'POST', body: new URLSearchParams(fields) });
    },
  };
}
