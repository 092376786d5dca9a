import type { RequestHandler } from 'express';
import { ACCOUNTS_PATH, OWN_CLIENT, PASSWORD_PATH } from '../../access/accounts/accounts-path.js';
import type { OpenAccounts } from '../../access/accounts/open-accounts.js';
import type { Access } from '../../access/open-access.js';
import { LedgerError } from '../../base/errors.js';
import { principalOf } from '../authorize.js';
import { routesOf, type Route } from '../route.js';
import { sendAccountsPage } from './accounts-page.js';
import { sendPasswordPage, type PasswordPage } from './password-page.js';
import { readFields, textsOf } from './read-fields.js';

const PEOPLE = '/access/accounts';

/** The rows of local accounts: their OpenID provider, the page to write a password on, and the managing of people. */
export function accountRoutes({ accounts: given }: Access['identity']): Route[] {
  const open = (): OpenAccounts => {
    if (given !== undefined) return given;
    throw new LedgerError('not-found', 'This server has no accounts; the operator can start it with --accounts.');
  };

  const showPassword: RequestHandler = async (request, response) => {
    const { clientId } = await open().provider().loginUnderWay(request, response);
    sendPasswordPage(response, { clientId: foreign(clientId) });
  };

  const takePassword: RequestHandler = async (request, response) => {
    const provider = open().provider();
    const { clientId } = await provider.loginUnderWay(request, response);
    const { values } = await readFields(request, response);
    const [login = '', password = '', newOne] = ['login', 'password', 'new'].map((name) => textOf(values[name]));
    const again = (page: PasswordPage, status: number): void => {
      response.status(status);
      sendPasswordPage(response, { clientId: foreign(clientId), login: login.slice(0, 100), ...page });
    };
    try {
      const outcome = await open().accounts.logIn({ login, password, newOne });
      if (outcome.kind === 'must-change') return again({ mustChange: true, fault: outcome.fault }, 200);
      const location = await provider.finishLogin(request, response, outcome.account);
      response.setHeader('Cache-Control', 'no-store');
      response.redirect(303, location);
    } catch (error) {
      if (!(error instanceof LedgerError) || !['unauthenticated', 'too-many-requests'].includes(error.code))
        throw error;
      const isTooOften = error.code === 'too-many-requests';
      if (isTooOften) response.setHeader('Retry-After', Number(error.details['retryAfterS'] ?? 5));
      again({ fault: error.message, mustChange: values['new'] !== undefined }, isTooOften ? 429 : 403);
    }
  };

  const listPeople: RequestHandler = (request, response) => {
    const entries = open().accounts.list();
    response.setHeader('Cache-Control', 'no-store');
    if (request.accepts(['application/json', 'text/html']) === 'text/html')
      sendAccountsPage(response, { entries, principal: principalOf(response) });
    else response.json(entries);
  };

  const addPerson: RequestHandler = async (request, response) => {
    const { values, isForm } = await readFields(request, response);
    const { accounts } = open();
    const { login, name, roles } = values;
    const made = await accounts.add({
      login: textOf(login) ?? '',
      name: textOf(name) ?? textOf(login) ?? '',
      roles: textsOf(roles) ?? [],
    });
    response.status(201);
    response.setHeader('Cache-Control', 'no-store');
    if (!isForm) response.json({ ...made.account, password: made.password });
    else sendAccountsPage(response, { entries: accounts.list(), principal: principalOf(response), made });
  };

  /** `roles`, `disabled` (yes or no) or `password` (`new`). */
  const changePerson: RequestHandler = async (request, response) => {
    const { values, isForm } = await readFields(request, response);
    const { accounts } = open();
    const login = String(request.params['login']);
    const { roles, disabled, password } = values;
    const isDisabled = { yes: true, no: false, true: true, false: false }[String(disabled)];
    if (roles !== undefined) accounts.setRoles(login, textsOf(roles) ?? []);
    else if (isDisabled !== undefined) accounts.setDisabled(login, isDisabled);
    else if (password !== 'new')
      throw new LedgerError('bad-request', 'Say "roles", "disabled": "yes" or "no", or "password": "new".');
    const fresh = password === 'new' ? await accounts.resetPassword(login) : undefined;
    const entries = accounts.list();
    const account = entries.find((one) => one.login === login)!;
    const made = fresh === undefined ? undefined : { account, password: fresh };
    response.setHeader('Cache-Control', 'no-store');
    if (isForm) sendAccountsPage(response, { entries, principal: principalOf(response), made });
    else response.json({ ...account, ...(fresh !== undefined && { password: fresh }) });
  };

  return [
    ...routesOf({ service: 'OpenID provider of the accounts', permission: 'public', writes: false, audit: 'none' }, [
      ['ANY', `${ACCOUNTS_PATH}{/*rest}`, (request, response) => open().provider().answer(request, response)],
      ['GET', `${PASSWORD_PATH}/:login`, showPassword],
      ['POST', `${PASSWORD_PATH}/:login`, takePassword],
    ]),
    ...routesOf({ service: 'Accounts of people', permission: 'admin', writes: false, audit: 'none' }, [
      ['GET', PEOPLE, listPeople],
    ]),
    ...routesOf({ service: 'Accounts of people', permission: 'admin', writes: false, audit: 'security' }, [
      ['POST', PEOPLE, addPerson],
      ['POST', `${PEOPLE}/:login`, changePerson],
    ]),
  ];
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const foreign = (clientId: string): string | undefined => (clientId === OWN_CLIENT ? undefined : clientId);
