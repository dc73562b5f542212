import type { CosmiconfigResult, Loaders, Transform } from 'cosmiconfig';

/** The options of cosmiconfig's class; its types leave it out as internal. */
interface ExplorerOptions {
  readonly moduleName: string;
  readonly packageProp: string[];
  readonly searchPlaces: string[];
  readonly loaders: Loaders;
  readonly searchStrategy: 'none';
  readonly ignoreEmptySearchPlaces: boolean;
  readonly cache: boolean;
  readonly mergeImportArrays: boolean;
  readonly mergeSearchPlaces: boolean;
  readonly metaConfigFilePath: null;
  readonly transform: Transform;
}

declare module 'cosmiconfig/dist/Explorer.js' {
  export class Explorer {
    constructor(options: ExplorerOptions);
    /** Looks into this folder only, as `searchStrategy` is `none`. */
    search(folder: string): Promise<CosmiconfigResult>;
  }
}
