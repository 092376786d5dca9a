const text = (value: string): string => value;
const list = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const integer =
  (min: number, max: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max)
      throw new Error(`is not a whole number from ${min} to ${max}`);
    return number;
  };

const oneOf =
  <T extends string>(...choices: T[]) =>
  (value: string): T => {
    if (!(choices as string[]).includes(value)) throw new Error(`is none of ${choices.join(', ')}`);
    return value as T;
  };

const url = (value: string): string => {
  if (!URL.canParse(value) || !/^https?:/.test(value)) throw new Error('is not an http(s) URL');
  return value.replace(/\/+$/, '');
};

/** Never names its value: faults are printed. */
const privateKey = (value: string): string => {
  const digits = value.replace(/^0x/, '');
  if (!/^[0-9a-fA-F]{64}$/.test(digits)) throw new Error('is not 64 hex digits');
  return digits.toLowerCase();
};

const address = (value: string): `0x${string}`[] =>
  list(value).map((item) => {
    if (!/^0x[0-9a-fA-F]{40}$/.test(item)) throw new Error(`has "${item}", which is not a contract address`);
    return item.toLowerCase() as `0x${string}`;
  });

/** `pacs.example:6514` or `[2001:db8::1]:6514`. */
function hostAndPort(value: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(value) ?? [];
  if (host === '' || Number(port) < 1 || Number(port) > 65535) throw new Error('is not a host and a port');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** What reads the text of a setting. Each throws an Error that completes the sentence "KEY=value …". */
export const settingParsers = { text, list, integer, oneOf, url, privateKey, address, hostAndPort };
