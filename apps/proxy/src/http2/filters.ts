import type { GrpcFilter, HttpFilter, PathMatched, RequestHeaderModifier } from '@doorward/core';
import {
  http2Field,
  isConnectionSpecific,
  isFieldValue,
  isLowerCaseToken,
  latin1OfText,
  type Http2Field,
  type Http2RequestHead,
} from '@doorward/http';
import { type Answer, unexpected, unknownFilter } from './answers.js';
import { redirect } from './redirect.js';

export type Filtered =
  | { readonly kind: 'forward'; readonly fields: readonly Http2Field[] }
  | { readonly kind: 'answer'; readonly answer: Answer };

/**
 * Apply a route's filters in order; the first that answers ends it (docs/spec/data-plane.md §4.5). `random`: 0 ≤ x < 1, for injected
 * failures.
 */
export const applyFilters = (
  filters: readonly (HttpFilter | GrpcFilter)[],
  head: Http2RequestHead,
  fields: readonly Http2Field[],
  pathMatch: PathMatched,
  random: () => number,
): Filtered => {
  let current = fields;
  for (const filter of filters) {
    switch (filter.kind) {
      case 'request-header-modifier': {
        const modified = modify(current, filter);
        if (modified === undefined) return answer(unexpected('invalid server policy: header that cannot be sent'));
        current = modified;
        break;
      }
      case 'request-redirect': {
        const redirected = redirect(filter, head, pathMatch);
        if (redirected !== undefined) return answer(redirected);
        break;
      }
      case 'failure-injector': {
        const { numerator, denominator } = filter.ratio;
        // A ratio without a denominator says nothing; failing is the side on which nothing gets through.
        if (denominator === 0 || random() * denominator < numerator) return answer(unexpected('injected failure'));
        break;
      }
      case 'unknown':
        return answer(unknownFilter);
    }
  }
  return { kind: 'forward', fields: current };
};

const answer = (value: Answer): Filtered => ({ kind: 'answer', answer: value });

/** All `add`, then all `set`, then all `remove`. `undefined`: a value of the policy is no HTTP. */
const modify = (
  fields: readonly Http2Field[],
  { add, set, remove }: RequestHeaderModifier,
): readonly Http2Field[] | undefined => {
  let current = [...fields];
  for (const { name, value } of [...add, ...set]) {
    if (!isLowerCaseToken(name) || isConnectionSpecific(name) || !isFieldValue(latin1OfText(value))) return undefined;
  }
  for (const { name, value } of add) current.push(http2Field(name, latin1OfText(value)));
  for (const { name, value } of set) {
    current = current.filter((field) => field.name !== name);
    current.push(http2Field(name, latin1OfText(value)));
  }
  // Pseudo-headers are no headers: a policy cannot take the path away.
  const removed = new Set(remove.filter((name) => !name.startsWith(':')));
  return removed.size === 0 ? current : current.filter(({ name }) => !removed.has(name));
};
