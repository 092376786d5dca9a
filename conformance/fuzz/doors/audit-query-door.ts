import { anEvent, auditBed } from '../../../src/audit/testing/audit-bed.js';
import { readAuditQuery } from '../../../src/http/audit/read-audit-query.js';
import type { Choices } from '../choices.js';
import type { Door } from '../door.js';
import { requireThat, throwsOnly } from '../find.js';
import { randomText, withoutSurrogates } from '../random-text.js';

const NAMES = (
  'date type subtype action outcome address agent agent.identifier agent-name patient patient.identifier entity ' +
  'entity.identifier study _count _before _format __proto__ constructor'
).split(' ');

const VALUES = (
  'ge2026-01-01 lt2027 2026-11-27T10:00:00Z ge2026-02-30 eq2026-13 110103 110112,110113 http://dicom.nema.org|110103 | |1.2.3 ' +
  'https://idp.example|u1 urn:oid:1.2.3 1.2.3 R C,R,U,D,E 0 0,4,8,12 -1 1 1000 999999999999999 1e9 192.0.2.7 Ada %'
).split(' ');

const EVENTS = 300;
const MAX_COUNT = 1_000;

/** Parameters of ITI-81, read as the route reads them and looked for in an audit. */
export async function openAuditQueryDoor(): Promise<Door> {
  const bed = auditBed();
  const audit = await bed.open();
  for (let n = 0; n < EVENTS; n++) await audit.record(anEvent({ subject: { StudyInstanceUID: `1.2.${n}` } }));
  return {
    make: (random) => ({ label: 'parameters', bytes: Buffer.from(randomParameters(random), 'latin1') }),
    run: async ({ bytes }) => {
      const parameters = new URLSearchParams(bytes.toString('latin1'));
      const query = await throwsOnly(['bad-request'], () => readAuditQuery(parameters));
      if (!query) return;
      const page = audit.search(query);
      JSON.stringify(page);
      requireThat(page.rows.length <= MAX_COUNT, `${page.rows.length} events came back.`);
    },
    close: async () => {
      await audit.close();
      bed.remove();
    },
  };
}

function randomParameters(random: Choices): string {
  const one = (): string => {
    const name = random.once(10) ? randomText(random, 80) : random.pick(NAMES);
    const value = random.once(3) ? randomText(random, 300) : random.pick(VALUES);
    return `${encodeURIComponent(withoutSurrogates(name))}=${encodeURIComponent(withoutSurrogates(value))}`;
  };
  return Array.from({ length: random.whole(1, 6) }, one).join('&');
}
