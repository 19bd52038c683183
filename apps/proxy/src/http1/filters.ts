import type { Allowed, HttpRequest, RequestHeaderModifier } from '@doorward/core';
import { isFieldLine } from '@doorward/http';
import { type Answer, unexpectedError } from './answer.js';
import { redirectLocation } from './redirect.js';

/** What a filter may change about a head; HTTP/1 and HTTP/2 have their own. */
export interface HeaderEdits {
  append(name: string, value: string): void;
  set(name: string, value: string): void;
  drop(name: string): void;
}

/** What frames the message is not a policy's to change: the application would read another message than the one decided on. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/**
 * Apply the filters of a permitted request in order (docs/spec/data-plane.md §4.5): `edits` are made, or an answer comes back
 * and the application never hears of the request. What can't be applied is answered 500, never left out.
 */
export function applyFilters(
  allowed: Allowed,
  request: HttpRequest,
  scheme: string,
  edits: HeaderEdits,
  random: () => number,
): Answer | undefined {
  for (const filter of allowed.filters) {
    switch (filter.kind) {
      case 'request-header-modifier': {
        const problem = modifyHeaders(filter, edits);
        if (problem !== undefined) return invalidPolicy(problem);
        break;
      }
      case 'request-redirect': {
        const redirected = redirectLocation(filter, request, allowed.pathMatch, scheme);
        if (redirected.kind === 'invalid') return unexpectedError;
        if (redirected.kind === 'to') {
          if (!isUri(redirected.location)) return unexpectedError;
          return {
            status: filter.status ?? 301,
            message: 'redirected',
            located: false,
            closes: false,
            location: redirected.location,
          };
        }
        break;
      }
      case 'failure-injector':
        // As Linkerd's inbound proxy: the configured status is not mapped and surfaces as 500 (§4.5).
        // A ratio without a denominator says nothing; failing is the side on which nothing gets through.
        if (filter.ratio.denominator === 0 || random() * filter.ratio.denominator < filter.ratio.numerator) {
          return unexpectedError;
        }
        break;
      case 'unknown':
        return invalidPolicy('server policy configured with unknown filter');
    }
  }
  return undefined;
}

/** Neither a line end nor a space: a location is one word. */
const isUri = (location: string): boolean => isFieldLine('location', location) && !location.includes(' ');

const invalidPolicy = (problem: string): Answer => ({
  status: 500,
  message: `invalid server policy: ${problem}`,
  located: true,
  closes: true,
});

/** All `add`, then all `set`, then all `remove`. */
function modifyHeaders(filter: RequestHeaderModifier, edits: HeaderEdits): string | undefined {
  for (const { name, value } of filter.add) {
    if (framing.has(name) || name === 'host' || !isFieldLine(name, value)) return `it may not add the header ${name}`;
    edits.append(name, value);
  }
  for (const { name, value } of filter.set) {
    if (framing.has(name) || !isFieldLine(name, value)) return `it may not set the header ${name}`;
    edits.set(name, value);
  }
  for (const name of filter.remove) {
    if (framing.has(name) || name === 'host') return `it may not remove the header ${name}`;
    edits.drop(name);
  }
  return undefined;
}
