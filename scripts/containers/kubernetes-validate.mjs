import path from 'node:path';
import { pythonEnvironment } from '../python-environment.mjs';

const VERSION = '1.37.0';

/** The folder of programs with kubernetes-validate, which brings Kubernetes' schemas along, and a Python that reads YAML. */
export function kubernetesValidate() {
  return path.dirname(pythonEnvironment(`kubernetes-validate-${VERSION}`, [`kubernetes-validate==${VERSION}`]));
}
