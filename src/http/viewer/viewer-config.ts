/**
 * The viewer's `app-config.js` as text, for a server that lies at `basePath`, with `root` below that as QIDO-RS and WADO-RS root. Only `thumbnail` with `fetch` makes OHIF 3.13
 * show the stored previews both in its list and in its viewer; unquoted Accept headers spare a CORS preflight a frame. It
 * plays no video without `singlepart`: from `/rendered`, by ranges.
 */
export function viewerConfig({ basePath, root }: { basePath: string; root: string }): string {
  const config = {
    routerBasename: basePath || '/',
    extensions: [],
    modes: [],
    showStudyList: true,
    customizationService: { 'ohif.tours': [] },
    defaultDataSourceName: 'ledger',
    dataSources: [
      {
        namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
        sourceName: 'ledger',
        configuration: {
          name: 'ledger',
          friendlyName: 'dicom-ledger',
          qidoRoot: basePath + root,
          wadoRoot: basePath + root,
          imageRendering: 'wadors',
          thumbnailRendering: 'thumbnail',
          thumbnailRequestStrategy: 'fetch',
          enableStudyLazyLoad: true,
          supportsWildcard: true,
          supportsFuzzyMatching: true,
          omitQuotationForMultipartRequest: true,
          dicomUploadEnabled: true,
          singlepart: 'video',
        },
      },
    ],
  };
  return `window.config = ${JSON.stringify(config, null, 2)};
window.config.httpErrorHandler = (failure) => (${sendToLogin.toString()})(failure, ${JSON.stringify(basePath)});
window.config.whiteLabeling = { createLogoComponentFn: (React, properties) => (${accountLink.toString()})(React, properties, ${JSON.stringify(`${basePath}/login`)}) };
`;
}

/** Runs in the browser: a request that is answered 401 means that the session has ended. */
function sendToLogin(
  failure: { status?: number; error?: { status?: number } } | undefined,
  basePath: string,
): void {
  if ((failure?.status ?? failure?.error?.status) !== 401) return;
  const { location } = globalThis as unknown as BrowserWindow;
  const path = location.pathname.slice(basePath.length) + location.search;
  location.assign(`${basePath}/login?return=${encodeURIComponent(path)}`);
}

/**
 * Runs in the browser, as the logo: leads to the page where one logs out. That of the list is asked for without properties; that
 * of an open study is a button already, which leads to the list, and keeps its own.
 */
function accountLink(
  React: { createElement(name: string, properties: object, text: string): unknown },
  properties: unknown,
  href: string,
): unknown {
  if (properties !== undefined) return undefined;
  return React.createElement('a', { href, style: { color: 'white', fontWeight: 700 } }, 'dicom-ledger · Account');
}

interface BrowserWindow {
  location: { pathname: string; search: string; assign(url: string): void };
}
