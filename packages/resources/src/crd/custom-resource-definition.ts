import { gatewayGroup } from '../reference.js';
import { kinds } from '../registry.js';
import type { Kind, KindVersion, ResourceNames } from '../kind.js';
import { publishedSchema } from './json-schema.js';
import type { JsonSchema } from './json-schema.js';
import { structural } from './structural.js';

/** Of `apiextensions.k8s.io/v1`, as far as it is used here. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames?: readonly string[];
      readonly categories?: readonly string[];
    };
    readonly versions: readonly CustomResourceVersion[];
  };
}

export interface CustomResourceVersion {
  readonly name: string;
  readonly served: true;
  readonly storage: boolean;
  readonly deprecated?: true;
  readonly deprecationWarning?: string;
  readonly schema: { readonly openAPIV3Schema: JsonSchema };
  readonly subresources?: { readonly status: Readonly<Record<string, never>> };
  readonly additionalPrinterColumns?: KindVersion['columns'];
}

export interface CrdOptions {
  /**
   * Also the Gateway API's HTTPRoute and GRPCRoute, for clusters that lack them. They hold what inbound policy reads; what other
   * controllers read of a route is kept and not checked.
   */
  readonly gatewayApi: boolean;
}

/** Linkerd's kinds of policy as an API server learns them, from the same schemas that validate files. Always in one order. */
export function customResourceDefinitions({ gatewayApi }: CrdOptions): readonly CustomResourceDefinition[] {
  return kinds
    .flatMap((kind) =>
      kind.resource && (gatewayApi || kind.group !== gatewayGroup) ? [definition(kind, kind.resource)] : [],
    )
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function definition(kind: Kind, { plural, shortNames, categories, storage }: ResourceNames): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${kind.group}`,
      // Groups of Kubernetes' own are protected: a CRD in them has to say whether it was reviewed.
      ...(kind.group.endsWith('.k8s.io') && {
        annotations: { 'api-approved.kubernetes.io': 'unapproved, the part of the Gateway API that Doorward reads' },
      }),
    },
    spec: {
      group: kind.group,
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        singular: kind.kind.toLowerCase(),
        ...(shortNames && { shortNames }),
        ...(categories && { categories }),
      },
      versions: Object.entries(kind.versions).map(([name, version]) =>
        versionDefinition(kind, name, version, name === storage),
      ),
    },
  };
}

function versionDefinition(kind: Kind, name: string, version: KindVersion, storage: boolean): CustomResourceVersion {
  const { properties, required, description } = publishedSchema(version.body ?? kind.body, 'crd', version.lacks);
  const schema = structural({
    type: 'object',
    ...(description !== undefined && { description }),
    required,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...(typeof properties === 'object' && properties),
      ...(version.status && { status: publishedSchema(version.status, 'crd') }),
    },
  });
  return {
    name,
    served: true,
    storage,
    ...(version.deprecated !== undefined && { deprecated: true, deprecationWarning: version.deprecated }),
    schema: { openAPIV3Schema: schema },
    ...(version.status && { subresources: { status: {} } }),
    ...(version.columns && { additionalPrinterColumns: version.columns }),
  };
}
