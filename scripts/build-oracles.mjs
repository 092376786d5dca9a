// Prints the path of a Python that has pydicom, its decoders, and DICOMweb clients: $ORACLE_PYTHON, else one in the cache, else one that is made there.
import { pythonEnvironment } from './python-environment.mjs';

const packages = [
  'dicomtrolley==4.1.0',
  'dicomweb-client==0.61.2',
  'highdicom==0.28.2',
  'imagecodecs==2026.3.6',
  'numpy==2.4.6',
  'openapi-spec-validator==0.9.0',
  'pillow==13.0.0',
  'pydicom==3.0.2',
  'pyjpegls==1.5.1',
  'pylibjpeg==2.1.0',
  'pylibjpeg-libjpeg==2.5.0',
  'pylibjpeg-openjpeg==2.6.0',
  'python-gdcm==3.2.6',
  'wsidicom==0.36.1',
];
try {
  console.log(process.env.ORACLE_PYTHON || pythonEnvironment('oracles-3', packages));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
