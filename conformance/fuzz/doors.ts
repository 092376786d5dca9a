import type { Door } from './door.js';

interface DoorOptions {
  /** Share of the time. */
  share: number;
  /** How long one input may take, in milliseconds; 5 s unless given. */
  hangMs?: number;
  /** Loads and opens it, in the process in which its inputs run. */
  open(): Promise<Door>;
}

/** Those over HTTP stop themselves after 5 s and name the request. */
const HTTP_HANG_MS = 60_000;

/** Every door by its name on the command line, in the order in which they are gone through. */
export const DOORS = {
  dicom: { share: 4, open: async () => (await import('./doors/dicom-door.js')).openDicomDoor() },
  header: { share: 1, open: async () => (await import('./doors/header-door.js')).openHeaderDoor() },
  body: { share: 1, open: async () => (await import('./doors/body-door.js')).openBodyDoor() },
  content: { share: 1, hangMs: 20_000, open: async () => (await import('./doors/content-door.js')).openContentDoor() },
  block: {
    share: 2,
    hangMs: 30_000,
    open: async () => (await import('./doors/block-door.js')).openBlockDoor(),
  },
  image: { share: 1, open: async () => (await import('./doors/image-door.js')).openImageDoor() },
  picture: {
    share: 2,
    // Each of up to seven pictures of an input may take its 2 s.
    hangMs: 20_000,
    open: async () => (await import('./doors/picture-door.js')).openPictureDoor(),
  },
  multipart: { share: 1, open: async () => (await import('./doors/multipart-door.js')).openMultipartDoor() },
  accept: { share: 1, open: async () => (await import('./doors/accept-door.js')).openAcceptDoor() },
  token: { share: 1, open: async () => (await import('./doors/token-door.js')).openTokenDoor() },
  credential: { share: 1, open: async () => (await import('./doors/credential-door.js')).openCredentialDoor() },
  keys: { share: 1, open: async () => (await import('./doors/keys-door.js')).openKeysDoor() },
  letter: { share: 1, open: async () => (await import('./doors/letter-door.js')).openLetterDoor() },
  forwarded: { share: 0.3, open: async () => (await import('./doors/forwarded-door.js')).openForwardedDoor() },
  readers: { share: 0.3, open: async () => (await import('./doors/readers-door.js')).openReadersDoor() },
  texts: { share: 0.3, open: async () => (await import('./doors/texts-door.js')).openTextsDoor() },
  query: { share: 2, open: async () => (await import('./doors/query-door.js')).openQueryDoor() },
  'audit-query': {
    share: 0.5,
    open: async () => (await import('./doors/audit-query-door.js')).openAuditQueryDoor(),
  },
  'http-search': {
    share: 1,
    hangMs: HTTP_HANG_MS,
    open: async () => (await import('./doors/http-search-door.js')).openHttpSearchDoor(),
  },
  'http-retrieve': {
    share: 2,
    hangMs: HTTP_HANG_MS,
    open: async () => (await import('./doors/http-retrieve-door.js')).openHttpRetrieveDoor(),
  },
  'http-worklist': {
    share: 1,
    hangMs: HTTP_HANG_MS,
    open: async () => (await import('./doors/http-worklist-door.js')).openHttpWorklistDoor(),
  },
  'http-store': {
    share: 3,
    hangMs: HTTP_HANG_MS,
    open: async () => (await import('./doors/http-store-door.js')).openHttpStoreDoor(),
  },
} satisfies Record<string, DoorOptions>;

export type DoorName = keyof typeof DOORS;

export const DOOR_NAMES = Object.keys(DOORS) as DoorName[];

export function doorOptions(name: DoorName): DoorOptions {
  return DOORS[name];
}
