/** How random values are made, and the names that random objects share. */
import * as fc from 'fast-check';

export const from = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** Each key is there or not. */
export const some = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) => fc.record(model, { requiredKeys: [] });
export const few = <T>(arbitrary: fc.Arbitrary<T>, maxLength = 2) => fc.array(arbitrary, { maxLength });
export const oneOrTwo = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: 1, maxLength: 2 });

/** Where the tests ask. */
export const policyGroup = 'policy.linkerd.io';
export const gatewayGroup = 'gateway.networking.k8s.io';

export const name = from('a', 'b', 'web', 'x.y-z', '0');
export const label = from('a', 'b', 'web', '0');
export const labels = some({ app: from('a', 'b', ''), tier: from('front', 'back'), constructor: from('x') });
