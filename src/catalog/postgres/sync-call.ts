import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

/** One end of a line between two threads: one asks and waits, the other answers when it can. */
export interface SyncLine {
  port: MessagePort;
  /** Of four bytes: 1 as soon as there is an answer. */
  signal: SharedArrayBuffer;
}

/** Both ends of a new line; either can be sent to another thread. */
export function createSyncLine(): { asking: SyncLine; answering: SyncLine } {
  const { port1, port2 } = new MessageChannel() as unknown as { port1: MessagePort; port2: MessagePort };
  const signal = new SharedArrayBuffer(4);
  return { asking: { port: port1, signal }, answering: { port: port2, signal } };
}

/** Asks over a line and stands still until the answer is there; gives undefined when there is none in time. */
export function createSyncCaller({ port, signal }: SyncLine): (question: unknown, timeoutMs: number) => unknown {
  const flag = new Int32Array(signal);
  let asked = 0;
  return (question, timeoutMs) => {
    const number = ++asked;
    const until = performance.now() + timeoutMs;
    port.postMessage({ number, question });
    for (;;) {
      const received: { message: { number: number; answer: unknown } } | undefined = receiveMessageOnPort(port);
      if (received?.message.number === number) return received.message.answer;
      // Those before are answers that came too late.
      if (received) continue;
      const leftMs = until - performance.now();
      if (leftMs <= 0) return undefined;
      Atomics.wait(flag, 0, 0, leftMs);
      Atomics.store(flag, 0, 0);
    }
  };
}

/** Answers what is asked over a line, one question after the other. `answer` never rejects. */
export function answerSyncCalls({ port, signal }: SyncLine, answer: (question: never) => unknown): void {
  const flag = new Int32Array(signal);
  let last = Promise.resolve();
  port.on('message', ({ number, question }: { number: number; question: never }) => {
    last = last.then(async () => {
      port.postMessage({ number, answer: await answer(question) });
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    });
  });
}
