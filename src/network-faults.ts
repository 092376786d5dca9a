/** The settings by which a site is a member of a network, or by itself. */
type NetworkSettings = Partial<
  Record<'LEDGER_URL' | 'LEDGER_CONTRACT' | 'SITE_KEYSTORE_FILE' | 'SITE_PASSWORD_FILE' | 'SITE_KEY', unknown> &
    Record<'SEALED_DEPTH' | 'FINAL_DEPTH' | 'JOIN_SITE', number | undefined>
>;

/** What a site of a network needs besides LEDGER_URL, and what makes no sense without. Nothing of it is made silently. */
export function networkFaults(config: NetworkSettings): string[] {
  const { LEDGER_URL, LEDGER_CONTRACT, SITE_KEYSTORE_FILE, SITE_PASSWORD_FILE, SITE_KEY } = config;
  if (LEDGER_URL === undefined) {
    const deep = (['SEALED_DEPTH', 'FINAL_DEPTH'] as const).filter((key) => (config[key] ?? 1) > 1);
    return [
      ...deep.map((key) => `${key}="${config[key]}" needs LEDGER_URL: no block of the embedded chain is ever undone`),
      ...(config.JOIN_SITE === undefined
        ? []
        : [`JOIN_SITE="${config.JOIN_SITE}" needs LEDGER_URL: the embedded chain has one site`]),
    ];
  }
  const faults: [boolean, string][] = [
    [
      LEDGER_CONTRACT === undefined,
      'LEDGER_CONTRACT is unset: LEDGER_URL needs the address that "dicom-ledger deploy" has printed',
    ],
    [
      SITE_KEYSTORE_FILE === undefined && SITE_KEY === undefined,
      'SITE_KEYSTORE_FILE is unset: LEDGER_URL needs a key of this site (make it with "dicom-ledger key new", and let a champion of the site name its address with "dicom-ledger site name-writer")',
    ],
    [SITE_KEYSTORE_FILE !== undefined && SITE_KEY !== undefined, 'SITE_KEY and SITE_KEYSTORE_FILE are both set'],
    [
      SITE_KEYSTORE_FILE !== undefined && SITE_PASSWORD_FILE === undefined,
      'SITE_PASSWORD_FILE is unset: SITE_KEYSTORE_FILE needs it',
    ],
  ];
  return faults.filter(([isSo]) => isSo).map(([, sentence]) => sentence);
}
