// Lets Node run this repository's TypeScript as it stands, file by file: node --import ./bench/typescript.mjs bench/main.ts
import { register } from 'node:module';

register('./support/typescript-hooks.mjs', import.meta.url);
