import { access, constants, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { requirePrivate } from '../base/require-private.js';
import type { Config } from '../config.js';
import type { Check } from './finding.js';

/** Files of DATA_DIR that whoever reads them can be this site with. */
const SECRETS = [
  'local.token',
  'consortium.key',
  'site.key',
  'governor.key',
  'accounts.keys',
  'access.sqlite',
  'accounts.sqlite',
  'keys',
];

/** Whether files with secrets are there, this user may read them, and nobody else. */
export function privateFiles(config: Config): Check {
  return {
    name: 'file modes',
    look: async ({ ok, fault }) => {
      const { DATA_DIR, CONSORTIUM_KEY_FILE, SITE_KEYSTORE_FILE, SITE_PASSWORD_FILE, CATALOG_PASSWORD_FILE } = config;
      const { TLS_KEY_FILE, OIDC_CLIENT_SECRET_FILE, KEY_PASSPHRASE_FILE, ACCESS_FILE } = config;
      const named = { CONSORTIUM_KEY_FILE, SITE_KEYSTORE_FILE, SITE_PASSWORD_FILE, CATALOG_PASSWORD_FILE, TLS_KEY_FILE, OIDC_CLIENT_SECRET_FILE, KEY_PASSPHRASE_FILE }; // prettier-ignore
      let count = 0;
      for (const [name, file] of Object.entries({ ...named, ACCESS_FILE })) {
        if (file === undefined) continue;
        count++;
        await access(file, constants.R_OK).catch((error: NodeJS.ErrnoException) =>
          fault(
            `${name} "${file}" cannot be read (${error.code}).`,
            `Correct ${name}, or give the server's user the file.`,
          ),
        );
      }
      const own = await readdir(DATA_DIR).catch((): string[] => []);
      const inside = SECRETS.filter((name) => own.includes(name)).map((name) => [name, path.join(DATA_DIR, name)]);
      const secret: Record<string, string | undefined> = {
        DATA_DIR,
        ...named,
        ...(Object.fromEntries(inside) as Record<string, string>),
      };
      const faults = await Promise.all(
        Object.entries(secret).map(async ([name, file]) =>
          requirePrivate({ [name]: file }).then(
            () => [],
            (error: Error) => [error.message],
          ),
        ),
      );
      for (const message of faults.flat()) {
        const [says = message, command = ''] = message.split(' Run: ');
        fault(says, `Run: ${command}`);
      }
      const roles = ACCESS_FILE === undefined ? undefined : await stat(ACCESS_FILE).catch(() => undefined);
      if (roles && (roles.mode & 0o022) !== 0)
        fault(`Others may change ACCESS_FILE "${ACCESS_FILE}" and give themselves any role.`, `Run: chmod go-w ${ACCESS_FILE}`); // prettier-ignore
      if (faults.flat().length === 0) ok(`DATA_DIR and ${inside.length + count} files are for this user alone.`);
    },
  };
}
