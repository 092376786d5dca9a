/** Where a browser begins to log in with the provider. */
export const LOGIN_PATH = '/login/oidc';
/** Where the provider sends it back to. */
export const CALLBACK_PATH = `${LOGIN_PATH}/callback`;
