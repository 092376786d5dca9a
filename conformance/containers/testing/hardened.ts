import { podman, tryPodman } from './engine.js';

/** How an operator starts a container: it can write to its volumes and /tmp alone, has no capability, and gets none. */
export const HARDENED = [
  ...['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  // With a read-only root, podman 4 has no place for secrets otherwise.
  ...['--tmpfs', '/run/secrets'],
];

/** Files as secrets of Podman, from their paths on this machine by the names that they get in /run/secrets. */
export interface Secrets {
  /** Of `podman run`: the server's user alone reads them, unless another mode is given. */
  options(mode?: string): string[];
  remove(): Promise<void>;
}

/** Makes them; their names in Podman begin with `prefix`. */
export async function makeSecrets(prefix: string, files: Record<string, string>): Promise<Secrets> {
  const names = Object.fromEntries(Object.keys(files).map((target) => [target, `${prefix}-${target}`]));
  for (const [target, name] of Object.entries(names)) {
    await tryPodman('secret', 'rm', name);
    await podman('secret', 'create', name, files[target]!);
  }
  return {
    options: (mode = '0400') =>
      Object.entries(names).flatMap(([target, name]) => [
        '--secret',
        `${name},target=${target},uid=1000,gid=1000,mode=${mode}`,
      ]),
    remove: async () => {
      await podman('secret', 'rm', ...Object.values(names));
    },
  };
}
