export * from './ip.js';
export * from './policy.js';
export * from './request.js';
