import type { RequestHandler } from 'express';
import type { RingReader, SharedRing, Sharing, SharingReport } from '../../archive/sharing/sharing.js';
import { principalOf } from '../authorize.js';
import { html, type Html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';
import { table } from '../pages/table.js';
import { timeOf } from '../pages/time-of.js';
import { sharingFor } from './sharing-for.js';

/** So many rows are shown; programs get all (`GET /ledger/sharing`). */
const ROWS = 500;

/** The page on which an admin sees who can read what, since when, by whom allowed, and what this site can read of others. */
export const showSharing =
  (sharing: Sharing): RequestHandler =>
  async (request, response) => {
    const { report, StudyInstanceUID } = await sharingFor(sharing, { request, response });
    sendPage(response, {
      title: 'Sharing',
      principal: principalOf(response),
      body: html`<h1>Sharing</h1>
        <p>
          What is stored here can be read by this site, and by those that are named below. It cannot be taken back from
          whoever has the keys.
        </p>
        ${fromNowOn(report)} ${ofThisSite(report, StudyInstanceUID)}
        ${StudyInstanceUID === undefined && ofOthers(report)}`,
    });
  };

function fromNowOn({ share, own, siteId, siteName }: SharingReport): Html {
  const names = (sites: readonly number[]): string =>
    sites.length === 0 ? 'no other site' : sites.map((site) => `site ${site}`).join(', ');
  const written = own.find(({ isWrittenTo }) => isWrittenTo);
  const readers = written?.readers.filter(({ studyKey }) => studyKey === undefined) ?? [];
  return html`<section aria-labelledby="now">
    <h2 id="now">What is stored now</h2>
    <dl class="facts">
      <dt>This site</dt>
      <dd>${siteOf({ siteId, siteName })}</dd>
      ${
        written &&
        html`<dt>Can be read by</dt>
          <dd>${readers.length === 0 ? 'this site alone' : readers.map(siteOf).join(', ')}</dd>`
      }
      <dt>To be read by</dt>
      <dd>${share ? `${names(share.audience)} (SHARE)` : 'not known yet: the server has just started'}</dd>
      ${
        share &&
        share.awaited.length > 0 &&
        html`<dt>Awaited</dt>
          <dd>${names(share.awaited)}: until the keys are acknowledged, what is stored is not for them</dd>`
      }
      ${
        share &&
        share.notAdmitted.length > 0 &&
        html`<dt>Not admitted</dt>
          <dd>${names(share.notAdmitted)}: nothing is stored for them</dd>`
      }
    </dl>
  </section>`;
}

function ofThisSite({ own }: SharingReport, StudyInstanceUID: string | undefined): Html {
  const rows = own.flatMap((ring) => rowsOf(ring));
  return html`<section aria-labelledby="own">
    <h2 id="own">${StudyInstanceUID === undefined ? 'Who can read this site' : 'Who can read this study'}</h2>
    <form method="get" action="/sharing" class="fields" autocomplete="off" role="search">
      <label
        >Study Instance UID
        <input name="StudyInstanceUID" value="${StudyInstanceUID ?? ''}" maxlength="64" spellcheck="false"
      /></label>
      <button>Show</button>
    </form>
    ${table(['Ring', 'Site', 'What', 'Since', 'Allowed by', 'Keys there'], rows.slice(0, ROWS), 'There is no ring yet.')}
    ${cut(rows)}
  </section>`;
}

function rowsOf(ring: SharedRing): (Html | string)[][] {
  const said = html`<code>${ring.ringId.slice(2, 10)}…</code><br /><small class="quiet"
      >opened ${timeOf(ring.openedAt)}${ring.isWrittenTo ? ', written to' : ''}</small
    >`;
  if (ring.readers.length === 0) return [[said, 'this site alone', '', '', '', '']];
  return ring.readers.map((reader) => [
    said,
    siteOf(reader),
    whatOf(reader),
    timeOf(reader.sharedAt),
    html`${reader.allowedBy ?? ''}<br /><small class="quiet"><code>${reader.sharedBy}</code></small>`,
    reader.acknowledgedAt === undefined ? 'not yet' : html`since ${timeOf(reader.acknowledgedAt)}`,
  ]);
}

function ofOthers({ others }: SharingReport): Html {
  const rows = others.flatMap((ring) => {
    const shares = ring.readers.length === 0 ? [undefined] : ring.readers;
    return shares.map((share) => [
      siteOf(ring),
      html`<code>${ring.ringId.slice(2, 10)}…</code>`,
      share ? whatOf(share) : 'kept for that site',
      share ? timeOf(share.sharedAt) : '',
      HELD[ring.held],
    ]);
  });
  return html`<section aria-labelledby="others">
    <h2 id="others">What this site can read of others</h2>
    ${table(['Site', 'Ring', 'What', 'Since', 'Keys here'], rows.slice(0, ROWS), 'No other site shares with this one.')}
    ${cut(rows)}
  </section>`;
}

const HELD: Record<SharedRing['held'], string> = {
  all: 'all',
  parts: 'parts of the ring',
  nothing: 'not yet: a letter is awaited',
};

function whatOf({ studyKey, StudyInstanceUID, mayAdd }: RingReader): Html {
  if (studyKey === undefined) return html`all`;
  const study = StudyInstanceUID ?? `of number ${studyKey}`;
  return html`study <code>${study}</code>${mayAdd ? ', may add to it' : ''}`;
}

function siteOf({ siteId, siteName }: { siteId: number; siteName: string }): string {
  return siteName === '' || siteName === `site ${siteId}` ? `site ${siteId}` : `${siteName} (site ${siteId})`;
}

function cut(rows: readonly unknown[]): Html | false {
  return rows.length > ROWS && html`<p class="quiet">The first ${ROWS} of ${rows.length} rows; "dicom-ledger share list" gives all.</p>`; // prettier-ignore
}
