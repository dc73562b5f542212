export * from './evr.js';
export * from './nevra.js';
export * from './order.js';
export * from './order-bazeldnf.js';
export * from './rule-name.js';
