import { describe } from '@jest/globals';
import { additionsSuite } from '../testing/additions-suite.js';
import { catalogSuite } from '../testing/catalog-suite.js';
import { descriptionSuite } from '../testing/description-suite.js';
import { identitySuite } from '../testing/identity-suite.js';
import { ALL_SUITES, postgresForSuite } from '../testing/postgres-for-suite.js';
import { projectionSuite } from '../testing/projection-suite.js';
import { projectionVersionSuite } from '../testing/projection-version-suite.js';
import { quarantineSuite } from '../testing/quarantine-suite.js';
import { dismissalSuite } from '../testing/dismissal-suite.js';
import { lockedSuite } from '../testing/locked-suite.js';
import { ringSuite } from '../testing/ring-suite.js';
import { invitationSuite } from '../testing/invitation-suite.js';
import { issuerSuite } from '../testing/issuer-suite.js';
import { studyKeySuite } from '../testing/study-key-suite.js';
import { readingSuite } from '../testing/reading-suite.js';
import { retirementSuite } from '../testing/retirement-suite.js';
import { runSuites } from '../testing/run-suites.js';

describe('catalog on PostgreSQL', () => {
  const open = postgresForSuite();
  runSuites(open, {
    catalogSuite,
    projectionSuite,
    retirementSuite,
    projectionVersionSuite: () =>
      projectionVersionSuite(open, {
        makeAnother: (name) =>
          open.server().run("UPDATE catalog.projection_version SET version = 'another'", open.urlOf(name)),
      }),
  });
  if (!ALL_SUITES) return;
  runSuites(open, {
    readingSuite,
    lockedSuite,
    dismissalSuite,
    issuerSuite,
    invitationSuite,
    ringSuite,
    studyKeySuite,
    descriptionSuite,
    identitySuite,
    additionsSuite,
    quarantineSuite,
  });
});
