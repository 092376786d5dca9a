import type { RequestHandler } from 'express';
import { DICOMWEB_PATH, SITES_PATH } from '../message/dicomweb-root.js';

/** The root of all sites, and that of one. */
const DICOMWEB = new RegExp(`^(${SITES_PATH}/[^/]+)?${DICOMWEB_PATH}(/|$)`);

/**
 * Reads several slashes in a row as one in the path of what lies below a DICOMweb root: clients put a path that begins with a slash
 * after a root that ends in one.
 */
export const singleSlashes: RequestHandler = (request, _response, next) => {
  if (!request.url.includes('//')) return next();
  const [, path = '', query = ''] = /^([^?]*)(.*)$/s.exec(request.url) ?? [];
  const single = path.replace(/\/{2,}/g, '/');
  if (single !== path && DICOMWEB.test(single)) request.url = request.originalUrl = single + query;
  next();
};
