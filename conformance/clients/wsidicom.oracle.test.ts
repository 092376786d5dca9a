import { describePythonClient } from '../testing/python-client.js';

describePythonClient('wsidicom', {
  script: 'wsidicom-client.py',
  checks: {
    store: 6,
    read_regions: 56,
    read_tiles: 42,
    read_other_syntaxes: 27,
    refuse_other_syntaxes_of_ybr_full_422: 4,
    read_label_and_thumbnail: 18,
  },
});
