import type { Request } from 'express';
import { isFromThisMachine } from '../../access/from-this-machine.js';

/** Where the DICOMweb services lie below the server's own address. */
export const DICOMWEB_PATH = '/dicom-web';

export interface RootOptions {
  /** How clients reach the server; undefined: as each request was addressed. */
  publicUrl: string | undefined;
}

/** The query of a request, decoded once; names have no structure: `a[b]` is a name like any other. */
export function queryOf(request: Request): URLSearchParams {
  const at = request.originalUrl.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : request.originalUrl.slice(at + 1));
}

/** Below these, by the number of a site, lies what that site has stored, also where another site's is shown under the same UID. */
export const SITES_PATH = '/sites';

/** The DICOMweb root of one site, as a path of Express. */
export const SITE_DICOMWEB_PATH = `${SITES_PATH}/:site${DICOMWEB_PATH}`;

const SITE_ROOT = new RegExp(`^${SITES_PATH}/\\d{1,10}${DICOMWEB_PATH}(?=[/?]|$)`);

/** The absolute URL of the DICOMweb root that a request goes to, for links in answers: that of all sites, or of the one in its path. */
export function dicomwebRoot(request: Request, publicUrl: string | undefined): string {
  const [path] = SITE_ROOT.exec(request.originalUrl) ?? [DICOMWEB_PATH];
  return `${serverUrl(request, publicUrl)}${path}`;
}

/**
 * How clients reach this server: PUBLIC_URL, else as the request was addressed, by what a proxy of TRUST_PROXY says of that. The Host is one of ours
 * (`door/require-own-host.ts`).
 */
export function serverUrl(request: Request, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl;
  const host = String(request.headers.host);
  return `${request.protocol}://${host}${portLeftOut(request, host)}`;
}

/**
 * The Python dicomweb-client sends Host without the port. Where name and peer are this machine, the port can only be ours: in
 * all other cases the default one may be that of a proxy.
 */
function portLeftOut(request: Request, host: string): string {
  const isOwnName = /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(host);
  return isOwnName && isFromThisMachine(request) ? `:${request.socket.localPort}` : '';
}
