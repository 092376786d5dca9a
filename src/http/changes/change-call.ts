import type { Request, Response } from 'express';
import type { Principal } from '../../access/principal.js';
import type { RootOptions } from '../message/dicomweb-root.js';

/** A request for changes, and who makes it. */
export interface ChangeCall extends RootOptions {
  request: Request;
  response: Response;
  caller: Principal;
}
