/**
 * The viewer's `app-config.js` as text, with `root` as QIDO-RS and WADO-RS root. Only `thumbnail` with `fetch` makes OHIF 3.13
 * show the stored previews both in its list and in its viewer; unquoted Accept headers spare a CORS preflight a frame. It
 * plays no video without `singlepart`: from `/rendered`, by ranges.
 */
export function viewerConfig(root: string): string {
  const config = {
    routerBasename: '/',
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
          qidoRoot: root,
          wadoRoot: root,
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
  return `window.config = ${JSON.stringify(config, null, 2)};\n`;
}
