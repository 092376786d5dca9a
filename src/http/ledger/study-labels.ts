import type { Request, Response } from 'express';
import type { Principal } from '../../access/principal.js';
import type { Archive } from '../../archive/archive.js';
import { requireUid } from '../message/find-instances.js';

interface Call {
  request: Request;
  response: Response;
  caller: Principal;
}

/** The labels of a study, by name, each with who has set it and when (ISO 8601). */
export async function listStudyLabels(archive: Archive, { request, response }: Omit<Call, 'caller'>): Promise<void> {
  const labels = await archive.labels(requireUid(request.params.study));
  response.setHeader('Cache-Control', 'no-store');
  response.json(labels.map(({ label, setBy, setAt }) => ({ label, setBy, setAt: new Date(setAt).toISOString() })));
}

/** Sets a label on a study, which may have it already: 204. */
export async function putStudyLabel(archive: Archive, { request, response, caller }: Call): Promise<void> {
  const { study, label } = request.params;
  await archive.addLabel(requireUid(study), String(label), nameOf(caller));
  response.status(204).end();
}

/** Takes a label away from a study: 204. No rule sets it there again. */
export async function deleteStudyLabel(archive: Archive, { request, response }: Omit<Call, 'caller'>): Promise<void> {
  const { study, label } = request.params;
  await archive.removeLabel(requireUid(study), String(label));
  response.status(204).end();
}

/** Who sets labels, as it is kept with them. */
export const nameOf = ({ issuer, subject }: Principal): string => `${issuer} ${subject}`;
