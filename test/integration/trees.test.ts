import { describeMarkedBuilds } from '../support/marked-builds.js';

// A tree that git has to be asked about, one that is nobody's repository, and one of each way to get a tree; npm run test:real builds all kinds.
describeMarkedBuilds(['a linked worktree', 'a tree with a submodule', 'a plain folder', 'a tarball at an address', 'a branch of a git address']);
