import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Settings of podman and buildah of our own, so that nothing of the machine's is changed or seen: images, volumes and networks lie
 * below `folder`. Returns the environment by which both find them.
 *
 * They work where a machine gives less than usual: raising a limit of processes is not allowed, crun does not take its cgroups,
 * systemd is not there. Without it nobody runs health checks by itself; tests do.
 */
export function engineSettings(folder) {
  const file = (name, lines) => {
    const target = path.join(folder, name);
    writeFileSync(target, `${lines.join('\n')}\n`);
    return target;
  };
  for (const name of ['storage', 'run', 'networks', 'tmp']) mkdirSync(path.join(folder, name), { recursive: true });
  const containers = file('containers.conf', [
    '[containers]',
    'default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]',
    'log_driver = "k8s-file"',
    '[engine]',
    'runtime = "runc"',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    // Others' containers have locks in the shared memory of the machine.
    'lock_type = "file"',
    `tmp_dir = "${folder}/run/libpod"`,
    `image_copy_tmp_dir = "${folder}/tmp"`,
    // There is no registry to ask for Docker's names.
    'compat_api_enforce_docker_hub = false',
    '[network]',
    'network_backend = "netavark"',
    `network_config_dir = "${folder}/networks"`,
  ]);
  const storage = file('storage.conf', [
    '[storage]',
    'driver = "overlay"',
    `graphroot = "${folder}/storage"`,
    `runroot = "${folder}/run/storage"`,
  ]);
  return {
    CONTAINERS_CONF: containers,
    CONTAINERS_STORAGE_CONF: storage,
    DISABLE_HC_SYSTEMD: 'true',
  };
}
