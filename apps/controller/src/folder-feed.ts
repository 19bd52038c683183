/** Brings a folder's changes into the index, and tells the log of everything that a person has to know about them. */
import type { FolderChange, FolderState, StaleObject } from '@doorward/folder';
import type { PolicyIndex } from '@doorward/index';
import type { Problem } from '@doorward/resources';
import type { Log } from '@doorward/telemetry';
import { OverlapReport } from './overlap-report.js';
import { workloadText } from './workload-text.js';

/** A line of the log names this many objects or ports; a folder of thousands may change at once. */
const namedMax = 50;

export class FolderFeed {
  readonly #index: PolicyIndex;
  readonly #log: Log;
  #problems = new Map<string, Problem>();
  #stale: ReadonlySet<string> = new Set();
  readonly #overlaps: OverlapReport;
  #skipped: ReadonlySet<string> = new Set();
  #idle = new Map<string, string>();
  #reporting: NodeJS.Immediate | undefined;

  constructor(index: PolicyIndex, log: Log) {
    this.#index = index;
    this.#log = log;
    this.#overlaps = new OverlapReport(index, log);
  }

  /** The folder as it was when it was opened. */
  load(folder: FolderState): void {
    this.#index.applyAll({ upserted: [...folder.objects.values()], removed: [] });
    this.#tellProblems(folder);
    const count = (...kinds: readonly string[]): number =>
      [...this.#index.objects()].filter(({ kind }) => kinds.includes(kind)).length;
    const counts = {
      workloads: count('Pod', 'Workload', 'ExternalWorkload'),
      servers: count('Server'),
      policies: count('AuthorizationPolicy', 'ServerAuthorization'),
      problems: folder.problems.length,
      ignored: folder.ignored.length,
    };
    this.#log.info(
      { event: 'folder.loaded', ...counts },
      `${counts.workloads} workloads · ${counts.servers} Servers · ${counts.policies} policies · ${counts.problems} problems`,
    );
    this.#tellSkipped(folder.skipped);
    this.#report();
  }

  /** One step for the index, so for every proxy. */
  apply(change: FolderChange): void {
    const { changed } = this.#index.applyAll(change);
    this.#tellProblems(change);
    this.#tellFixed(change.fixed);
    this.#tellSkipped(change.skipped);
    const objects = change.upserted.length + change.removed.length;
    if (objects > 0) {
      this.#log.info(
        {
          event: 'folder.changed',
          upserted: change.upserted.slice(0, namedMax).map(nameOf),
          removed: change.removed.slice(0, namedMax),
          objects,
        },
        `${objects} objects changed`,
      );
    }
    if (changed.length > 0) {
      const ports = changed.slice(0, namedMax).map(({ workload, port }) => ({
        workload: workloadText(workload),
        port,
        server: this.#index.policyOf(workload, port)?.server.name,
      }));
      this.#log.info(
        { event: 'policy.changed', changed: changed.length, ports },
        `the policy of ${changed.length} watched ports changed`,
      );
    }
    // What takes a walk over everything waits until the proxies have been told.
    this.#reporting ??= setImmediate(() => {
      this.#reporting = undefined;
      this.#report();
    });
  }

  close(): void {
    clearImmediate(this.#reporting);
  }

  #tellProblems({ problems, stale }: Pick<FolderChange, 'problems' | 'stale'>): void {
    const now = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
    for (const [key, problem] of now) if (!this.#problems.has(key)) this.#tellProblem(problem);
    this.#problems = now;

    for (const object of stale) {
      const { key, file, since } = object;
      if (this.#stale.has(key)) continue;
      this.#log.warn(
        { event: 'folder.stale', key, file, since },
        `${key} is stale: its last good version stays in force until ${file} is mended`,
      );
    }
    this.#stale = new Set(stale.map(({ key }) => key));
  }

  #tellFixed(fixed: readonly StaleObject[]): void {
    for (const { key, file } of fixed) {
      this.#log.info({ event: 'folder.recovered', key, file }, `${key} is up to date again`);
    }
  }

  /** Not a warning: folders aren't made for policies alone. But who wonders why a file does nothing finds it here. */
  #tellSkipped(files: readonly string[]): void {
    const news = files.filter((file) => !this.#skipped.has(file));
    this.#skipped = new Set(files);
    if (news.length === 0) return;
    this.#log.info(
      { event: 'folder.skipped', files: news.slice(0, namedMax), count: news.length },
      `skipped, since they hold no Kubernetes objects: ${news.slice(0, namedMax).join(', ')}`,
    );
  }

  #tellProblem({ code, severity, message, place, help }: Problem): void {
    const fields = {
      event: 'folder.problem',
      code,
      severity,
      problem: message,
      ...(place === undefined ? {} : { file: place.file, line: place.line, column: place.column }),
      ...(help === undefined ? {} : { help }),
    };
    const at = place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
    const text = `${at}${code} ${message}`;
    switch (severity) {
      case 'error':
        return this.#log.error(fields, text);
      case 'warning':
        return this.#log.warn(fields, text);
      case 'note':
        return this.#log.info(fields, text);
    }
  }

  #report(): void {
    this.#overlaps.tell();
    this.#tellIdle();
  }

  /** Once for each object that has no effect, and again when the reason is another. Not a warning: a library of policies is full of these. */
  #tellIdle(): void {
    const idle = new Map<string, string>();
    for (const { key, state, findings, place } of this.#index.statuses()) {
      if (state !== 'not-in-force') continue;
      const kinds = findings.map(({ kind }) => kind);
      const why = kinds.join(', ');
      idle.set(key, why);
      if (this.#idle.get(key) === why) continue;
      const at = place === undefined ? {} : { file: place.file, line: place.line };
      this.#log.info({ event: 'policy.not_in_force', key, why: kinds, ...at }, `${key} is not in force: ${why}`);
    }
    for (const key of this.#idle.keys()) {
      if (!idle.has(key) && this.#index.get(key) !== undefined) {
        this.#log.info({ event: 'policy.in_force', key }, `${key} is in force now`);
      }
    }
    this.#idle = idle;
  }
}

function nameOf({ kind, metadata }: FolderChange['upserted'][number]): string {
  return `${kind}/${metadata.namespace}/${metadata.name}`;
}
