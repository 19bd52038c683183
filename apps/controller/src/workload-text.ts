import type { WorkloadRef } from '@doorward/index';

/** As log lines name it: `shop/web`. */
export function workloadText({ namespace, name }: WorkloadRef): string {
  return `${namespace}/${name}`;
}
