/** Text that is HTML already. Nothing but `html` makes it. */
export class Html {
  constructor(readonly text: string) {}
}

/** What may stand between the parts of an `html` template; lists one after the other, and nothing for what is not there. */
type Inner = Html | string | number | undefined | false | readonly Inner[];

/** HTML of a template: whatever is put into it is escaped (HTML standard §13.3), but for what `html` itself has made. */
export function html(parts: TemplateStringsArray, ...values: readonly Inner[]): Html {
  return new Html(parts.map((part, at) => part + textOf(values[at])).join(''));
}

function textOf(value: Inner): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return String(value).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
