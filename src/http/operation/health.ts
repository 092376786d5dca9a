import { Router } from 'express';

export interface Readiness {
  ready: boolean;
  /** Sentences; empty when ready. */
  reasons: string[];
  /** What else needs a person; a load balancer is not to take the server out for it. */
  warnings: string[];
}

/**
 * `/healthz`: the process answers. `/readyz`: chain and catalogue can serve; 503 with the reasons when not. Warnings do not
 * change the status.
 */
export function healthRoutes(readiness: () => Promise<Readiness>): Router {
  const router = Router({ caseSensitive: true });
  router.get('/healthz', (_request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.json({ alive: true });
  });
  router.get('/readyz', async (_request, response) => {
    const { ready, reasons, warnings } = await readiness();
    response.setHeader('Cache-Control', 'no-store');
    if (!ready) response.setHeader('Retry-After', '5');
    response.status(ready ? 200 : 503).json({ ready, reasons, warnings });
  });
  return router;
}
