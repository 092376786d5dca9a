import type { RequestHandler } from 'express';
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Archive } from '../../archive/archive.js';
import { withOwn } from './with-own.js';
import { networkGauges, type MetricSources } from './network-gauges.js';

export interface Metrics {
  registry: Registry;
  /** Seconds; labels method, route, status. */
  requests: Histogram;
  receivedBytes: Counter;
  sentBytes: Counter;
  /** Label outcome: `stored`, `already-there`, or `refused-` and the PS3.18 reason in hex. */
  stores: Counter;
}

/** The Prometheus metrics of one server, in a registry of their own. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  networkGauges(registry, sources);
  return {
    registry,
    requests: new Histogram({
      name: 'dicom_ledger_http_request_seconds',
      help: 'Time from the request to the end of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
      registers,
    }),
    receivedBytes: new Counter({
      name: 'dicom_ledger_http_received_bytes_total',
      help: 'Bytes that came in by HTTP, with headers.',
      registers,
    }),
    sentBytes: new Counter({
      name: 'dicom_ledger_http_sent_bytes_total',
      help: 'Bytes that went out by HTTP, with headers.',
      registers,
    }),
    stores: new Counter({
      name: 'dicom_ledger_stores_total',
      help: 'Instances that were sent to be stored, by what became of them.',
      labelNames: ['outcome'],
      registers,
    }),
  };
}

/** The metrics in Prometheus' text format. */
export function sendMetrics({ registry }: Metrics): RequestHandler {
  return async (_request, response) => {
    response.setHeader('Content-Type', registry.contentType);
    response.end(await registry.metrics());
  };
}

/** The archive, with the outcome of each store counted. */
export function countStores(archive: Archive, { stores }: Pick<Metrics, 'stores'>): Archive {
  return withOwn(archive, (target) => ({
    receive: async (part) => {
      const { outcome } = await target.receive(part);
      void outcome.then((result) => {
        if (result.kind === 'refused')
          stores.inc({ outcome: `refused-${result.reason.toString(16).padStart(4, '0')}` });
        else stores.inc({ outcome: result.alreadyThere ? 'already-there' : 'stored' });
      });
      return { outcome };
    },
  }));
}
