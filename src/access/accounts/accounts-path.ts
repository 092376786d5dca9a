/** Where the provider of the accounts lies, below the URL of this server: its issuer is both together. */
export const ACCOUNTS_PATH = '/accounts';

/** Of the page on which people write their password; the id of the login follows. */
export const PASSWORD_PATH = '/login/password';

/** This server itself, among those whose people log in by its accounts. */
export const OWN_CLIENT = 'dicom-ledger';
