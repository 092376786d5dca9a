import path from 'node:path';
import { projectRoot } from '../src/base/project-root.js';

/** Where reports are committed. */
export const REPORTS_FOLDER = path.join(projectRoot, 'bench', 'reports');

/** Images for tests and benches, which lie beside the project. */
export const SAMPLES_FOLDER = path.join(projectRoot, '..', 'shared', 'data');
