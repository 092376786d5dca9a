import { serve } from '../main.js';

export async function serveCommand(): Promise<void> {
  await serve(process.env);
}
