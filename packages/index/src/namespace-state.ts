/**
 * The objects of one namespace, and who reaches whom among them. Policy objects act only here; only authentications are looked up
 * elsewhere (docs/spec/control-plane.md §3).
 */
import type { HTTPLocalRateLimitPolicy, Namespace, ServerAuthorization } from '@doorward/resources';
import type { Cell, ServerEntry, WorkloadEntry } from './entries.js';
import { GrantTable } from './grant-table.js';
import { byAge, byServerAge } from './order.js';
import type { PortFactsTable } from './port-facts.js';
import { Rivals } from './rivals.js';
import { RouteTable } from './route-table.js';
import { claimedPorts, serverSelects } from './selection.js';
import { TemplateTable, type Template } from './template.js';

export class NamespaceState {
  object: Namespace | undefined;
  readonly workloads = new Map<string, WorkloadEntry>();
  readonly templates: TemplateTable;
  readonly servers = new Map<string, ServerEntry>();
  readonly serverAuthorizations = new Map<string, ServerAuthorization>();
  readonly grants = new GrantTable();
  readonly routes = new RouteTable();
  readonly rateLimits = new Map<string, HTTPLocalRateLimitPolicy>();
  /** By workload, then port. */
  readonly cells = new Map<string, Map<number, Cell>>();
  #ordered: readonly ServerEntry[] | undefined;
  #rivals: Rivals | undefined;

  constructor(
    readonly name: string,
    facts: PortFactsTable,
  ) {
    this.templates = new TemplateTable(facts);
  }

  /** Nothing left to remember. Every kind counts, also routes and rate limits (docs/spec/control-plane.md §9 Q20). */
  get isEmpty(): boolean {
    return (
      this.object === undefined &&
      this.workloads.size === 0 &&
      this.servers.size === 0 &&
      this.serverAuthorizations.size === 0 &&
      this.grants.size === 0 &&
      this.routes.size === 0 &&
      this.rateLimits.size === 0 &&
      this.cells.size === 0
    );
  }

  /** Oldest first: the order in which Servers claim ports. */
  get orderedServers(): readonly ServerEntry[] {
    this.#ordered ??= [...this.servers.values()].sort((a, b) => byServerAge(a.object, b.object));
    return this.#ordered;
  }

  serversChanged(): void {
    this.#ordered = undefined;
    this.#rivals = undefined;
  }

  /** Servers that can select the same workload. */
  get rivals(): Rivals {
    this.#rivals ??= new Rivals(this.orderedServers);
    return this.#rivals;
  }

  /** The Servers that labels put workloads under, first to claim first. */
  selecting(template: Template): readonly ServerEntry[] {
    template.selectedBy ??= this.orderedServers.filter(({ object }) => serverSelects(object, template));
    return template.selectedBy;
  }

  /** Those of {@link selecting} that claim the port; the first has it, the others wait their turn. */
  claiming(template: Template, port: number): ServerEntry[] {
    return this.selecting(template).filter(({ object }) => claimedPorts(object, template).includes(port));
  }

  winner(template: Template, port: number): ServerEntry | undefined {
    return this.selecting(template).find(({ object }) => claimedPorts(object, template).includes(port));
  }

  /** Of several for one Server the first counts, the others do nothing. */
  rateLimitsOf(server: string): HTTPLocalRateLimitPolicy[] {
    return [...this.rateLimits.values()].filter(({ spec }) => spec.server === server).sort(byAge);
  }
}
