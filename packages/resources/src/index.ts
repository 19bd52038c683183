/**
 * The Kubernetes objects of inbound policy: their types and schemas, how YAML becomes objects with positions, and every rule
 * that the CRDs and Linkerd's webhook hold them to. Pure: no file, no clock. It does not know how objects work together; that
 * is the index's. Called by the folder source, the webhook, the cluster source, the index and the CLI.
 */
export { annotationNames } from './annotations.js';
export { convertObject } from './convert.js';
export type { Converted, ConvertOptions } from './convert.js';
export { crdText } from './crd/crd-text.js';
export { customResourceDefinitions } from './crd/custom-resource-definition.js';
export type { CrdOptions, CustomResourceDefinition, CustomResourceVersion } from './crd/custom-resource-definition.js';
export { editorSchemas } from './crd/editor-schema.js';
export type { EditorSchema } from './crd/editor-schema.js';
export { formatProblem } from './format-problem.js';
export { identityFault, parseIdentity } from './identity.js';
export type { Kind, KindVersion } from './kind.js';
export { parseManifests } from './manifests.js';
export type { FailedDocument, IgnoredObject, Manifests } from './manifests.js';
export { parsePortSet, portSetHas } from './port-set.js';
export type { PortSet } from './port-set.js';
export { problemCodes } from './problem-codes.js';
export type { ResourceProblemCode } from './problem-codes.js';
export * from './problem.js';
export { canonicalKind, groupOf, refersTo } from './reference.js';
export type { Reference } from './reference.js';
export { findKind, kinds } from './registry.js';
export { matchesSelector } from './selector.js';
export { commonLabels, demandsOf, selectorsIntersect } from './selector-demand.js';
export type { Demand, Demands } from './selector-demand.js';
export * from './types.js';
export { closest, didYouMean, oneOf, shown } from './words.js';
