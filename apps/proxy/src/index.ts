/**
 * The enforcing proxy. It knows what the policy API and the Certify API tell it, and never learns Kubernetes: policy arrives as
 * core's `InboundPolicy`, identity as a certificate. The command line starts it with {@link runProxy}.
 */
export { proxyDefaults } from './options.js';
export type { ProxyOptions } from './options.js';
export type { OutboundPort } from './outbound/outbound-port.js';
export { runProxy } from './run.js';
export type { RunningProxy } from './run.js';
