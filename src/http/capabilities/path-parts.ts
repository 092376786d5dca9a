import type { Route } from '../route.js';

/** One part of a path between slashes: a constant, or a variable of the URI Template (RFC 6570), which may take the rest of it. */
export interface PathPart {
  /** As it stands in a template: `studies`, `{study}`. */
  text: string;
  /** Name of the variable. */
  variable?: string;
  /** Whether the variable takes further slashes too. */
  takesRest?: boolean;
}

/** The parts of a path of the table of routes below `root`; an optional end of it is left out. */
export function pathParts(path: string, root = ''): PathPart[] {
  return path
    .slice(root.length)
    .replace(/\{[^}]*\}/g, '')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      const variable = /^[:*](.+)$/.exec(part)?.[1];
      if (variable === undefined) return { text: part };
      return { text: `{${variable}}`, variable, ...(part.startsWith('*') && { takesRest: true }) };
    });
}

const VERBS: Partial<Record<Route['method'], string>> = { GET: 'Retrieve', POST: 'Post', PUT: 'Put', DELETE: 'Delete' };

/**
 * What the transaction of a row is called below its root, as PS3.18 Table H-1 calls those of the standard: `SearchForStudySeries`,
 * `RetrieveStudyMetadata`. No two rows of one root have the same.
 */
export function transactionOf({ method, path, service, transaction }: Route, root: string): string {
  if (transaction !== undefined) return transaction;
  const verb = service.startsWith('Search') ? 'SearchFor' : (VERBS[method] ?? method);
  const parts = pathParts(path, root);
  // `studies/{study}` is a Study, and `studies` are Studies.
  const words = parts.map(({ text, variable }, at) =>
    parts[at + 1]?.variable === undefined || variable !== undefined ? (variable ?? text) : '',
  );
  return verb + words.map(inCapitals).join('');
}

/** `modality-performed-steps` as `ModalityPerformedSteps`. */
function inCapitals(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
}
