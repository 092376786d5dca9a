import pino from 'pino';

/** Structured log. No line carries credentials or patient attributes: UIDs, keys, counts and durations only. */
export type Log = pino.Logger;

export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

export const silentLog: Log = pino({ level: 'silent' });
