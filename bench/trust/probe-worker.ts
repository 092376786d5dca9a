// Asks a server for `/healthz` every 20 ms, whether or not it has answered the one before, until it is told to stop; then it posts the
// milliseconds from each moment at which it was to be asked to its answer. One that is not answered counts until the stop.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Agent, request } from 'undici';

const EVERY_MS = 20;
const url = workerData as string;
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 256 });
const milliseconds: number[] = [];
const pending = new Set<Promise<void>>();
let isOver = false;
parentPort!.once('message', () => {
  isOver = true;
  void dispatcher.destroy();
});

async function ask(due: number): Promise<void> {
  const answer = request(`${url}/healthz`, { dispatcher });
  await answer.then(
    ({ body }) => body.dump(),
    () => undefined,
  );
  milliseconds.push(performance.now() - due);
}

for (let due = performance.now(); !isOver; due += EVERY_MS) {
  await sleep(Math.max(0, due - performance.now()));
  const asked: Promise<void> = ask(due).finally(() => pending.delete(asked));
  pending.add(asked);
}
await Promise.all(pending);
parentPort!.postMessage(milliseconds);
