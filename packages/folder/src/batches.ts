/**
 * As many files at once: Node reads files on 4 threads, so more only waits elsewhere; at 4 MiB each it also bounds the memory.
 */
const batchMax = 16;

/** Apply `work` to every item, a few at a time; the results are in order. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let i = 0; i < items.length; i += batchMax) {
    results.push(...(await Promise.all(items.slice(i, i + batchMax).map(work))));
  }
  return results;
}
