export { bytesOf, fsPath, printable, type BytePath } from './byte-path.js';
export { diffManifests, makeManifest, type FileEntry, type Manifest, type ManifestDiff, type ManifestEntry, type SymlinkEntry } from './manifest.js';
export { parseManifest, serializeManifest } from './manifest-file.js';
export { scanTree, type ScanOptions } from './scan/scan-tree.js';
export { DEFAULT_MTIME, packTree, type PackOptions } from './pack/pack-tree.js';
