import { describe, expect, it } from '@jest/globals';
import type { Verdict } from '../verdict.js';
import { htmlReport } from './html-report.js';
import { junitReport } from './junit-report.js';

const verdict = (name: string, over: Partial<Verdict> = {}): Verdict => ({
  group: 'Search & more',
  row: { name, level: 'MUST', section: 'PS3.18 §1', sentence: 'A <row>.', check: async () => undefined },
  outcome: 'passed',
  says: '',
  curl: undefined,
  ...over,
});

const report = {
  root: 'https://example.org/dicom-web',
  checkedAt: new Date('2026-01-02T03:04:05Z'),
  verdicts: [
    verdict('one'),
    verdict('two', {
      outcome: 'failed',
      says: 'Answered 500 with "<script>\u0001".',
      curl: "curl -H 'Accept: a&b' url",
    }),
    verdict('three', { outcome: 'noted', says: 'Yes.' }),
    verdict('four', { outcome: 'not offered', says: 'Answered 501.' }),
  ],
};

describe('htmlReport', () => {
  const html = htmlReport(report);

  it('counts, and shows what failed with its command', () => {
    expect(html).toContain('1 passed</b>, <b class="failed">1 failed</b>, 1 choices noted');
    expect(html).toContain('curl -H &#39;Accept: a&amp;b&#39; url');
  });

  it('runs nothing of what a server said, and loads nothing', () => {
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain(`default-src 'none'`);
    expect(html).not.toMatch(/(src|href)=/);
  });
});

describe('junitReport', () => {
  it('has a test case for each row; what is noted or not offered is skipped', () => {
    const xml = junitReport(report);
    expect(xml).toContain('<testsuite name="Search &amp; more" tests="4" failures="1" errors="0" skipped="2"');
    expect(xml.match(/<testcase /g)).toHaveLength(4);
    expect(xml).toContain(
      '<failure message="Answered 500 with &quot;&lt;script&gt;\ufffd&quot;.">curl -H &#39;Accept: a&amp;b&#39; url</failure>',
    );
  });
});
