/** VOI window in modality units, such as HU (PS3.3 §C.11.2.1.2). */
export interface VoiWindow {
  center: number;
  /** At least 1 for LINEAR, else above 0. */
  width: number;
  function: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
}

/** What part of a picture is shown, and how large at most (PS3.18 §8.3.5.1). */
export interface Viewport {
  /** Of the answer, in pixels; the aspect ratio is kept, so one of them may become smaller. */
  width: number;
  height: number;
  /** In pixels of the frame; what lies outside of it is cut off. Default: to the right and lower edges. */
  left: number;
  top: number;
  regionWidth?: number;
  regionHeight?: number;
  flipsHorizontally: boolean;
  flipsVertically: boolean;
}

export type PictureMediaType = 'image/jpeg' | 'image/png' | 'image/gif';
/** `own` is the profile of the object, or sRGB where it has none. */
export type IccProfile = 'own' | 'srgb' | 'adobergb' | 'rommrgb';
export type Annotation = 'patient' | 'technique';

/** The longest side of a picture that is asked for. */
export const MAX_VIEWPORT_SIDE = 8192;

/** What a client may ask of a picture (PS3.18 §8.3.5). What is left out is as the object says. */
export interface Rendering {
  window?: VoiWindow;
  viewport?: Viewport;
  /** Of JPEG, 1 to 100. */
  quality?: number;
  /** Colours are turned into this space and its profile is embedded; default: as they are, without a profile. */
  iccProfile?: IccProfile;
  /** What is written over the picture. */
  annotation?: readonly Annotation[];
}
