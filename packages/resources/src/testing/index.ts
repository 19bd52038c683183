/** For tests, here and in other rooms: the admission cases, and the published schemas applied as an API server applies them. */
export { acceptedCases, rejectedCases } from './admission-cases.js';
export type { Refuser } from './admission-cases.js';
export { crdRejections } from './crd-rejections.js';
