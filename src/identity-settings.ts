import { file, list, oneOf, setting, text, url } from './base/setting.js';

/** As it stands in tokens, a slash at the end included. */
const issuer = (value: string): string => {
  const isLocal = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(`${value}/`);
  if (!URL.canParse(value) || !(value.startsWith('https://') || isLocal))
    throw new Error('is not an https URL; http is for providers of this machine alone');
  return value;
};

/** The settings of who says who people are: an OpenID provider, or the accounts of this server. */
export const IDENTITY_SETTINGS = {
  OIDC_ISSUER: setting(
    issuer,
    undefined,
    'URL',
    'The OpenID provider whose people log in here; its discovery document lies below /.well-known/.',
  ),
  OIDC_CLIENT_ID: setting(
    text,
    undefined,
    'text',
    'Of this server at the provider, for logins with a browser; their callback is PUBLIC_URL/login/oidc/callback.',
  ),
  OIDC_CLIENT_SECRET_FILE: setting(
    file,
    undefined,
    'file',
    'Secret of OIDC_CLIENT_ID: the first line; unset for a public client.',
  ),
  OIDC_SCOPE: setting(text, 'openid profile', 'scopes', 'What is asked for at a login, with a space between them.'),
  OIDC_AUDIENCE: setting(
    text,
    undefined,
    'text',
    'What "aud" has in access tokens that are for this server; unset, no bearer token of the provider is taken.',
  ),
  ACCOUNTS: setting(
    oneOf('on', 'off'),
    'off',
    'word',
    'Whether people log in by accounts of this server, for sites without a provider; "npm start -- --accounts" sets it.',
  ),
  ACCOUNTS_VIEWERS: setting(
    (value) => list(value).map(url),
    '',
    'list of URLs',
    'Where viewers elsewhere are sent back to after a login by the accounts, as OHIF\'s "https://viewer.example/callback".',
  ),
} as const;

interface IdentityConfig {
  OIDC_ISSUER: string | undefined;
  OIDC_CLIENT_ID: string | undefined;
  OIDC_CLIENT_SECRET_FILE: string | undefined;
  OIDC_SCOPE: string;
  OIDC_AUDIENCE: string | undefined;
  ACCOUNTS: 'on' | 'off';
  TLS_CERT_FILE: string | undefined;
  PUBLIC_URL: string | undefined;
}

/** What does not go together, each as half a sentence. */
export function identityFaults(config: IdentityConfig): string[] {
  const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET_FILE, OIDC_SCOPE, OIDC_AUDIENCE, ACCOUNTS } = config;
  const logsIn = ACCOUNTS === 'on' || OIDC_CLIENT_ID !== undefined;
  const faults: [boolean, string][] = [
    [ACCOUNTS === 'on' && OIDC_ISSUER !== undefined, 'ACCOUNTS and OIDC_ISSUER are both set: one says who people are'],
    [
      OIDC_ISSUER !== undefined && OIDC_CLIENT_ID === undefined && OIDC_AUDIENCE === undefined,
      'OIDC_CLIENT_ID and OIDC_AUDIENCE are unset: OIDC_ISSUER needs the first for logins, the second for bearer tokens',
    ],
    [
      OIDC_ISSUER === undefined && (OIDC_CLIENT_ID ?? OIDC_AUDIENCE ?? OIDC_CLIENT_SECRET_FILE) !== undefined,
      'OIDC_ISSUER is unset: the other settings of OIDC need it',
    ],
    [
      OIDC_AUDIENCE !== undefined && OIDC_AUDIENCE === OIDC_CLIENT_ID,
      'OIDC_AUDIENCE is OIDC_CLIENT_ID: ID tokens would pass for access tokens',
    ],
    [!OIDC_SCOPE.split(' ').includes('openid'), `OIDC_SCOPE="${OIDC_SCOPE}" has no "openid"`],
    [
      logsIn && config.TLS_CERT_FILE !== undefined && config.PUBLIC_URL === undefined,
      'PUBLIC_URL is unset: logins need the URL that browsers use',
    ],
  ];
  return faults.filter(([isSo]) => isSo).map(([, sentence]) => sentence);
}
