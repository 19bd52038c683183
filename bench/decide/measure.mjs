// Times of single calls. Each is timed alone, so that the slow ones show; what the clock itself costs is taken off.
const now = () => performance.now();

const clockNs = (() => {
  const samples = Array.from({ length: 20_000 }, () => {
    const start = now();
    return (now() - start) * 1e6;
  });
  return quantile(
    samples.sort((a, b) => a - b),
    0.5,
  );
})();

function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

/**
 * Nanoseconds of `call(input)`: median, 99th percentile and mean. `inputs()` makes new ones for each round; rounds are thrown away for
 * `warmUpMs`, then kept for `measureMs` (at least one of each).
 */
export function measure(inputs, call, { warmUpMs = 700, measureMs = 1000 } = {}) {
  const samples = [];
  let kept = 0;
  let warm = 0;
  let total = 0;
  for (const keep of [false, true]) {
    const end = now() + (keep ? measureMs : warmUpMs);
    do {
      for (const input of inputs()) {
        const start = now();
        call(input);
        const elapsed = (now() - start) * 1e6 - clockNs;
        if (!keep) warm += 1;
        else {
          samples.push(elapsed);
          total += elapsed;
          kept += 1;
        }
        if (now() > end && (keep ? kept : warm) >= 20) break;
      }
    } while (now() < end);
  }
  samples.sort((a, b) => a - b);
  return { medianNs: quantile(samples, 0.5), p99Ns: quantile(samples, 0.99), meanNs: total / kept, calls: kept };
}
