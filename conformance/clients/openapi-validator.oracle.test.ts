import { describePythonClient } from '../testing/python-client.js';

describePythonClient('openapi-spec-validator', {
  script: 'openapi-validator.py',
  checks: { document_is_valid: 4, damage_is_found: 4 },
});
