import { expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openProgram } from './program.js';

it('starts a program that leaves the first question whether it is ready without an answer', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'program-'));
  let asked = 0;
  const program = openProgram({
    name: 'sleep',
    command: 'sleep',
    args: ['1000'],
    environment: { PATH: process.env['PATH'] },
    logFile: path.join(folder, 'log'),
    ports: [],
    isReady: async () => {
      if (++asked === 1) await new Promise(() => undefined);
      return true;
    },
    timeoutMs: 120_000,
  });
  await program.start();
  expect(asked).toBe(2);
  await program.stop();
  expect(program.pid).toBeUndefined();
  await rm(folder, { recursive: true });
});
