interface TlsConfig {
  TLS_CERT_FILE: string | undefined;
  TLS_KEY_FILE: string | undefined;
  TLS_CLIENT_CA_FILE: string | undefined;
  BEHIND_TLS_PROXY: 'on' | 'off';
  PUBLIC_URL: string | undefined;
}

/** A certificate and its key go together, and with nothing else that speaks TLS. */
export function tlsFaults({
  TLS_CERT_FILE,
  TLS_KEY_FILE,
  TLS_CLIENT_CA_FILE,
  BEHIND_TLS_PROXY,
  PUBLIC_URL,
}: TlsConfig): string[] {
  const faults: [boolean, string][] = [
    [TLS_CERT_FILE !== undefined && TLS_KEY_FILE === undefined, 'TLS_KEY_FILE is unset: TLS_CERT_FILE needs it'],
    [TLS_CERT_FILE === undefined && TLS_KEY_FILE !== undefined, 'TLS_CERT_FILE is unset: TLS_KEY_FILE needs it'],
    [
      TLS_CERT_FILE === undefined && TLS_CLIENT_CA_FILE !== undefined,
      'TLS_CERT_FILE is unset: TLS_CLIENT_CA_FILE needs it',
    ],
    [TLS_CERT_FILE !== undefined && BEHIND_TLS_PROXY === 'on', 'BEHIND_TLS_PROXY and TLS_CERT_FILE are both set'],
    [
      BEHIND_TLS_PROXY === 'on' && !PUBLIC_URL?.startsWith('https:'),
      'PUBLIC_URL is not set to an https URL: BEHIND_TLS_PROXY needs the one that clients use',
    ],
  ];
  return faults.filter(([isSo]) => isSo).map(([, sentence]) => sentence);
}
