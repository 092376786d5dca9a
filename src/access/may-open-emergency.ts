import type { Principal } from './principal.js';

/** Whether somebody may open an emergency: one with a browser, whose role allows it, and who does not see everything anyway. */
export function mayOpenEmergency({ via, mayBreakGlass, sees, emergency }: Principal): boolean {
  return via === 'session' && mayBreakGlass === true && (sees !== 'everything' || emergency !== undefined);
}
