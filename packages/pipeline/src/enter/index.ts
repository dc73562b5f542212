export { NODE_SCRIPT, type Scene } from './scene.js';
export { ENTERED, setScene, type SceneRequest } from './set-scene.js';
