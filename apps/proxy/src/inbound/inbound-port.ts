import type { HostPort } from '@doorward/telemetry';
import type { PolicyCell } from '../policy/policy-cell.js';

/** One listener of the proxy and the application behind it. */
export interface InboundPort {
  readonly listen: HostPort;
  readonly app: HostPort;
  /** The number whose policy applies: the listener's, or the original destination's. */
  readonly policyPort: number;
  readonly policy: PolicyCell;
}
