import type Database from 'libsql';
import type { Connection } from './database.js';

type Statement = Database.Statement<unknown[]>;

/** Compiling a search takes as long as running it; a program asks the same few searches again and again. */
const MOST = 200;

/** Statements of one connection, each prepared once: of all texts the `MOST` that were used last. */
export interface Statements {
  prepared: (sql: string) => Statement;
}

export function createStatements(db: Connection): Statements {
  const known = new Map<string, Statement>();
  return {
    prepared: (sql) => {
      const statement = known.get(sql) ?? db.prepare(sql);
      known.delete(sql);
      known.set(sql, statement);
      const [oldest] = known.size > MOST ? known.keys() : [];
      if (oldest !== undefined) known.delete(oldest);
      return statement;
    },
  };
}
