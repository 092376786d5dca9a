/** Measures the gas of each call anew and writes contracts/gas.json and contracts/gas-release-2.json, against which the contract's tests compare. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const tests = ['contracts/.*gas.long.test.ts', 'contracts/large-instance.long.test.ts'];
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', jest, '--runInBand', '-c', 'jest.long.config.js', ...tests],
  { cwd: root, stdio: 'inherit', env: { ...process.env, WRITE_GAS: '1' } },
);
process.exitCode = status ?? 1;
