import type { Allowed, HttpRequest, RequestHeaderModifier } from '@doorward/core';
import { isConnectionSpecific, isFieldValue, isLowerCaseToken, latin1OfText } from '@doorward/http';
import { redirectLocation } from './redirect-location.js';

/** What a filter may change about a head; each splice has its own kind of head. Names are in lower case, values Unicode. */
export interface HeaderEdits {
  append(name: string, value: string): void;
  /** Make `value` the only one of this header. */
  set(name: string, value: string): void;
  /** Leave out every header with this name, appended ones too; `_` counts as `-`. */
  drop(name: string): void;
}

/** What becomes of a permitted request once its route's filters have been asked. */
export type FilterOutcome =
  /** With the edits that were made. */
  | { readonly kind: 'forward' }
  /** `location` has one character a byte. */
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  /** 500. `told`: the client may read the message too, not only our log (docs/spec/data-plane.md §5.1). */
  | { readonly kind: 'failed'; readonly message: string; readonly told: boolean };

/**
 * Apply the filters of a permitted request in order; the first that doesn't forward ends it, and the application never hears of
 * the request (docs/spec/data-plane.md §4.5). What can't be applied fails, it is never left out. `scheme`: the request's own.
 * `random`: 0 ≤ x < 1, for injected failures.
 */
export function applyFilters(
  { filters, pathMatch }: Pick<Allowed, 'filters' | 'pathMatch'>,
  request: HttpRequest,
  scheme: string,
  edits: HeaderEdits,
  random: () => number,
): FilterOutcome {
  for (const filter of filters) {
    switch (filter.kind) {
      case 'request-header-modifier': {
        const problem = modifyHeaders(filter, edits);
        if (problem !== undefined) return invalidPolicy(problem);
        break;
      }
      case 'request-redirect': {
        const redirected = redirectLocation(filter, request, pathMatch, scheme);
        if (redirected.kind === 'invalid') return failed(`invalid redirect: ${redirected.reason}`);
        if (redirected.kind === 'to') {
          return { kind: 'redirect', status: filter.status ?? 301, location: redirected.location };
        }
        break;
      }
      case 'failure-injector': {
        // As Linkerd's inbound proxy: the configured status is not mapped and surfaces as 500 (§4.5).
        // A ratio without a denominator says nothing; failing is the side on which nothing gets through.
        const { numerator, denominator } = filter.ratio;
        if (denominator === 0 || random() * denominator < numerator) return failed('injected failure');
        break;
      }
      case 'unknown':
        return invalidPolicy('server policy configured with unknown filter');
    }
  }
  return { kind: 'forward' };
}

const failed = (message: string): FilterOutcome => ({ kind: 'failed', message, told: false });
const invalidPolicy = (problem: string): FilterOutcome => ({
  kind: 'failed',
  message: `invalid server policy: ${problem}`,
  told: true,
});

/** All `add`, then all `set`, then all `remove`. Returns what is wrong with the policy. */
function modifyHeaders({ add, set, remove }: RequestHeaderModifier, edits: HeaderEdits): string | undefined {
  for (const { name, value } of add) {
    if (!mayTouch(name) || name === 'host' || !isValue(value)) return `it may not add the header ${name}`;
    edits.append(name, value);
  }
  for (const { name, value } of set) {
    if (!mayTouch(name) || !isValue(value)) return `it may not set the header ${name}`;
    edits.set(name, value);
  }
  for (const name of remove) {
    if (!mayTouch(name) || name === 'host') return `it may not remove the header ${name}`;
    edits.drop(name);
  }
  return undefined;
}

/**
 * What frames the message is not a policy's to change: the application would read another message than the one decided on. Nor is
 * what is about one connection, which the proxy manages on either side. A pseudo-header of HTTP/2 is no token.
 */
function mayTouch(name: string): boolean {
  if (!isLowerCaseToken(name)) return false;
  // Gateways that turn `-` into `_` read both spellings as one name.
  const canonical = name.replaceAll('_', '-');
  return canonical !== 'content-length' && !isConnectionSpecific(canonical);
}

const isValue = (value: string): boolean => isFieldValue(latin1OfText(value));
