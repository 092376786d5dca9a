import type { RequestHandler, Response } from 'express';
import type { Principal } from '../../access/principal.js';
import type { Archive } from '../../archive/archive.js';
import type { Audit } from '../../audit/audit.js';
import { principalOf } from '../authorize.js';
import { catalogueLag, type NetworkReport } from '../ledger/network-report.js';
import { html, type Html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';
import { table } from '../pages/table.js';
import { timeOf } from '../pages/time-of.js';
import type { Readiness } from './readiness.js';

interface StateParts {
  /** What the caller of an answer may see of the archive: the counts are of that. */
  seenArchive: (response: Response) => Pick<Archive, 'counts'>;
  audit: Pick<Audit, 'lastAnchor'>;
  readiness: () => Promise<Readiness>;
  network: () => Promise<NetworkReport>;
}

/** How the archive is, for people: whether it is ready and what needs somebody, what is in it, and the chain below it. */
export function showState({ seenArchive, audit, readiness, network }: StateParts): RequestHandler {
  return async (_request, response) => {
    const principal = principalOf(response);
    const counts = await seenArchive(response).counts();
    const [ready, report] = await Promise.all([readiness(), network()]);
    sendPage(response, {
      title: 'Archive state',
      principal,
      body: html`<h1>Archive state</h1>
        ${health(ready, report)}
        <section aria-labelledby="content-of">
          <h2 id="content-of">What is in it</h2>
          ${facts(Object.entries(counts).map(([what, count]) => [capital(what), numberOf(count)]))}
          ${principal.sees !== 'everything' && html`<p class="quiet">These are the studies that you see.</p>`}
        </section>
        ${others(report, principal)} ${chain(report)} ${nodes(report)} ${record(audit.lastAnchor)}`,
    });
  };
}

function health({ ready, reasons, warnings }: Readiness, { alarms }: NetworkReport): Html {
  const others = [...reasons, ...warnings].filter((said) => !alarms.some(({ sentence }) => sentence === said));
  return html`<section aria-labelledby="health">
    <h2 id="health">Is it ready?</h2>
    ${
      ready
        ? html`<p class="notice">Yes. Images can be stored and looked at.</p>`
        : html`<p class="fault">No. What follows has to be put right first.</p>`
    }
    ${
      others.length > 0 &&
      html`<ul>
        ${others.map((sentence) => html`<li>${sentence}</li>`)}
      </ul>`
    }
    <h3>What needs somebody</h3>
    ${table(
      ['Alarm', 'What is wrong and what to do', 'Storing'],
      alarms.map(({ code, sentence, stopsStoring }) => [
        html`<code>${code}</code>`,
        sentence,
        stopsStoring ? 'stopped' : 'goes on',
      ]),
      'Nothing.',
    )}
  </section>`;
}

function others({ review }: NetworkReport, { permissions }: Principal): Html {
  const { waiting, locked, unverified, oldestUnverifiedSeconds, quarantined, conflicts, heldRetirements } = review;
  return html`<section aria-labelledby="others">
    <h2 id="others">What other sites announce</h2>
    ${facts([
      ['Waits to be read', numberOf(waiting)],
      ...locked.map(({ siteId, count }) => [`Of site ${siteId}, without a key here`, numberOf(count)] as const),
      ['Not verified yet', numberOf(unverified)],
      ...(unverified > 0
        ? [['Oldest of these sealed', `${numberOf(oldestUnverifiedSeconds)} seconds ago`] as const]
        : []),
      ['In quarantine, undecided', numberOf(quarantined)],
      ['UIDs of several sites', numberOf(conflicts)],
      ['Hours of held retirements', numberOf(heldRetirements)],
    ])}
    ${permissions.has('admin') && html`<p><a href="/quarantine">Look at them and decide</a></p>`}
  </section>`;
}

function chain(report: NetworkReport): Html {
  const { chainId, head, contracts, site, depths, outbox, reverted } = report;
  const [written, ...read] = contracts;
  const lag = catalogueLag(report);
  return html`<section aria-labelledby="chain">
    <h2 id="chain">The chain</h2>
    ${facts([
      ['This site', site.id === 0 ? 'not admitted: nothing can be stored' : `${site.name} (site ${site.id})`],
      ['Number of the chain', String(chainId)],
      ['Newest block', head ? html`${numberOf(head.number)} <code>${head.hash}</code>` : 'unknown'],
      ['Contract', html`<code>${written}</code>`],
      ...read.map((one): Fact => ['Earlier contract, read only', html`<code>${one}</code>`]),
      ['Catalogue', catalogueOf(lag)],
      [
        'Waiting for a block',
        outbox.transactions === 0
          ? 'nothing'
          : `${numberOf(outbox.transactions)} transactions, ${numberOf(outbox.bytes)} of at most ${numberOf(outbox.windowBytes)} bytes`,
      ],
      ['An image is stored', blocks(depths.sealed)],
      ['An image is final', blocks(depths.final)],
      ['Images that the chain refused', `${numberOf(reverted.count)} since the server started`],
    ])}
  </section>`;
}

function nodes({ nodes: all }: NetworkReport): Html {
  return html`<section aria-labelledby="nodes">
    <h2 id="nodes">Nodes</h2>
    ${table(
      ['Node', 'Answers', 'Newest block', 'Wrong bytes given'],
      all.map(({ name, reachable, head, wrongAnswers }) => [
        name,
        reachable ? 'yes' : 'no',
        head ? numberOf(head.number) : 'unknown',
        wrongAnswers === 0 ? 'never' : `${numberOf(wrongAnswers)} times`,
      ]),
      'There is none.',
    )}
  </section>`;
}

function record(anchor: Audit['lastAnchor']): Html {
  return html`<section aria-labelledby="record">
    <h2 id="record">The record of use</h2>
    ${
      anchor
        ? html`<p>
            Anchored on the chain last on ${timeOf(anchor.closedAt)}: ${numberOf(anchor.rows)} rows, in block
            ${numberOf(anchor.block)}.
          </p>`
        : html`<p>Not anchored on the chain yet. It is once a day, and when the server stops.</p>`
    }
  </section>`;
}

type Fact = readonly [name: string, value: Html | string];

function facts(all: readonly Fact[]): Html {
  return html`<dl class="facts">
    ${all.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

function catalogueOf(lag: number | undefined): string {
  if (lag === undefined) return 'unknown: no node says how far the chain is';
  return lag === 0 ? 'has every block' : `${numberOf(lag)} blocks behind`;
}

const blocks = (depth: number): string => (depth === 1 ? 'with its block' : `${depth} blocks deep`);

const numberOf = (value: number | bigint): string => value.toLocaleString('en-GB');

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
