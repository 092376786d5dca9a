import { pixelRepresentation, type DataSet } from './data-set.js';
import { creatorTag, isPrivate, isPrivateCreator, privateVr, publicVr } from './dictionary.js';
import { trimEnd } from './trim-end.js';

/** Chooses a VR for each element that has none, as a walk passes it: it remembers the private creators of each level. */
export interface ExplicitVrs {
  vrOf(tag: number, byteCount: number): string;
  noteCreator(tag: number, value: Buffer): void;
  enter(): void;
  leave(): void;
}

/** `dataSet` is that of the header: it says whether pixels are signed. */
export function createExplicitVrs(dataSet: DataSet): ExplicitVrs {
  const signed = pixelRepresentation(dataSet) === 1;
  const creators: Map<number, string>[] = [new Map<number, string>()];
  const known = (tag: number): string | undefined => {
    if (!isPrivate(tag)) return publicVr(tag);
    if (isPrivateCreator(tag)) return 'LO';
    const creator = creators[creators.length - 1]!.get(creatorTag(tag));
    return creator === undefined ? undefined : privateVr(tag, creator);
  };
  return {
    vrOf: (tag, byteCount) => {
      const found = known(tag);
      const vr = found === 'xs' ? (signed ? 'SS' : 'US') : (found ?? 'UN');
      // A value of defined length is copied as it is, and its items are in implicit VR: UN allows that (PS3.5 §6.2.2).
      return vr === 'SQ' && byteCount > 0 ? 'UN' : vr;
    },
    noteCreator: (tag, value) => {
      creators[creators.length - 1]!.set(tag, trimEnd(value.toString('latin1')));
    },
    enter: () => void creators.push(new Map()),
    leave: () => void creators.pop(),
  };
}
