export * from './problem.js';
export * from './types.js';
