// Loaded into a server by NODE_OPTIONS=--import: a CPU profile of its main thread, written to LIMIT_PROFILE_DIR when it ends.
import { writeFileSync } from 'node:fs';
import inspector from 'node:inspector';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const session = new inspector.Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 1000 });
  session.post('Profiler.start');
  process.on('exit', () =>
    session.post('Profiler.stop', (_, { profile }) => {
      const name = path.basename(path.dirname(process.env['DATA_DIR'] ?? 'server'));
      writeFileSync(
        path.join(process.env['LIMIT_PROFILE_DIR'] ?? '.', `${name}-${process.pid}.cpuprofile`),
        JSON.stringify(profile),
      );
    }),
  );
}
