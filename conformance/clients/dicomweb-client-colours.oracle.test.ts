import { describePythonClient, filesForPydicom } from '../testing/python-client.js';

describePythonClient('Pictures that pydicom makes of metadata and decoded frames', {
  script: 'dicomweb-client-colours.py',
  parameters: () => filesForPydicom().filter((file) => !/(RG2|SC1)_UNC/.test(file)),
  checks: { sample_files: 70, rgb: 8, ybr_full: 4, ybr_full_422: 1, palette: 6, gray_of_other_depths: 3 },
});
