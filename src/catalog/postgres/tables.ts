import { readFileSync } from 'node:fs';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { CHANGE_TABLE } from '../sqlite/change-journal.js';
import { projectionVersion } from '../sqlite/projection-version.js';
import type { SiteRules } from '../sqlite/site-rules.js';
import type { PostgresConnection } from './connection.js';
import { tablesToPostgres } from './to-postgres.js';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

/** Of the annotations: as in `sqlite/attach-annotations.ts`. */
const ANNOTATIONS_FORMAT = 2;

/** The version of the tables of this release and of what makes their rows. */
export function versionOfTables(rules: SiteRules): string {
  return projectionVersion(read('../sqlite/tables.sql') + read('functions.sql'), rules);
}

/** The version that a catalogue has; undefined where none is. */
function versionThere(db: PostgresConnection): string | undefined {
  const [table] = db.first("SELECT to_regclass('catalog.projection_version')::text") ?? [];
  if (table === null || table === undefined) return undefined;
  return db.first('SELECT version FROM catalog.projection_version')?.[0] as string | undefined;
}

/**
 * Makes the tables of this release in the schemas `catalog` and `annotations`. A catalogue that was made by other tables, code or settings
 * is emptied, in one transaction; annotations never are. Throws `misconfigured` for a database that orders text otherwise than by bytes,
 * or has annotations of a later release.
 */
export function makeTables(db: PostgresConnection, { rules, log }: { rules: SiteRules; log: Pick<Log, 'warn'> }): void {
  requireBytes(db);
  makeAnnotations(db);
  const version = versionOfTables(rules);
  const there = versionThere(db);
  if (there === version) return;
  if (there !== undefined)
    log.warn(
      {},
      'The catalogue was made by another release or with other settings; it is emptied and rebuilt from the chain.',
    );
  db.transaction(() => {
    db.first(`
      DROP SCHEMA IF EXISTS catalog CASCADE; CREATE SCHEMA catalog;
      ${tablesToPostgres(read('../sqlite/tables.sql'))} ${read('functions.sql')}`);
    db.prepare('INSERT INTO projection_version (id, version) VALUES (1, ?)').run(version);
  })();
}

/** Changes are counted without gaps, which PostgreSQL's own sequences have. */
function makeAnnotations(db: PostgresConnection): void {
  const [table] = db.first("SELECT to_regclass('annotations.format')::text") ?? [];
  if (table !== null && table !== undefined) {
    const [format] = db.first('SELECT number FROM annotations.format') ?? [];
    if (format === ANNOTATIONS_FORMAT) return;
    throw new LedgerError(
      'misconfigured',
      `The annotations in PostgreSQL have format ${String(format)}, but this release knows ${ANNOTATIONS_FORMAT}: start the release that has made them, or a later one.`,
    );
  }
  db.transaction(() => {
    db.first(`
      CREATE SCHEMA annotations;
      ${tablesToPostgres(read('../sqlite/annotations.sql'))} ${tablesToPostgres(CHANGE_TABLE)}
      CREATE FUNCTION annotations.count_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        SELECT coalesce(max(sequence), 0) + 1 INTO NEW.sequence FROM annotations.change; RETURN NEW; END $$;
      CREATE TRIGGER counted BEFORE INSERT ON annotations.change FOR EACH ROW EXECUTE FUNCTION annotations.count_change();
      CREATE TABLE annotations.format (number bigint NOT NULL);
      INSERT INTO annotations.format (number) VALUES (${ANNOTATIONS_FORMAT});`);
  })();
}

function requireBytes(db: PostgresConnection): void {
  const [encoding, locale] =
    db.first(`
      SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()`) ?? [];
  if (encoding === 'UTF8' && (locale === 'C' || locale === 'POSIX')) return;
  throw new LedgerError(
    'misconfigured',
    `The database of CATALOG_URL has the encoding ${String(encoding)} and the locale ${String(locale)}; make one with CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'.`,
  );
}
