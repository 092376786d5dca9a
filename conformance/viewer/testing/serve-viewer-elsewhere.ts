import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express from 'express';

/** The files of the viewer on a host that knows nothing of our server. */
export interface ViewerElsewhere {
  /** `http://viewer.localhost:43210`, another site than `localhost`, without a slash at the end. */
  url: string;
  /** From now on its configuration is the one of the documentation, for the server at the URL `archive`. */
  configureFor(archive: string): void;
  close(): Promise<void>;
}

const viewerFolder = path.resolve('viewer');
const documentation = path.resolve('docs/operations/identity-provider.md');

/** Serves OHIF on a free port of the loopback. */
export async function serveViewerElsewhere(): Promise<ViewerElsewhere> {
  let configuration = '';
  const app = express();
  app.get('/app-config.js', (_request, response) => {
    response.type('text/javascript').send(configuration);
  });
  app.use(express.static(viewerFolder, { index: false }));
  app.get('/{*page}', (_request, response) => response.sendFile(path.join(viewerFolder, 'index.html')));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://viewer.localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    configureFor: (archive) => {
      configuration = documentedConfiguration()
        .replaceAll('https://archive.example', archive)
        .replaceAll('https://viewer.example', url)
        // The tour lies over the image.
        .concat("window.config.customizationService = { 'ohif.tours': [] };\n");
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function documentedConfiguration(): string {
  const code = /```js\n(const archive[^]*?)```/.exec(readFileSync(documentation, 'utf8'))?.[1];
  if (code === undefined) throw new Error(`${documentation} has no configuration of a viewer elsewhere.`);
  return code;
}
