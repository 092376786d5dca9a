import path from 'node:path';
import { isNetwork } from './networks.js';

/** One environment variable. A parser throws what the fault says after the name and the value of the setting. */
export interface Setting<T> {
  parse: (text: string) => T;
  /** As it would be written in the environment; undefined means unset. */
  default: string | undefined;
  unit: string;
  sentence: string;
}

export function setting<T>(
  parse: (text: string) => T,
  fallback: string | undefined,
  unit: string,
  sentence: string,
): Setting<T> {
  return { parse, default: fallback, unit, sentence };
}

export const text = (value: string): string => value;
export const list = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

export const integer =
  (min: number, max: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max)
      throw new Error(`is not a whole number from ${min} to ${max}`);
    return number;
  };

export const oneOf =
  <T extends string>(...choices: T[]) =>
  (value: string): T => {
    if (!(choices as string[]).includes(value)) throw new Error(`is none of ${choices.join(', ')}`);
    return value as T;
  };

export const url = (value: string): string => {
  if (!URL.canParse(value) || !/^https?:/.test(value)) throw new Error('is not an http(s) URL');
  return value.replace(/\/+$/, '');
};

/** Never names its value: faults are printed. */
export const privateKey = (value: string): string => {
  const digits = value.replace(/^0x/, '');
  if (!/^[0-9a-fA-F]{64}$/.test(digits)) throw new Error('is not 64 hex digits');
  return digits.toLowerCase();
};

export const address = (value: string): `0x${string}`[] =>
  list(value).map((item) => {
    if (!/^0x[0-9a-fA-F]{40}$/.test(item)) throw new Error(`has "${item}", which is not a contract address`);
    return item.toLowerCase() as `0x${string}`;
  });

/** Of web pages (RFC 6454 §6.2), as browsers send them. */
export const origins = (value: string): string[] =>
  list(value).map((item) => {
    const isOrigin = item === '*' || (URL.canParse(item) && new URL(item).origin === item);
    if (!isOrigin) throw new Error(`has "${item}", which is no origin like https://viewer.example`);
    return item;
  });

export const hosts = (value: string): string[] =>
  list(value).map((item) => {
    if (!/^([\w.-]+|\[[\da-f:.]+\])$/i.test(item))
      throw new Error(`has "${item}", which is not the name of a host, or an address, without a port`);
    return item.toLowerCase();
  });

/** Of machines: addresses and CIDR blocks. */
export const networks = (value: string): string[] =>
  list(value).map((item) => {
    if (!isNetwork(item)) throw new Error(`has "${item}", which is no address or network like 10.2.0.0/16`);
    return item;
  });

export const file = (value: string): string => path.resolve(value);

/** `pacs.example:6514` or `[2001:db8::1]:6514`. */
export function hostAndPort(value: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(value) ?? [];
  if (host === '' || Number(port) < 1 || Number(port) > 65535) throw new Error('is not a host and a port');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
