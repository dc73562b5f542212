export * from './bound.js';
export * from './choose.js';
export * from './logs.js';
export * from './published.js';
export * from './store-room.js';
export * from './verify.js';
export * from './workspace-rooms.js';
export * from './workspaces.js';
