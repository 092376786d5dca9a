export function variantOf(bytes: Buffer, options: { mediaType: string; number: number }): Buffer;
