import { isDate } from '../../standard/is-date.js';
/** Earliest and latest moment that a value stands for, as text that sorts by time. */
export interface Interval {
  from: string;
  to: string;
}

/** A range key (PS3.4 §C.2.2.2.5); an open end is undefined. */
export interface DateTimeRange {
  from: string | undefined;
  to: string | undefined;
}

export type TemporalVr = 'DA' | 'TM' | 'DT';

export function isTemporal(vr: string): vr is TemporalVr {
  return vr === 'DA' || vr === 'TM' || vr === 'DT';
}

/**
 * What a DA, TM or DT value covers: a value without its last components covers all of them (`1030` is a minute).
 * DT is brought to UTC; without an offset it counts as UTC. What is no date or time covers itself only.
 */
export function intervalOf(vr: TemporalVr, value: string): Interval {
  const text = value.trim();
  if (vr === 'DA') {
    const date = text.replace(/^(\d{4})\.(\d{2})\.(\d{2})$/, '$1$2$3');
    return { from: date, to: date };
  }
  return (vr === 'TM' ? timeInterval(text) : dateTimeInterval(text)) ?? { from: text, to: text };
}

function timeInterval(text: string): Interval | undefined {
  const match = /^(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?$/.exec(text);
  if (!match) return undefined;
  const [, hour = '', minute, second, fraction = ''] = match;
  return {
    from: `${hour}${minute ?? '00'}${second ?? '00'}.${fraction.padEnd(6, '0')}`,
    // 60: a leap second (PS3.5 §6.2).
    to: `${hour}${minute ?? '59'}${second ?? '60'}.${fraction.padEnd(6, '9')}`,
  };
}

const DATE_TIME = /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?)?)?)?)?([+-]\d{4})?$/;

function dateTimeInterval(text: string): Interval | undefined {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', offset = '+0000'] = match;
  const shift = (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3, 5)));
  const at = (m: number, d: number, h: number, min: number, s: number) =>
    new Date(Date.UTC(Number(year), m, d, h, min - shift, s)).toISOString().replace(/\D/g, '').slice(0, -3);
  const of = (component: string | undefined, otherwise: number) =>
    component === undefined ? otherwise : Number(component);
  const from = at(of(month, 1) - 1, of(day, 1), of(hour, 0), of(minute, 0), of(second, 0));
  const last =
    day === undefined
      ? at(of(month, 12), 0, 23, 59, 59)
      : at(of(month, 12) - 1, of(day, 1), of(hour, 23), of(minute, 59), of(second, 59));
  return { from: `${from}.${fraction.padEnd(6, '0')}`, to: `${last}.${fraction.padEnd(6, '9')}` };
}

/** Whether a value is a date or time as it can be (PS3.5 §6.2), and the day one of the calendar. */
export function isMoment(vr: TemporalVr, value: string): boolean {
  const text = value.trim();
  if (vr === 'TM') return isTime(text);
  if (vr === 'DA') return isDate(text);
  if (!DATE_TIME.test(text)) return false;
  const [digits = ''] = /^\d+/.exec(text) ?? [];
  const [day, time] = [digits.slice(0, 8).padEnd(6, '01').padEnd(8, '01'), digits.slice(8)];
  return isDate(day) && (time === '' || isTime(time));
}

const isTime = (text: string): boolean => /^([01]\d|2[0-3])(:?[0-5]\d(:?([0-5]\d|60)(\.\d{1,6})?)?)?$/.test(text);

/** Whether a key is a date or time, or a range of them with at least one end (PS3.4 §C.2.2.2.5). */
export function isMomentKey(vr: TemporalVr, key: string): boolean {
  const cut = separator(vr, key);
  const ends = (cut === undefined ? [key] : [key.slice(0, cut), key.slice(cut + 1)]).map((end) => end.trim());
  const given = ends.filter((end) => end !== '');
  return given.length > 0 && given.every((end) => isMoment(vr, end));
}

/** The range that a key asks for, or undefined when it is a single value. */
export function rangeOf(vr: TemporalVr, key: string): DateTimeRange | undefined {
  const cut = separator(vr, key);
  if (cut === undefined) return undefined;
  const [from, to] = [key.slice(0, cut).trim(), key.slice(cut + 1).trim()];
  return {
    from: from === '' ? undefined : intervalOf(vr, from).from,
    to: to === '' ? undefined : intervalOf(vr, to).to,
  };
}

/**
 * Where the hyphen of a range is. In a DT a hyphen with four digits up to 1400 behind it, at the end or before another
 * hyphen, is an offset from UTC (PS3.4 §C.2.2.2.5.3).
 */
function separator(vr: TemporalVr, key: string): number | undefined {
  const hyphens = [...key.matchAll(/-/g)].map((match) => match.index);
  if (vr !== 'DT') return hyphens.length === 1 ? hyphens[0] : undefined;
  const between = hyphens.filter((index) => {
    const offset = /^-(\d{4})(?=\s*(?:-|$))/.exec(key.slice(index));
    return index === 0 || offset === null || Number(offset[1]) > 1400;
  });
  return between.length === 1 ? between[0] : undefined;
}
