import type { RequestHandler } from 'express';

/**
 * What a caller must be allowed to do before a route answers: `public` asks for nothing; the others are those of one principal.
 * `retire` is apart from `write`, because a modality that stores must not be able to withdraw what others stored.
 */
export type Permission = 'public' | 'read' | 'write' | 'retire' | 'audit' | 'admin';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One row of the table of routes (`routes.ts`). Everything that has to be known of a URL before its handler runs stands in it. */
export interface Route {
  method: Method;
  /** In Express's syntax, from the root of the server: `/dicom-web/studies/:study`. */
  path: string;
  /** The service of the standard with its section, or what the route is for: `Store (PS3.18 §10.5)`. */
  service: string;
  permission: Permission;
  /** Whether it would write to the chain: such a route answers 503 while nothing can be stored. */
  writes: boolean;
  handler: RequestHandler;
}
