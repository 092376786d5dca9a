import type { Request, RequestHandler, Response } from 'express';

/**
 * Handlers that every request goes through, one after the other, as one: Express would look for the path at each of them. None of them
 * is asynchronous. What one of them throws or gives to `next` ends the row.
 */
export function inRow(handlers: readonly RequestHandler[]): RequestHandler {
  return (request, response, next) => {
    const from = (at: number): void => {
      const handler = handlers[at];
      if (handler === undefined) return next();
      void handler(request, response, (error?: unknown) => (error === undefined ? from(at + 1) : next(error)));
    };
    from(0);
  };
}

/** The handler for what lies at a path or below it, for others nothing. */
export function below(paths: readonly string[], handler: RequestHandler): RequestHandler {
  return (request: Request, response: Response, next) => {
    const { path } = request;
    const isBelow = paths.some(
      (root) => path.startsWith(root) && (path.length === root.length || path[root.length] === '/'),
    );
    return isBelow ? handler(request, response, next) : next();
  };
}
