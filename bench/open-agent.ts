import { Agent, type Dispatcher } from 'undici';
import { authorizationOf } from '../conformance/testing/let-in.js';

/** An agent that waits for answers as long as they take, and that is let into the servers that this process has started. */
export function openAgent(options: Agent.Options = {}): Dispatcher {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, ...options });
  return agent.compose((dispatch) => (call, handler) => {
    const given = Array.isArray(call.headers) ? {} : call.headers;
    return dispatch({ ...call, headers: { ...given, ...authorizationOf(String(call.origin)) } }, handler);
  });
}
