import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { type RunningServer, startServer } from '../../testing/server.js';
import { openViewer, type Viewer } from './viewer-page.js';

/** A server with nothing in it and a browser on its viewer, for all tests of the file that calls this; each begins without faults. */
export interface ViewerBed extends Pick<Viewer, 'page' | 'faults'> {
  /** Of the server. */
  url: string;
}

export function viewerBed(): Readonly<ViewerBed> {
  let server: RunningServer;
  let viewer: Viewer;
  beforeAll(async () => {
    server = await startServer();
    viewer = await openViewer(server.url);
  });
  beforeEach(() => {
    viewer.faults.length = 0;
  });
  afterAll(async () => {
    await viewer?.close();
    await server?.stop();
  });
  return {
    get page() {
      return viewer.page;
    },
    get faults() {
      return viewer.faults;
    },
    get url() {
      return server.url;
    },
  };
}
