import type Database from 'libsql';
import type { Connection } from './database.js';

type Statement = Database.Statement<unknown[]>;

/** Statements of one connection, each prepared once: there are as many texts as there are grounds on which studies are seen. */
export interface Statements {
  prepared: (sql: string) => Statement;
}

export function createStatements(db: Connection): Statements {
  const known = new Map<string, Statement>();
  return {
    prepared: (sql) => {
      const statement = known.get(sql) ?? db.prepare(sql);
      known.set(sql, statement);
      return statement;
    },
  };
}
