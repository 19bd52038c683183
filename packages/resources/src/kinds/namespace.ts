import { z } from 'zod';
import { checkAnnotations } from '../annotations.js';
import { defineKind } from '../kind.js';
import type { Namespace } from '../types.js';

/** Only the metadata counts: labels, and the annotations that pods inherit (docs/spec/control-plane.md §1.11). */
const namespaceBody = z.looseObject({});

export const namespace = defineKind({
  group: '',
  kind: 'Namespace',
  namespaced: false,
  versions: { v1: {} },
  body: namespaceBody,
  convert(_body, { issues, metadata }): Pick<Namespace, 'kind' | 'spec'> {
    checkAnnotations(metadata.annotations, ['metadata', 'annotations'], issues);
    return { kind: 'Namespace', spec: {} };
  },
});
