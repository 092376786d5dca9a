import type { RequestHandler } from 'express';

export interface Readiness {
  ready: boolean;
  /** Sentences; empty when ready. */
  reasons: string[];
  /** What else needs a person; a load balancer is not to take the server out for it. */
  warnings: string[];
}

/** 200 while the process answers at all. */
export const sendAlive: RequestHandler = (_request, response) => {
  response.setHeader('Cache-Control', 'no-store');
  response.json({ alive: true });
};

/** 200 when chain and catalogue can serve, else 503 with the reasons. Warnings do not change the status. */
export function sendReadiness(readiness: () => Promise<Readiness>): RequestHandler {
  return async (_request, response) => {
    const { ready, reasons, warnings } = await readiness();
    response.setHeader('Cache-Control', 'no-store');
    if (!ready) response.setHeader('Retry-After', '5');
    response.status(ready ? 200 : 503).json({ ready, reasons, warnings });
  };
}
