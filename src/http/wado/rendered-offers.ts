import type { Request } from 'express';
import type { ReadingArchive, FoundInstance } from '../../archive/archive.js';
import type { RenderedMediaType } from '../../archive/stored-instance.js';
import type { Offer } from '../message/negotiate.js';
import { frameNumbers } from './retrieve-frames.js';
import { middlePicture } from './middle-picture.js';
import { findInstances, idsOf } from '../message/find-instances.js';

/** One picture, animation, video or document of an answer. */
export interface Subject {
  instance: FoundInstance;
  /** From 1; more than one is an animation. */
  frames?: readonly number[];
}

/** What a rendered resource consists of. */
export interface Subjects {
  /** For a client that wants a single part. */
  alone: Subject;
  /** For one that takes several. */
  each: readonly [Subject, ...Subject[]];
  /** Of a list of frames, those beyond the last. */
  missingFrames: number;
}

/** What a client gets: one subject as it is, or each of several as a part. */
export interface Choice {
  mediaType: RenderedMediaType;
  chosen: readonly Subject[];
  inParts: boolean;
}

/** Throws `bad-request`, `not-found` or `gone` for what is not there. */
export async function subjectsOf(archive: ReadingArchive, request: Request): Promise<Subjects> {
  const { frames } = request.params;
  const wanted = frames === undefined ? undefined : frameNumbers(frames);
  const found = await findInstances(archive, idsOf(request));
  const [instance, ...others] = found;
  if (wanted === undefined)
    return {
      alone: { instance: middlePicture(found) },
      each: [{ instance }, ...others.map((other) => ({ instance: other }))],
      missingFrames: 0,
    };
  const stored = await archive.open(instance);
  const { numbers, missing } = stored.existingFrames(wanted);
  const [first, ...more] = numbers.map((number): Subject => ({ instance, frames: [number] }));
  return {
    alone: { instance, frames: numbers },
    each: [first as Subject, ...more],
    missingFrames: missing.length,
  };
}

/** Parts come first where there are several subjects: that is what a wildcard gets. None when nothing can be shown. */
export function renderedOffers(archive: ReadingArchive, { alone, each }: Subjects): Offer<Choice>[] {
  const single = typesOf(archive, alone).map((mediaType) => ({
    mediaType,
    multipart: false,
    value: { mediaType, chosen: [alone], inParts: false },
  }));
  const types = new Set([...each, alone].flatMap((subject) => typesOf(archive, subject)));
  const parts = [...types]
    .map((mediaType) => ({
      mediaType,
      multipart: true,
      value: {
        mediaType,
        chosen: each.filter((subject) => typesOf(archive, subject).includes(mediaType)),
        inParts: true,
      },
    }))
    .filter(({ value }) => value.chosen.length > 0);
  // Clients that want several frames name the type of one (both dicomweb-clients).
  const named =
    (alone.frames?.length ?? 0) > 1
      ? parts
          .filter(({ mediaType }) => !typesOf(archive, alone).includes(mediaType))
          .map((offer) => ({ ...offer, multipart: false }))
      : [];
  // Viewers that fetch pictures like bulk data ask for multipart octet-stream and want the bare image (OHIF).
  const bare = single
    .filter(({ mediaType }) => mediaType === 'image/jpeg')
    .map((offer) => ({ ...offer, mediaType: 'application/octet-stream', multipart: true }));
  return each.length > 1 ? [...parts, ...single, ...named, ...bare] : [...single, ...parts, ...bare];
}

/** Several frames alone can only be an animation. */
function typesOf(archive: ReadingArchive, { instance, frames }: Subject): readonly RenderedMediaType[] {
  const types = archive.renderedTypes(instance);
  return frames && frames.length > 1 ? types.filter((type) => type === 'image/gif') : types;
}
