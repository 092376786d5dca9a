import { stat } from 'node:fs/promises';
import { LedgerError } from './errors.js';

const GROUP_AND_OTHERS = 0o077;

/** Where systemd shows a service its credentials, and nobody else (systemd.exec(5), `LoadCredential=`). */
const CREDENTIALS_FOLDER = '/run/credentials';

/**
 * Throws `misconfigured`, with the command to run, when other users of the machine may do anything with one of `paths`: files and
 * folders by the name of their setting. What is unset or not there is passed over, and so are credentials of systemd: it lets the
 * service in by an ACL, whose mask `stat` shows as rights of the group.
 */
export async function requirePrivate(
  paths: Record<string, string | undefined>,
  { credentialsFolder = CREDENTIALS_FOLDER }: { credentialsFolder?: string } = {},
): Promise<void> {
  const commands: string[] = [];
  const open: string[] = [];
  for (const [name, path] of Object.entries(paths)) {
    if (path?.startsWith(`${credentialsFolder}/`)) continue;
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (path === undefined || found === undefined || (found.mode & GROUP_AND_OTHERS) === 0) continue;
    open.push(`${name} "${path}" (mode ${(found.mode & 0o777).toString(8).padStart(3, '0')})`);
    commands.push(`chmod ${found.isDirectory() ? '-R ' : ''}go= ${quoted(path)}`);
  }
  if (open.length > 0)
    throw new LedgerError(
      'misconfigured',
      `Other users of this machine have access to ${open.join(', ')}. Run: ${commands.join(' && ')}`,
    );
}

/** As one word of a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
