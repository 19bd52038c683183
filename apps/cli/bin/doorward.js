#!/usr/bin/env node
// The command. What it runs is built by `npm ci` (or `npm run build`) into ../dist.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('doorward is not built yet: run `npm run build` in the checkout');
  process.exitCode = 1;
}
