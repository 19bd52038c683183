import type { Decision } from './decision.js';
import type { InboundPolicy } from './policy.js';
import type { Client, Wanted } from './request.js';

/** Being written: the body follows in this session. */
export declare function decide(policy: InboundPolicy, client: Client, wanted: Wanted): Decision;
