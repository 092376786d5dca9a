declare module 'dcmjs/dictionary' {
  /** Keys as `(0010,0020)`, `(6000-60FF,3000)` or `(0019,"CREATOR",10)`. */
  export const dictionary: Record<string, { tag: string; vr: string; name?: string; vm: string; version: string }>;
}

declare module 'dicom-character-set' {
  /** Throws for a character set that it does not know, and for escape sequences of one that is not listed. */
  export function convertBytes(
    specificCharacterSet: string | undefined,
    bytes: Uint8Array,
    options?: { vr?: string },
  ): string;
}
