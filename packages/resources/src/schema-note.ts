/** JSON Schema keywords; one that is null takes away what zod would write. */
export type Keywords = Readonly<Record<string, unknown>>;

/**
 * What a schema says in its published forms beyond its type. The two forms differ where the API server enforces less than the
 * webhook does: the CRD has to admit what Linkerd's CRD admits, and an editor should mark what the webhook will refuse.
 */
declare module 'zod' {
  interface GlobalMeta {
    /** Only in the CustomResourceDefinition; `false`: the field does not exist there. */
    readonly crd?: Keywords | false;
    /** Only in the schema for editors; `false`: the field does not exist there. */
    readonly editor?: Keywords | false;
  }
}

/** Of these fields one has to be there, and one only. */
export const exactlyOneOf = (...fields: readonly string[]): { oneOf: readonly Keywords[] } => ({
  oneOf: fields.map((field) => ({ required: [field] })),
});

/** A list that has one entry a name: the API server merges it by name and refuses a second entry of one. */
export const mapByName = { crd: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] } } as const;

/** An enumeration that only the webhook and editors know: the CRD takes any text. */
export const editorEnum = (values: readonly string[]): { editor: Keywords } => ({ editor: { enum: values } });
