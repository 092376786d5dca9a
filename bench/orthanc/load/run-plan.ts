import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';
import { quantile } from '../../statistics.js';
import { createTemplate } from '../images/template.js';
import { type Answer, ask } from './ask.js';
import type { Latencies, Outcome, Plan, Stage, StageOutcome } from './plan.js';
import { stowBody, stowFault } from './stow-body.js';

const PULSE_PAUSE_MS = 5;
/** So that a server that has gone is not asked a thousand times a second. */
const AFTER_FAULT_MS = 100;

/** Does what a plan says, and waits for the answers to all that was asked: what is given up would go on costing the server. */
export async function runPlan({ origin, headers, steps, pulse }: Plan): Promise<Outcome> {
  const taker = pulse === undefined ? undefined : startPulse(origin, { ...headers }, pulse);
  const begun = performance.now();
  const stages: StageOutcome[] = [];
  for (const step of steps)
    stages.push(...(await Promise.all(step.map((stage) => runStage({ origin, headers, stage })))));
  const seconds = secondsSince(begun);
  return { stages, seconds, ...(taker && { pulse: await taker.stop() }) };
}

interface StageOptions extends Pick<Plan, 'origin' | 'headers'> {
  stage: Stage;
}

/** Makes the next request with a connection; its answer, objects and bytes. Undefined when there is nothing more to do. */
type Next = (client: Client) => Promise<{ answer: Answer; objects: number; bytes: number; fault?: string }> | undefined;

async function runStage({ origin, headers, stage }: StageOptions): Promise<StageOutcome> {
  const next = stage.stow ? stows(stage.stow, headers, stage.seconds) : reads(stage, headers);
  const milliseconds: number[] = [];
  const total = { objects: 0, bytes: 0, wrong: 0 };
  let firstFault: string | undefined;
  const begun = performance.now();
  const client = async (): Promise<void> => {
    const connection = new Client(origin, { pipelining: 1 });
    while (stage.seconds === undefined || secondsSince(begun) < stage.seconds) {
      const asked = performance.now();
      const doing = next(connection);
      if (!doing) break;
      const { objects, bytes, fault } = await doing;
      milliseconds.push(performance.now() - asked);
      if (fault === undefined) {
        total.objects += objects;
        total.bytes += bytes;
        continue;
      }
      total.wrong++;
      firstFault ??= fault;
      await delay(AFTER_FAULT_MS);
    }
    await connection.close();
  };
  await Promise.all(Array.from({ length: stage.clients }, client));
  return {
    ...total,
    requests: milliseconds.length,
    seconds: secondsSince(begun),
    latencies: latenciesOf(milliseconds),
    ...(firstFault !== undefined && { fault: firstFault }),
  };
}

function reads({ asks = [], seconds }: Stage, common: Record<string, string>): Next {
  let i = 0;
  return (client) => {
    if (seconds === undefined && i === asks.length) return undefined;
    const { path, headers, leastBytes } = asks[i++ % asks.length]!;
    return ask(client, { path, headers: { ...common, ...headers } }).then((answer) => {
      const isRight = answer.status === 200 && answer.byteCount >= leastBytes;
      const told = answer.fault ?? `${answer.status} with ${answer.byteCount} bytes instead of ${leastBytes}`;
      return { answer, objects: 1, bytes: answer.byteCount, ...(!isRight && { fault: `${path}: ${told}` }) };
    });
  };
}

function stows(stow: NonNullable<Stage['stow']>, common: Record<string, string>, seconds: number | undefined): Next {
  const templates = stow.templates.map((bytes) => createTemplate(Buffer.from(bytes)));
  let made = 0;
  return (client) => {
    const count = Math.min(stow.perRequest, (stow.count ?? Infinity) - made);
    if (count <= 0 || (seconds === undefined && stow.count === undefined)) return undefined;
    const images = Array.from({ length: count }, () => {
      const image = templates[made % templates.length]!.copy(stow.firstNumber + made);
      made++;
      return image;
    });
    const { type, body } = stowBody(images);
    const headers = { ...common, 'content-type': type, accept: 'application/dicom+json' };
    return ask(client, { path: '/dicom-web/studies', headers, body }).then((answer) => {
      const fault = stowFault(answer, images);
      const bytes = images.reduce((sum, image) => sum + image.bytes.length, 0);
      return { answer, objects: count, bytes, ...(fault !== undefined && { fault }) };
    });
  };
}

function startPulse(origin: string, headers: Record<string, string>, path: string): { stop(): Promise<Latencies> } {
  const milliseconds: number[] = [];
  let isOn = true;
  const beating = (async () => {
    const client = new Client(origin, { pipelining: 1 });
    while (isOn) {
      const asked = performance.now();
      await ask(client, { path, headers });
      milliseconds.push(performance.now() - asked);
      await delay(PULSE_PAUSE_MS);
    }
    await client.close();
  })();
  return {
    stop: async () => {
      isOn = false;
      await beating;
      return latenciesOf(milliseconds);
    },
  };
}

const secondsSince = (begun: number): number => (performance.now() - begun) / 1000;

const latenciesOf = (milliseconds: readonly number[]): Latencies => ({
  p50: quantile(milliseconds, 0.5),
  p99: quantile(milliseconds, 0.99),
  most: quantile(milliseconds, 1),
});
