import type { RequestHandler } from 'express';
import type { Letters } from '../../archive/letters/letters.js';
import { requireSiteId } from '../message/archive-of-site.js';
import { queryOf } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';
import { requireRingId } from './require-ring-id.js';

/** Writes a letter to site `?to=`: of the ring `?ring=` of site `?site=`, or of one study of this site, `?study=`. */
export const sendLetter =
  (letters: Letters): RequestHandler =>
  async (request, response) => {
    const query = queryOf(request);
    const to = requireSiteId(query.get('to') ?? undefined);
    const [site, ring, study] = ['site', 'ring', 'study'].map((name) => query.get(name) ?? undefined);
    const said = {
      ...(site !== undefined && { siteId: requireSiteId(site) }),
      ...(ring !== undefined && { ringId: Buffer.from(requireRingId(ring).slice(2), 'hex') }),
      ...(study !== undefined && { StudyInstanceUID: requireUid(study) }),
    };
    const bytes = await letters.write({ to, ...(await letters.meant(said)) });
    response.setHeader('Cache-Control', 'no-store');
    response.type('application/octet-stream').send(bytes);
  };
