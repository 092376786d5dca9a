import express, { Router } from 'express';
import type { Archive, FoundInstance } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { checkReason } from './retire.js';
import { acceptanceRoute } from './acceptances.js';
import { requireUid, resource } from '../message/resource.js';
import { CACHE_CONTROL } from '../message/send-payload.js';
import { sendJson } from '../message/send-json.js';
import { streamOut } from '../message/stream-out.js';

/** What auditors and the command line ask of the ledger: records, verification and retirement by SOP Instance UID alone. */
export function ledgerRoutes(archive: Archive): Router {
  const router = Router({ caseSensitive: true });

  /** Newline-delimited JSON: one SOP Instance UID a line, in chain order. */
  resource(router, '/instances', {
    get: async (_request, response) => {
      response.setHeader('Content-Type', 'application/x-ndjson');
      response.setHeader('Cache-Control', 'no-store');
      await streamOut(response, lines(archive.sealedSOPInstanceUIDs()));
    },
  });

  resource(router, '/instances/:instance', {
    get: async (request, response) => {
      const text = JSON.stringify(await findRecord(archive, request.params.instance), null, 2);
      await sendJson(request, response, {
        mediaType: 'application/json',
        etagParts: [text],
        chunks: () => [`${text}\n`],
      });
    },
  });

  resource(router, '/instances/:instance/verify', {
    post: async (request, response) => {
      const result = await archive.verify(requireUid(request.params.instance));
      response.setHeader('Cache-Control', CACHE_CONTROL.revalidate);
      response.json(result);
    },
  });

  acceptanceRoute(router, archive);

  // Only a JSON body, which no web page of another origin can send without a preflight: there is no login yet.
  router.use(express.json({ limit: '16kb', type: 'application/json' }));
  resource(router, '/instances/:instance/retire', {
    post: async (request, response) => {
      if (!request.is('application/json'))
        throw new LedgerError('unsupported-media-type', 'Send {"reason": "…"} as application/json.', {
          details: { accept: ['application/json'] },
        });
      const { reason } = (request.body ?? {}) as { reason?: unknown };
      await archive.retire(requireUid(request.params.instance), checkReason(reason));
      response.status(204).end();
    },
  });
  return router;
}

/** Throws `not-found`. Retired ones have a record too. */
async function findRecord(archive: Archive, text: string | string[] | undefined): Promise<Record<string, unknown>> {
  const SOPInstanceUID = requireUid(text);
  const found = await archive.instance(SOPInstanceUID);
  if (found !== undefined) return { ...recordOf(found), body: await archive.body(found) };
  throw new LedgerError(
    'not-found',
    `${SOPInstanceUID} is not announced on the chain; if it was just accepted, ask again in a moment.`,
  );
}

/** Times in ISO 8601, block numbers as decimal text; no patient attributes and no file name. */
function recordOf(instance: FoundInstance): Record<string, unknown> {
  const { announcedBlock, sealedBlock, announcedAt, sealedAt, retiredAt, retiredReason } = instance;
  return {
    SOPInstanceUID: instance.SOPInstanceUID,
    SeriesInstanceUID: instance.SeriesInstanceUID,
    StudyInstanceUID: instance.StudyInstanceUID,
    SOPClassUID: instance.SOPClassUID,
    state: instance.state,
    siteId: instance.siteId,
    imageKey: instance.imageKey,
    patientKey: instance.patientKey,
    mediaType: instance.mediaType,
    transferSyntaxUID: instance.transferSyntaxUID,
    byteCount: instance.byteCount,
    sha256: instance.sha256,
    announced: { block: announcedBlock.toString(), at: isoTime(announcedAt) },
    sealed: sealedAt === undefined ? null : { block: sealedBlock?.toString() ?? null, at: isoTime(sealedAt) },
    retired: retiredAt === undefined ? null : { at: isoTime(retiredAt), reason: retiredReason ?? null },
  };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

async function* lines(SOPInstanceUIDs: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const SOPInstanceUID of SOPInstanceUIDs) yield `${JSON.stringify({ SOPInstanceUID })}\n`;
}
