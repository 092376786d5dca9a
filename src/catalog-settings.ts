import { file, setting, text } from './base/setting.js';

/** Where the catalogue is, for sites that have it elsewhere than in `DATA_DIR`. */
export const CATALOG_SETTINGS = {
  CATALOG_URL: setting(
    text,
    undefined,
    'URL',
    'A PostgreSQL database for the catalogue, as postgres://user@host:5432/database: for sites that run several servers. Unset, it is a file in DATA_DIR.',
  ),
  CATALOG_PASSWORD_FILE: setting(file, undefined, 'file', 'Password of the user in CATALOG_URL: the first line.'),
};
