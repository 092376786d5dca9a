import type { RequestHandler } from 'express';
import type { Sessions } from '../../access/sessions.js';

/**
 * Ends the session of a browser here, and lets the browser forget what it kept: no step back shows an image then (Clear Site Data
 * §3.1).
 */
export function logOut(sessions: Sessions): RequestHandler {
  return async (request, response) => {
    response.setHeader('Set-Cookie', await sessions.end(request));
    response.setHeader('Clear-Site-Data', '"cache", "storage"');
    response.setHeader('Cache-Control', 'no-store');
    response.redirect(303, '/login');
  };
}
