// Prints the path of a Python that has pydicom, its decoders, and DICOMweb clients: $ORACLE_PYTHON, else one in the cache, else one that is made there.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const packages = [
  'dicomtrolley==4.1.0',
  'dicomweb-client==0.61.2',
  'highdicom==0.28.2',
  'imagecodecs==2026.3.6',
  'numpy==2.4.6',
  'openapi-spec-validator==0.9.0',
  'pillow==13.0.0',
  'pydicom==3.0.2',
  'pyjpegls==1.5.1',
  'pylibjpeg==2.1.0',
  'pylibjpeg-libjpeg==2.5.0',
  'pylibjpeg-openjpeg==2.6.0',
  'python-gdcm==3.2.6',
  'wsidicom==0.36.1',
];
const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache');
const folder = path.join(cache, 'dicom-ledger', 'oracles-3');
const python = path.join(folder, 'bin', 'python');
const done = path.join(folder, 'complete');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (error) throw new Error(`${command} could not be started (${error.message}); install python3 and python3-venv.`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}.`);
}

function oracles() {
  if (process.env.ORACLE_PYTHON) return process.env.ORACLE_PYTHON;
  if (existsSync(done)) return python;
  rmSync(folder, { recursive: true, force: true });
  run('python3', ['-m', 'venv', folder]);
  run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  run('touch', [done]);
  return python;
}

try {
  console.log(oracles());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
