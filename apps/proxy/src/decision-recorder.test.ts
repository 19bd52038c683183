import { Metrics } from '@doorward/telemetry';
import { describe, expect, it } from 'vitest';
import { DecisionLog } from './decision-log.js';
import { DecisionMetrics } from './decision-metrics.js';
import { DecisionRecorder } from './decision-recorder.js';
import { decided, plain, subject } from './testing/asked.js';
import { anyone, nobodyHere, origin, policy } from './testing/policies.js';
import { RecordedLog } from './testing/recorded-log.js';

describe('recording a decision', () => {
  it('counts and logs each once', () => {
    const metrics = new Metrics();
    const log = new RecordedLog();
    const recorder = new DecisionRecorder(new DecisionLog(log, true), new DecisionMetrics(metrics));
    const allowed = decided(policy('detect', anyone), plain, '/');
    const denied = decided(policy('opaque', nobodyHere), plain);
    if (allowed.verdict !== 'allowed' || denied.verdict !== 'denied') throw new Error('decided otherwise');
    const message = 'override rate limit exceeded: 1rps';
    recorder.request(allowed, subject(plain, '/'));
    recorder.connection(denied, subject(plain));
    recorder.rateLimited(allowed, subject(plain, '/'), { origin: origin('rl', 'rl'), scope: 'identity', message });
    recorder.terminated(denied, subject(plain));

    const counted = metrics
      .expose()
      .split('\n')
      .flatMap((line) => /^(\w+)\{.* (\d+)$/.exec(line)?.slice(1).join(' ') ?? []);
    // A limited request was authorized, and counts as such too.
    expect(counted).toEqual([
      'inbound_http_authz_allow_total 2',
      'inbound_http_local_ratelimit_total 1',
      'inbound_tcp_authz_deny_total 1',
      'inbound_tcp_authz_terminate_total 1',
    ]);
    expect(log.lines.map((line) => line['verdict'])).toEqual(['allowed', 'denied', 'rate-limited', 'terminated']);
  });
});
