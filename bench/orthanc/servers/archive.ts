/** One of the two servers that are compared, in a process and a folder of its own. It can be stopped and started again. */
export interface Archive {
  readonly name: ArchiveName;
  readonly folder: string;
  /** `http://127.0.0.1:43210`; another one after each start. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
  /** A path that costs next to nothing, and which shows whether the server gives turns. */
  readonly pulse: string;
  readonly isAlive: boolean;
  /** Resolves when it is ready, with the seconds that this took. */
  start(): Promise<number>;
  stop(): Promise<void>;
  /** What has to go, besides the page cache, so that a read comes from where an archive keeps its images. */
  forgetCache(): void;
}

export type ArchiveName = 'ours' | 'Orthanc';

/** Both, which are asked the same. */
export type Archives = readonly [ours: Archive, orthanc: Archive];
