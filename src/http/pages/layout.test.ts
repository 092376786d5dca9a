import { describe, expect, it } from '@jest/globals';
import { whoever } from '../../access/testing/whoever.js';
import { html } from './html.js';
import { page } from './layout.js';

describe('html', () => {
  it('escapes what is put in, in text and in attributes, and leaves what it made', () => {
    const bad = `<img src=x onerror="alert('1')">&`;
    const inner = html`<b title="${bad}">${bad}</b>`;
    expect(inner.text).not.toMatch(/<img|"alert|'1'/);
    expect(html`<p>${inner}</p>`.text).toBe(`<p>${inner.text}</p>`);
  });

  it('puts lists together and leaves out what is not there', () => {
    expect(html`<i>${['<', html`<b></b>`, 0]}${undefined}${false}</i>`.text).toBe('<i>&#60;<b></b>0</i>');
  });
});

describe('page', () => {
  const body = html`<h1>Here</h1>`;

  it('leads to what somebody may have, and nowhere else', () => {
    const reader = page({ title: 'Here', principal: whoever({ permissions: new Set(['read']) }), body }).text;
    expect([reader.includes('href="/"'), reader.includes('href="/access"')]).toEqual([true, false]);
    expect(page({ title: 'Here', body }).text).not.toContain('href="/"');
  });

  it('lets a session log out, and nobody else', () => {
    const of = (via: 'session' | 'bearer') => page({ title: 'Here', principal: whoever({ via }), body }).text;
    expect([of('session').includes('/logout'), of('bearer').includes('/logout')]).toEqual([true, false]);
  });

  it('has no script, and asks no other host', () => {
    const { text } = page({ title: '</title><script>', principal: whoever({ name: '<script>' }), body });
    expect(text).not.toMatch(/<script|https?:/);
  });
});
