import { randomUUID } from 'node:crypto';
import { LedgerError } from '../../base/errors.js';
import type { Claims } from '../roles-of.js';
import type { AccountsDatabase } from './accounts-database.js';
import { createBackOff } from './back-off.js';
import { hashOfPassword, isPassword, newPassword, passwordFault } from './password.js';

/** Somebody who logs in with a password of this server. */
export interface Account {
  /** Of one person for ever. */
  subject: string;
  /** What the person writes to log in; lower case. */
  login: string;
  name: string;
  roles: readonly string[];
  /** Whether the next login asks for a password of the person's own. */
  mustChange: boolean;
  isDisabled: boolean;
}

/** What came of a login: the account, or that a new password is needed first, with what was wrong with the one that was given. */
export type LoginOutcome = { kind: 'in'; account: Account } | { kind: 'must-change'; fault?: string };

/** The people of a site without an identity provider. Every change is durable, and holds from the next request on. */
export interface Accounts {
  list(): Account[];
  /** Makes an account with a password to begin with, which is shown once. Throws `bad-request`, and `conflict` for a login that is taken. */
  add(account: Pick<Account, 'login' | 'name' | 'roles'>): Promise<{ account: Account; password: string }>;
  /** Throws `not-found` and `bad-request`. */
  setRoles(login: string, roles: readonly string[]): Account;
  /** Lets nobody in by it, or again; its sessions and tokens end. Throws `not-found`. */
  setDisabled(login: string, isDisabled: boolean): Account;
  /** Gives it another password to begin with, and ends its sessions and tokens. Throws `not-found`. */
  resetPassword(login: string): Promise<string>;
  /**
   * Checks a password, and takes `newOne` in its place if given. Rejects with `unauthenticated` for a wrong one, whatever is wrong, and
   * with `too-many-requests` when it was wrong too often.
   */
  logIn(parameters: { login: string; password: string; newOne?: string | undefined }): Promise<LoginOutcome>;
  /** What its provider says of it; undefined when there is none, or a disabled one. */
  claimsOf(subject: string): Claims | undefined;
}

const LOGIN_FORM = /^[a-z0-9][a-z0-9._@-]{0,63}$/;
const ROLE_FORM = /^[^\s,]{1,64}$/;
const MAX_NAME_LENGTH = 100;
const MAX_ROLES = 50;
const MAX_ACCOUNTS = 10_000;
const COLUMNS = 'subject, login, name, roles, password, must_change, generation, disabled_at';

interface Row {
  subject: string;
  login: string;
  name: string;
  roles: string;
  password: string;
  must_change: number;
  generation: number;
  disabled_at: number | null;
}

export function createAccounts(database: AccountsDatabase): Accounts {
  const backOff = createBackOff();
  /** Takes as long to check as one that exists. */
  let nobodys: Promise<string> | undefined;
  const byLogin = (login: string): Row | undefined =>
    database.prepare(`SELECT ${COLUMNS} FROM account WHERE login = ?`).get(normalLogin(login)) as Row | undefined;
  const known = (login: string): Row => {
    const row = byLogin(login);
    if (row === undefined)
      throw new LedgerError('not-found', `There is no account "${login}"; list those that there are.`);
    return row;
  };
  const change = (login: string, what: string, ...values: (string | number | null)[]): Account => {
    const { subject } = known(login);
    database.prepare(`UPDATE account SET ${what} WHERE subject = ?`).run(...values, subject);
    return accountOf(known(login));
  };

  return {
    list: () => (database.prepare(`SELECT ${COLUMNS} FROM account ORDER BY login`).all() as Row[]).map(accountOf),

    add: async ({ login: given, name, roles }) => {
      const login = normalLogin(given);
      const faults = [
        ...(LOGIN_FORM.test(login)
          ? []
          : ['the login needs 1 to 64 of a-z 0-9 . _ @ -, the first a letter or a digit']),
        ...(isName(name) ? [] : [`the name needs 1 to ${MAX_NAME_LENGTH} characters in one line`]),
        ...rolesFaults(roles),
      ];
      if (faults.length > 0) throw new LedgerError('bad-request', `This makes no account: ${faults.join('; ')}.`);
      const password = newPassword();
      const hashed = await hashOfPassword(password);
      const { count } = database.prepare('SELECT count(*) AS count FROM account').get() as { count: number };
      if (count >= MAX_ACCOUNTS)
        throw new LedgerError('conflict', `There are ${MAX_ACCOUNTS} accounts already; use an identity provider.`);
      const { changes } = database
        .prepare(
          `INSERT INTO account (subject, login, name, roles, password, must_change, generation, made_at)
            VALUES (?, ?, ?, ?, ?, 1, 1, ?) ON CONFLICT DO NOTHING`,
        )
        .run(randomUUID(), login, name.trim(), JSON.stringify(roles), hashed, Date.now());
      if (changes === 0) throw new LedgerError('conflict', `The login "${login}" is taken; choose another.`);
      return { account: accountOf(known(login)), password };
    },

    setRoles: (login, roles) => {
      const faults = rolesFaults(roles);
      if (faults.length > 0) throw new LedgerError('bad-request', `The roles stay as they are: ${faults.join('; ')}.`);
      return change(login, 'roles = ?', JSON.stringify(roles));
    },

    setDisabled: (login, isDisabled) =>
      change(login, 'disabled_at = ?, generation = generation + 1', isDisabled ? Date.now() : null),

    resetPassword: async (login) => {
      known(login);
      const password = newPassword();
      const hashed = await hashOfPassword(password);
      change(login, 'password = ?, must_change = 1, generation = generation + 1', hashed);
      return password;
    },

    logIn: async ({ login, password, newOne }) => {
      const attempt = backOff.begin(normalLogin(login));
      const row = byLogin(login);
      const isRight = await isPassword(password, row?.password ?? (await (nobodys ??= hashOfPassword(newPassword()))));
      if (row === undefined || !isRight || row.disabled_at !== null)
        throw new LedgerError('unauthenticated', 'The name or the password is wrong, or the account is disabled.');
      attempt.succeeded();
      if (row.must_change === 0) return { kind: 'in', account: accountOf(row) };
      if (newOne === undefined || newOne === '') return { kind: 'must-change' };
      const fault = passwordFault(newOne, { login: row.login, before: password });
      if (fault !== undefined) return { kind: 'must-change', fault };
      const hashed = await hashOfPassword(newOne);
      const account = change(login, 'password = ?, must_change = 0, generation = generation + 1', hashed);
      return { kind: 'in', account };
    },

    claimsOf: (subject) => {
      const row = database.prepare(`SELECT ${COLUMNS} FROM account WHERE subject = ?`).get(subject) as Row | undefined;
      if (row === undefined || row.disabled_at !== null) return undefined;
      const { name, login, generation } = row;
      return { sub: subject, name, preferred_username: login, roles: JSON.parse(row.roles) as string[], generation };
    },
  };
}

const normalLogin = (login: string): string => login.normalize('NFKC').trim().toLowerCase().slice(0, 100);

const isName = (name: string): boolean =>
  name.trim() !== '' && name.length <= MAX_NAME_LENGTH && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name);

function rolesFaults(roles: readonly string[]): string[] {
  if (roles.length === 0 || roles.length > MAX_ROLES) return [`it needs 1 to ${MAX_ROLES} roles`];
  return roles.filter((role) => !ROLE_FORM.test(role)).map((role) => `"${role}" is no name of a role`);
}

function accountOf(row: Row): Account {
  const { subject, login, name } = row;
  const roles = JSON.parse(row.roles) as string[];
  return { subject, login, name, roles, mustChange: row.must_change === 1, isDisabled: row.disabled_at !== null };
}
