import type {
  ArchiveSite,
  QuarantinedAnnouncement,
  RetiredHour,
  ReviewCounts,
  UidConflict,
} from '../../archive/archive.js';
import { siteName } from '../message/archive-of-site.js';
import { queryOf } from '../message/dicomweb-root.js';
import { html, type Html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';
import { table } from '../pages/table.js';
import { timeOf } from '../pages/time-of.js';
import type { Answer } from '../route.js';
import { conflictPageOf, pageOf, quarantinePageOf } from './page-of.js';
import { REASONS } from './reasons.js';
import { reviewOf } from './review-of.js';
import { searchPath } from './send-quarantine.js';

const ROWS = 50;

type Sites = readonly ArchiveSite[];

/** The page on which an admin sees what other sites announce that is not simply taken, and decides on it. */
export const showQuarantine: Answer = async (archive, { request, response, caller }) => {
  const review = reviewOf(archive, caller);
  const query = queryOf(request);
  const [sites, counts, images, hours, conflicts] = await Promise.all([
    archive.sites(),
    review.counts(),
    review.quarantined({ ...quarantinePageOf(query), limit: ROWS + 1 }),
    review.massRetirements(),
    review.conflicts({ ...conflictPageOf(query), limit: ROWS + 1 }),
  ]);
  sendPage(response, {
    title: 'Quarantine',
    principal: caller,
    body: html`<h1>Quarantine</h1>
      <p>What other sites announce is read and checked here before it is shown as theirs.</p>
      ${backlog(counts)} ${quarantine(images, sites)} ${retirements(hours, sites)} ${sameUids(conflicts, sites)}`,
  });
};

function backlog({ waiting, unverified }: ReviewCounts): Html {
  return html`<section aria-labelledby="backlog">
    <h2 id="backlog">Still to be looked at</h2>
    <dl class="facts">
      <dt>Wait to be read</dt>
      <dd>${countOf(waiting, 'announcement')}</dd>
      <dt>Not verified yet</dt>
      <dd>${countOf(unverified, 'image')} of other sites</dd>
    </dl>
  </section>`;
}

function quarantine(rows: readonly QuarantinedAnnouncement[], sites: Sites): Html {
  const { page, last } = pageOf(rows, ROWS);
  return html`<section aria-labelledby="images">
    <h2 id="images">Kept from all answers</h2>
    ${table(
      ['Announced', 'Site', 'Why', 'State', 'Study', ''],
      page.map((row) => [
        timeOf(row.announcedAt * 1000),
        siteOf(row.siteId, sites),
        html`${REASONS[row.reason]}<br /><small class="quiet">${row.detail}</small>`,
        row.state,
        row.StudyInstanceUID === undefined
          ? html`<span class="quiet">unknown</span>`
          : html`<code>${row.StudyInstanceUID}</code>`,
        html`${row.isRefused && html`<p class="quiet">Refused: it stays here.</p>`}
        ${decision(`/ledger/quarantine/${row.contentKey}`, row.isRefused ? ['release'] : ['release', 'refuse'])}`,
      ]),
      'Nothing is in quarantine.',
    )}
    ${last && further('/quarantine', { before: String(last.id) })}
  </section>`;
}

function retirements(hours: readonly RetiredHour[], sites: Sites): Html {
  return html`<section aria-labelledby="retirements">
    <h2 id="retirements">Many retirements in one hour</h2>
    ${table(
      ['Hour', 'Site', 'Images', 'Effect here', ''],
      hours
        .slice(0, ROWS)
        .map(({ siteId, hour, count, decision: decided }) => [
          timeOf(hour * 1000),
          siteOf(siteId, sites),
          count.toLocaleString('en-GB'),
          EFFECT[decided],
          decision(`/ledger/retirements/${siteId}/${hour}`, CHOICES[decided]),
        ]),
      'No site has retired many images at once.',
    )}
  </section>`;
}

function sameUids(rows: readonly UidConflict[], sites: Sites): Html {
  const { page, last } = pageOf(rows, ROWS);
  return html`<section aria-labelledby="conflicts">
    <h2 id="conflicts">One UID at several sites</h2>
    ${table(
      ['UID', 'Level', 'Shown', 'Shadowed'],
      page.map(({ level, uid, sites: having }) => {
        const links = (isShown: boolean): Html[] =>
          having
            .filter((one) => one.isShown === isShown)
            .map(
              ({ siteId, instanceCount, isAddition }) =>
                html`<a href="${searchPath(siteId, { level, uid })}">${siteOf(siteId, sites)}</a>:
                  ${countOf(instanceCount, 'image')}${isAddition ? ', added to what is shown' : ''}<br />`,
            );
        return [html`<code>${uid}</code>`, level, html`${links(true)}`, html`${links(false)}`];
      }),
      'No two sites have one UID.',
    )}
    ${last && further('/quarantine', { after: `${last.level}:${last.uid}` })}
  </section>`;
}

const EFFECT: Record<RetiredHour['decision'], string> = {
  held: 'held: the images are still shown',
  accepted: 'accepted: the images are gone',
  refused: 'refused: the images stay',
};

type Verb = 'release' | 'accept' | 'refuse';

/** Whoever has accepted may refuse later, and the other way round. */
const CHOICES: Record<RetiredHour['decision'], readonly Verb[]> = {
  held: ['accept', 'refuse'],
  accepted: ['refuse'],
  refused: ['accept'],
};

const NAMES: Record<Verb, string> = { release: 'Release', accept: 'Accept', refuse: 'Refuse' };

function decision(path: string, verbs: readonly Verb[]): Html {
  return html`<div class="choices">
    ${verbs.map((verb) => html`<form method="post" action="${path}/${verb}"><button>${NAMES[verb]}</button></form>`)}
  </div>`;
}

function further(path: string, place: Record<string, string>): Html {
  return html`<p><a class="button" href="${path}?${new URLSearchParams(place).toString()}">Further ones</a></p>`;
}

function siteOf(siteId: number, sites: Sites): string {
  const name = siteName(sites, siteId);
  return name === '' ? `site ${siteId}` : `${name} (site ${siteId})`;
}

function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en-GB')} ${noun}${count === 1 ? '' : 's'}`;
}
