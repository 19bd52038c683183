import type { HostPort } from '@doorward/telemetry';

/** A local listener whose connections go to another workload over mesh TLS. */
export interface OutboundPort {
  readonly listen: HostPort;
  readonly target: HostPort;
  /** The name that the target's certificate must carry; also sent as SNI. */
  readonly serverName: string;
}
