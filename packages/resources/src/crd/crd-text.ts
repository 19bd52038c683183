import { stringify } from 'yaml';
import { customResourceDefinitions } from './custom-resource-definition.js';
import type { CrdOptions } from './custom-resource-definition.js';

/** All definitions as one stream of YAML, ready for `kubectl apply -f -`. The same text each time. */
export function crdText(options: CrdOptions): string {
  return customResourceDefinitions(options)
    .map((definition) =>
      // kubectl reads YAML 1.1, where more words than `true` and `false` need quotes to stay text.
      stringify(definition, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false }),
    )
    .join('---\n');
}
